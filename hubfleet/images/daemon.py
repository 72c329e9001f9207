"""A docker daemon for as long as it is needed: the one that runs, or one that is started and ended again.

Several hubfleet processes may build at once. Whoever needs the daemon holds a shared lock; the last one to let go
ends it, if it is one that hubfleet started. That is known from a note with its process id and start time, so a
daemon that a killed hubfleet left behind is ended by the next one, and a daemon of somebody else never is.

The daemon gets no bridge and no firewall rules, because builds use the machine's network: it leaves none behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.tools.docker import Docker

FOLDER = Path("/run/hubfleet/docker")
Say = Callable[[str], None]
Start = Callable[..., int]

_START_SECONDS = 40.0
_STOP_SECONDS = 30.0
_SETTLE_SECONDS = 5.0
_TICK = 0.1
_OPTIONS = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")


@contextmanager
def daemon(
    docker: Docker, dockerd: Callable[[], Path], say: Say, folder: Path = FOLDER, start: Start = process.start_daemon
) -> Iterator[None]:
    """Have a docker daemon while the block runs.

    Args:
        docker: answers whether a daemon runs.
        dockerd: gives the path of dockerd, asked for only if it must be started.
        say: gets a line when a daemon is started.
        folder: where the note, the locks and the daemon's log are kept: one for the machine, as the daemon is.
        start: starts a program that outlives this one.

    Raises:
        WrongUsage: none runs, and this user can not start one.
        HubfleetError: it did not start; with the end of its log.
    """
    if os.geteuid() == 0:
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as afterwards:
        with _locked(folder / "decide.lock", fcntl.LOCK_EX):
            users = afterwards.enter_context(_locked(folder / "users.lock", fcntl.LOCK_SH))
            afterwards.callback(_let_go, users, docker, folder, say)
            refusal = docker.refusal()
            if refusal:
                _start(docker, refusal, dockerd, folder, say, start)
        yield


def ours(folder: Path) -> int:
    """The process id of the daemon that hubfleet started and that still runs; 0 when there is none."""
    try:
        note = json.loads((folder / "dockerd.json").read_text())
        pid, started = int(note["pid"]), str(note["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return pid if started and _started(pid) == started else 0


@contextmanager
def _locked(file: Path, how: int) -> Iterator[int]:
    """Hold a lock of the machine. Who is not root can only join: no file, then no daemon of hubfleet's to share."""
    try:
        flags = os.O_RDWR | os.O_CREAT if os.geteuid() == 0 else os.O_RDONLY
        descriptor = os.open(file, flags | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:
        yield -1
        return
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


def _start(docker: Docker, refusal: str, dockerd: Callable[[], Path], folder: Path, say: Say, start: Start) -> None:
    if os.environ.get("DOCKER_HOST") or "permission denied" in refusal.lower():
        raise HubfleetError("docker's daemon does not answer", evidence=refusal, next_step="docker info shows why")
    if os.geteuid() != 0:
        raise WrongUsage(
            "no docker daemon runs, and only root can start one",
            evidence=refusal,
            next_step="start docker (`sudo systemctl start docker`), or run this as root",
        )
    program, log = dockerd(), folder / "dockerd.log"
    say("starting a docker daemon for the time of the build")
    log.write_bytes(b"")
    pid = start([program, *_OPTIONS], env=process.environment(), cwd=folder, log=log)
    _note(folder, pid)
    deadline = time.monotonic() + _START_SECONDS
    while docker.refusal():
        if not _started(pid) or time.monotonic() > deadline:
            evidence = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise HubfleetError("the docker daemon did not start", where=str(log), evidence=evidence)
        time.sleep(_TICK)


def _let_go(users: int, docker: Docker, folder: Path, say: Say) -> None:
    """Let go of the shared lock; the last user ends the daemon, if it is hubfleet's and nobody's container runs."""
    if os.geteuid() != 0:
        return
    with _locked(folder / "decide.lock", fcntl.LOCK_EX), process.undoing():
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        pid = ours(folder)
        if pid and _busy(docker):
            say("the docker daemon stays: containers run that hubfleet did not start; the next build ends it")
        elif pid:
            _stop(pid, folder, say)


def _busy(docker: Docker) -> bool:
    """Whether containers run, and go on running: those of an interrupted build end by themselves."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while docker.containers():
        if time.monotonic() > deadline:
            return True
        time.sleep(_TICK)
    return False


def _stop(pid: int, folder: Path, say: Say) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _started(pid) and time.monotonic() < deadline:
        time.sleep(_TICK)
    if _started(pid):
        say(f"the docker daemon (process {pid}) is still ending")
        return
    (folder / "dockerd.json").unlink(missing_ok=True)


def _note(folder: Path, pid: int) -> None:
    note = folder / "dockerd.json.new"
    note.write_text(json.dumps({"pid": pid, "started": _started(pid)}))
    note.replace(folder / "dockerd.json")


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot, with the boot's id; empty when it does not run (proc(5))."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"
