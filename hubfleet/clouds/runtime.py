"""A private folder for what must end with this process: kubeconfigs that hubfleet makes.

One folder a process below the user's runtime folder, mode 0700. It goes when the process ends. A process that was
killed leaves its own behind: its lock is free then, and the next hubfleet removes it. A lock says better than a process
id whether the owner lives: ids are used again, and containers have their own.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from hubfleet import paths
from hubfleet.errors import HubfleetError

_PRIVATE = 0o700
_lock = threading.Lock()


@dataclass
class _Own:
    """The folder of this process, and the lock that says that it lives."""

    base: Path
    path: Path
    lock: int
    pid: int


_own: list[_Own] = []


def folder() -> Path:
    """The folder of this process. The first call makes it and removes what killed processes left.

    Raises:
        HubfleetError: it can not be made, or its parent belongs to somebody else.
    """
    with _lock:
        base = _base()
        for each in _own:
            if each.pid == os.getpid() and each.base == base and each.path.is_dir():
                return each.path
        made = _make(base)
        _own.append(made)
        return made.path


def write(name: str, text: str) -> Path:
    """Put a file with mode 0600 there, whole or not at all, and return where it is."""
    target = folder() / name
    descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=".new-")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(fresh).replace(target)
    except OSError as trouble:
        Path(fresh).unlink(missing_ok=True)
        raise HubfleetError(f"{name} can not be written", where=str(target.parent), evidence=str(trouble)) from trouble
    return target


def remove() -> None:
    """Remove this process's folder now; `folder` makes it again."""
    with _lock:
        while _own:
            each = _own.pop()
            if each.pid == os.getpid():
                shutil.rmtree(each.path, ignore_errors=True)
                os.close(each.lock)


def _base() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) / "hubfleet" if runtime.startswith("/") and Path(runtime).is_dir() else paths.state() / "run"


def _make(base: Path) -> _Own:
    try:
        base.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        found = base.stat()
        if found.st_uid != os.geteuid():
            raise HubfleetError("the runtime folder belongs to somebody else", where=str(base))
        base.chmod(_PRIVATE)
        gate = os.open(base / ".gate", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as trouble:
        raise _unwritable(base, trouble) from trouble
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)  # between making a folder and locking it, nobody may take it for a dead one
        _sweep(base)
        path = Path(tempfile.mkdtemp(dir=base, prefix="p-"))
        held = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
    except OSError as trouble:
        raise _unwritable(base, trouble) from trouble
    finally:
        os.close(gate)
    if not _own:
        atexit.register(remove)
    return _Own(base, path, held, os.getpid())


def _sweep(base: Path) -> None:
    """Remove the folders whose process has gone."""
    for path in base.glob("p-*"):
        try:
            held = os.open(path / ".lock", os.O_RDWR)
        except FileNotFoundError:
            shutil.rmtree(path, ignore_errors=True)
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(held)


def _unwritable(base: Path, trouble: OSError) -> HubfleetError:
    return HubfleetError(
        "no private folder for kubeconfigs can be made",
        where=str(base),
        evidence=str(trouble),
        next_step="df -h; set XDG_RUNTIME_DIR to a folder of yours that can be written",
    )
