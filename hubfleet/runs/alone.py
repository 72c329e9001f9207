"""Whether a run of this machine still goes on. The kernel knows: it lets go of a file's lock when a process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hubfleet.errors import Refused
from hubfleet.runs.run import Run

_LOCK = "process.lock"
_HOLDS = "holds.lock"


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


@contextmanager
def holding(run: Run) -> Iterator[None]:
    """Show others on this machine, while the block runs, that whoever holds locks in this run's name is there.

    Several blocks at once are possible: the lock is a shared one.
    """
    with (run.folder / _HOLDS).open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def holder_is_gone(folder: Path) -> bool:
    """Whether it was a process on this machine that held locks in the name of this run, and has ended.

    False where the run is not one of this machine: that nothing is known of it says nothing.
    """
    return _held(folder / _HOLDS) is False


def going_on(folder: Path) -> bool:
    """Whether a process on this machine holds the run in this folder now."""
    return _held(folder / _LOCK) is True


def _held(file: Path) -> bool | None:
    """Whether a process has this file locked; None where it can not be known, as there is no such file."""
    try:
        with file.open("r+", encoding="utf-8") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False
