"""Moving bytes between descriptors: several sinks at once, counted and hashed, in constant memory."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Pumped:
    """What went through: bytes and their SHA-256."""

    size: int
    sha256: str


def pump(source: int, sinks: Sequence[int], on_bytes: Callable[[int], None] | None = None) -> Pumped:
    """Copy `source` to every sink until it ends. Closes none of them.

    Args:
        source: a descriptor to read from.
        sinks: descriptors to write to.
        on_bytes: called now and then with the number of bytes so far.
    """
    whole, size = hashlib.sha256(), 0
    while chunk := os.read(source, _CHUNK):
        whole.update(chunk)
        size += len(chunk)
        for sink in sinks:
            _write(sink, chunk)
        if on_bytes:
            on_bytes(size)
    return Pumped(size, whole.hexdigest())


def hashed(path: Path) -> Pumped:
    """A file as it is on disk, not as it is in memory where that can be avoided."""
    source = os.open(path, os.O_RDONLY)
    try:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(source, 0, 0, os.POSIX_FADV_DONTNEED)
        return pump(source, ())
    finally:
        os.close(source)


class Worker(threading.Thread):
    """A thread whose failure is raised where it is joined."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._trouble: BaseException | None = None
        self.result: object = None
        self.start()

    def run(self) -> None:
        """Do the work; keep what it returns or raises."""
        try:
            self.result = self._work()
        except BaseException as trouble:  # noqa: BLE001  raised again in `done`
            self._trouble = trouble

    def done(self) -> object:
        """Wait for the end; its result, or its failure raised."""
        self.join()
        if self._trouble is not None:
            raise self._trouble
        return self.result


@contextmanager
def closing(*descriptors: int) -> Iterator[None]:
    """Close these when the block ends, so that whoever reads the other end sees the end."""
    try:
        yield
    finally:
        for each in descriptors:
            os.close(each)


def _write(sink: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(sink, view) :]
