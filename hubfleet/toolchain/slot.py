"""A folder in the cache that is complete or not there at all.

Work happens in a temporary folder beside it and a rename makes it appear. A lock per tool lets the
second of two people wait for the first. What a killed run left is removed by the next one: whoever
holds the lock knows that nobody works in those folders any more.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hubfleet.errors import HubfleetError, Interrupted

_UNFINISHED = ".unfinished"


def fill(
    folder: Path,
    make: Callable[[Path], None],
    *,
    is_there: Callable[[], bool],
    say: Callable[[str], None],
    stop: threading.Event,
) -> bool:
    """Make a folder by filling a temporary one, unless it is there.

    Args:
        folder: tools/<name>/<version>; the lock is in the folder above it.
        make: fills the folder that it is given; whatever it raises, nothing is left behind.
        is_there: asked once the lock is held: another run may have made it meanwhile.
        say: told when another run is waited for.
        stop: set when a person interrupts; ends the waiting for another run.

    Returns:
        False when it was there.

    Raises:
        HubfleetError: the disk is full, or the cache can not be written.
    """
    with _plain_errors(folder), locked(folder.parent / ".lock", folder.parent.name, say, stop):
        if is_there():
            return False
        for left in folder.parent.glob(f".*{_UNFINISHED}"):
            shutil.rmtree(left, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=_UNFINISHED, dir=folder.parent))
        try:
            make(unfinished)
            _to_disk(unfinished)
            _swap(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return True


@contextmanager
def locked(file: Path, what: str, say: Callable[[str], None], stop: threading.Event) -> Iterator[None]:
    """Hold a lock file, waiting for whoever holds it. The kernel lets go of it when the process ends, however it ends.

    Raises:
        Interrupted: `stop` was set while waiting.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        waiting = False
        while not _taken(lock.fileno()):
            if not waiting:
                say(f"{what}: another installation is at work, waiting for it")
                waiting = True
            if stop.wait(0.2):
                raise Interrupted(f"waiting for another installation of {what} was interrupted")
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _to_disk(folder: Path) -> None:
    """After a power failure a renamed folder must not hold empty files."""
    folder.chmod(0o755)
    for parent, _, files in os.walk(folder):
        for path in (Path(parent), *(Path(parent) / name for name in files)):
            if not path.is_symlink():
                descriptor = os.open(path, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)


def _swap(unfinished: Path, folder: Path) -> None:
    """The new folder in the place of an incomplete old one; a running program keeps its deleted file."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=_UNFINISHED, dir=folder.parent))
        folder.rename(old / "old")
        unfinished.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
        return
    unfinished.rename(folder)


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        full = trouble.errno in {errno.ENOSPC, errno.EDQUOT}
        raise HubfleetError(
            "the disk is full, nothing was installed" if full else "the cache of tools can not be written",
            where=str(folder),
            evidence=str(trouble),
            next_step=f"make room on the disk of {folder.parent} (`df -h`), then again; nothing was left behind"
            if full
            else "choose another place with XDG_CACHE_HOME=/some/folder",
        ) from trouble
