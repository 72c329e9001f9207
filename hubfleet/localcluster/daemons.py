"""The cluster's programs: start what does not run as wanted, end what runs otherwise, say why one died."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.localcluster import identity
from hubfleet.localcluster.identity import Process

LOG_BYTES = 8_000_000
_TAIL_BYTES = 6_000
_GRACE_SECONDS = 10.0

Start = Callable[["Daemon"], int]


@dataclass(frozen=True)
class Daemon:
    """One program of the cluster.

    Args:
        link: `<folder>/bin/<name>`. The process's first word is this path: that is how it is found again.
        options: its other words. A configuration file's name carries its content's digest, so that two
            processes with the same words are configured alike.
        log: where both of its streams go.
    """

    link: Path
    options: tuple[str, ...]
    env: Mapping[str, str]
    log: Path

    @property
    def name(self) -> str:
        return self.link.name

    @property
    def argv(self) -> tuple[str, ...]:
        return (str(self.link), *self.options)


def running(link: Path, among: Iterable[Process] | None = None) -> list[Process]:
    """The processes that were started through this link."""
    everyone = identity.processes() if among is None else among
    return [each for each in everyone if each.argv[0] == str(link)]


def as_wanted(daemon: Daemon, found: Process) -> bool:
    """Whether the process has the daemon's options and the file that the link leads to now."""
    ran = identity.program(found)
    return found.argv == daemon.argv and ran in ("", os.path.realpath(daemon.link))


def ensure(daemon: Daemon, start: Start | None = None) -> bool:
    """Make exactly one process of it run, as wanted; True when it had to be started."""
    found = running(daemon.link)
    good = [each for each in found if as_wanted(daemon, each)][:1]
    others = [each for each in found if each not in good]
    if others and identity.end(others, _GRACE_SECONDS):
        raise HubfleetError(f"an older {daemon.name} does not end", where=f"process {others[0].pid}")
    if good:
        return False
    bound(daemon.log)
    (start or launch)(daemon)
    return True


def launch(daemon: Daemon) -> int:
    """Start it in a session of its own; returns the process id."""
    daemon.log.parent.mkdir(parents=True, exist_ok=True)
    return process.start_daemon(daemon.argv, env=daemon.env, cwd=Path("/"), log=daemon.log)


def bound(log: Path, limit: int = LOG_BYTES) -> None:
    """Put a log that grew beyond the limit aside, in the place of the one before."""
    try:
        if log.stat().st_size > limit:
            log.replace(log.with_suffix(".previous.log"))
    except FileNotFoundError:
        return


def link(folder: Path, name: str, target: Path) -> Path:
    """The link that a program is started through; it is replaced in one step when the program moved."""
    place = folder / "bin" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    wanted = os.path.realpath(target)
    if os.path.realpath(place) != wanted or not place.is_symlink():
        draft = place.with_name(f".{name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        draft.symlink_to(wanted)
        draft.replace(place)
    return place


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def died(daemon: Daemon) -> HubfleetError:
    """The error for a daemon that ended by itself, with the end of its log, and what usually helps."""
    evidence = tail(daemon.log)
    return HubfleetError(f"{daemon.name} ended right after its start", where=str(daemon.log), evidence=evidence,
                         next_step=advice(evidence))  # fmt: skip


def advice(evidence: str) -> str:
    """What to do about a cause that is known by its words; else where to look."""
    for words, step in (
        ("no space left on device", "free some disk space, then ./inv local-up again"),
        (
            "address already in use",
            "see which program took the port with `ss -ltnp`, then ./inv local-up again",
        ),
        ("too many open files", "raise the limit of open files (ulimit -n), then ./inv local-up again"),
    ):
        if words in evidence.lower():
            return step
    return "read the log; ./inv local-up tries again; ./inv local-down ends the rest"
