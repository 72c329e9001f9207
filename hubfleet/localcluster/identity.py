"""Whose process is it? A process id alone says nothing: after a reboot, or a day, it is somebody else's.

Processes are found by their command line in /proc, and told apart by id and start time (proc(5)). A
signal goes through a pidfd that was checked after it was opened, so it can not hit a newcomer with
the same id.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_POLL_SECONDS = 0.03
_STATE, _PARENT, _STARTED = 0, 1, 19


@dataclass(frozen=True)
class Process:
    """A process that lives: not a zombie, not a kernel thread.

    Args:
        started: clock ticks since the machine's start; with `pid` it names one process for ever.
    """

    pid: int
    started: int
    argv: tuple[str, ...]


def parse_stat(text: str) -> tuple[str, int] | None:
    """State letter and start time out of /proc/PID/stat; None when it makes no sense.

    The second field is the program's name in parentheses and may hold anything, spaces and parentheses too.
    """
    _, closed, rest = text.rpartition(")")
    fields = rest.split()
    if not closed or len(fields) <= _STARTED or not fields[_STARTED].isdigit():
        return None
    return fields[_STATE], int(fields[_STARTED])


def look(pid: int, proc: Path = PROC) -> Process | None:
    """The process with this id; None when it is gone, or a zombie, or the kernel's own."""
    try:
        stat = parse_stat(Path(f"{proc}/{pid}/stat").read_text(errors="replace"))
        words = Path(f"{proc}/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    if stat is None or stat[0] in "ZXx" or not words:
        return None
    argv = tuple(os.fsdecode(word) for word in words.removesuffix(b"\0").split(b"\0"))
    return Process(pid, stat[1], argv)


def processes(proc: Path = PROC) -> Iterator[Process]:
    """Every process that lives."""
    for name in os.listdir(proc):  # noqa: PTH208 (250 names: a Path for each would cost more than reading them)
        found = look(int(name), proc) if name.isdigit() else None
        if found is not None:
            yield found


def alive(process: Process) -> bool:
    """Whether this very process still lives."""
    now = look(process.pid)
    return now is not None and now.started == process.started


def program(process: Process) -> str:
    """The file that the process runs; empty when this user may not know."""
    try:
        return str((PROC / str(process.pid) / "exe").readlink())
    except OSError:
        return ""


def same_network(process: Process) -> bool:
    """Whether the process sees the same interfaces and rules as this one."""
    try:
        return (PROC / str(process.pid) / "ns/net").readlink() == (PROC / "self/ns/net").readlink()
    except OSError:
        return False


def seconds_alive(process: Process) -> float:
    """How long the process has been running."""
    booted = float((PROC / "uptime").read_text().split()[0])
    return max(0.0, booted - process.started / os.sysconf("SC_CLK_TCK"))


def send(process: Process, number: signal.Signals) -> bool:
    """Signal this very process; False when it is gone."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if not alive(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def wait_gone(waited: Iterable[Process], seconds: float) -> list[Process]:
    """Wait until they are gone, at most so long; returns those that are still there."""
    deadline = time.monotonic() + seconds
    left = [each for each in waited if alive(each)]
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        left = [each for each in left if alive(each)]
    return left


def end(ended: Collection[Process], grace: float) -> list[Process]:
    """SIGTERM, `grace` seconds, SIGKILL; returns those that survived even that (uninterruptible input/output)."""
    for each in ended:
        send(each, signal.SIGTERM)
    stubborn = wait_gone(ended, grace)
    for each in stubborn:
        send(each, signal.SIGKILL)
    return wait_gone(stubborn, 5.0)
