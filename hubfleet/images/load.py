"""Put images onto the local cluster's nodes: those that are not there yet, in one stream, so that layers go once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hubfleet.errors import HubfleetError
from hubfleet.process import ProcessFailed
from hubfleet.tools.docker import Docker

Say = Callable[[str], None]


class Nodes(Protocol):
    """The local cluster's nodes: what they have, and a way to give them an archive. `hubfleet.localcluster` is one."""

    def images(self) -> tuple[str, ...]: ...

    def import_images(self, archive: Path) -> None: ...


@dataclass(frozen=True)
class Loaded:
    """An image that the nodes have. `new` says that it was given to them now."""

    reference: str
    new: bool


def lacking(references: Sequence[str], nodes: Nodes) -> list[str]:
    """Those of these images that the nodes do not have."""
    there = set(nodes.images())
    return [reference for reference in references if reference not in there]


def load(references: Sequence[str], nodes: Nodes, docker: Docker, say: Say) -> list[Loaded]:
    """Give the nodes those of these images that they lack, and look that they have them.

    Args:
        references: images that docker has.
        nodes: where they go.
        docker: where they come from.
        say: gets a line when there is something to wait for.

    Raises:
        HubfleetError: docker could not give them, the nodes could not take them, or they are not there afterwards.
    """
    new = lacking(references, nodes)
    if new:
        there = docker.images(new)
        if unknown := [reference for reference in new if reference not in there]:
            raise HubfleetError(f"docker does not have {', '.join(unknown)}", next_step="./inv image-build")
        size = sum(image.size for image in there.values()) / 1e6
        say(f"loading {', '.join(new)}: up to {size:.0f} MB, about {size / 40:.0f} s")
        started = time.monotonic()
        _stream(new, nodes, docker)
        if gone := lacking(new, nodes):
            raise HubfleetError(
                f"the local cluster does not list {', '.join(gone)} after the import",
                next_step="./inv local-status; if it is well: ./inv image-load",
            )
        say(f"loaded in {time.monotonic() - started:.0f} s")
    return [Loaded(reference, reference in new) for reference in references]


def _stream(references: Sequence[str], nodes: Nodes, docker: Docker) -> None:
    """docker writes into a pipe while the nodes read from it: no archive on the disk.

    The reading end has a path below /proc, so that whoever takes a file can take it. It is closed as soon as the
    reader has ended, which ends docker too where the reader failed.
    """
    reading, writing = os.pipe()
    troubles: list[BaseException] = []

    def write() -> None:
        try:
            docker.save(references, writing)
        except BaseException as trouble:  # noqa: BLE001, raised in the thread that waits
            troubles.append(trouble)
        finally:
            os.close(writing)

    writer = threading.Thread(target=write, name="docker save")
    writer.start()
    refused: HubfleetError | None = None
    try:
        nodes.import_images(Path(f"/proc/{os.getpid()}/fd/{reading}"))
    except HubfleetError as trouble:
        refused = trouble
    finally:
        os.close(reading)
        writer.join()
    cause = next((trouble for trouble in troubles if not _because_nobody_reads(trouble)), refused)
    if cause is not None:
        raise cause


def _because_nobody_reads(trouble: BaseException) -> bool:
    """Whether docker ended because the other end of the pipe was closed: a consequence, not the cause."""
    if not isinstance(trouble, ProcessFailed):
        return False
    done = trouble.completed
    return done.returncode == -signal.SIGPIPE or "broken pipe" in done.stderr.lower()
