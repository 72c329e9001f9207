"""One change of the local cluster at a time, on this machine."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def changing(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the cluster's lock; wait for whoever has it. The kernel frees it when its holder dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, not in it: deleting the data must not delete a lock that others wait for.
    descriptor = os.open(folder.with_name(folder.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            say(f"waiting for another change of the local cluster (process {holder})")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
