"""Ports of this machine: is one free, and who has it if not."""

from __future__ import annotations

import socket
from pathlib import Path

from hubfleet.localcluster.identity import PROC, processes

# 127.0.0.1 and every address, in the forms of /proc/net: groups of four bytes, the least significant first.
_LOCAL = ("0100007F", "00000000", "0" * 32, "0000000000000000FFFF00000100007F")
_LISTENING = "0A"  # /proc/net/tcp, see proc(5)


def free(port: int) -> bool:
    """Whether a program could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def other_than(port: int) -> int:
    """A port to propose instead of this one: one that people can remember, when it is free."""
    return next((each for each in (7443, 8443, 9443, 16443) if each != port and free(each)), any_free())


def holder(port: int) -> str:
    """Who listens on this port, as far as this user may know."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port)}
    for each in processes():
        if any(_target(entry) in wanted for entry in _open_files(each.pid)):
            return f"{Path(each.argv[0]).name} (process {each.pid})"
    return "another user's program"


def _open_files(pid: int) -> list[Path]:
    try:
        return list((PROC / str(pid) / "fd").iterdir())
    except OSError:
        return []


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:  # closed in this moment
        return ""


def _inodes(port: int) -> set[str]:
    found = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            address, _, number = fields[1].rpartition(":")
            if fields[3] == _LISTENING and int(number, 16) == port and address in _LOCAL:
                found.add(fields[9])
    return found
