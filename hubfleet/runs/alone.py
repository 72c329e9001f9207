"""A run that is resumed must not still be going on: its lock in the cluster has its own name on it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hubfleet.errors import Refused
from hubfleet.runs.run import Run

_LOCK = "process.lock"


@contextmanager
def alone(run: Run) -> Iterator[None]:
    """Hold the run's folder while the block runs. The kernel lets go of it when the process ends, however it ends.

    Raises:
        Refused: another process on this machine works on the same run.
    """
    with (run.folder / _LOCK).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as trouble:
            raise Refused(
                f"{run.workflow} of {run.subject} is going on in another process on this machine",
                where=f"run {run.id}",
                next_step="wait until it has ended",
            ) from trouble
        yield


def going_on(folder: Path) -> bool:
    """Whether a process on this machine holds the run in this folder now."""
    try:
        with (folder / _LOCK).open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
