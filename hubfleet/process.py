"""The one door to other programs, built on `sh`.

`run` starts a program, waits for it, and returns what it said. It never goes through a shell, never
changes this process's environment or folder, and leaves no child behind: a program that runs too
long is ended with all its children, an interruption is passed on once and awaited, and if hubfleet
itself is killed the kernel sends SIGTERM to the child (Linux), so that helm can still roll back.

Facts about `sh` that shape this file: its own timeout kills only the child, a stdin left open costs
100 ms a call, a callback that raises deadlocks, and its exceptions carry the output, secrets and all.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.masking import masked

Argv = Sequence[str | Path]
OnLine = Callable[[str], None]

KEPT_BYTES = 200_000_000
_GRACE_SECONDS = 150.0
_LOOK_SECONDS = 0.25
_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM", "XDG_RUNTIME_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT",
    "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE",
)  # fmt: skip


@dataclass(frozen=True)
class Completed:
    """A program that ended: what was asked, how it ended, what it said, how many seconds it took."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float


class Run(Protocol):
    """The signature of `run`. Tools take one, so that a test can pass a recorder."""

    def __call__(
        self,
        argv: Argv,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | int | None = None,
        stdout: int | None = None,
        timeout: float = 600.0,
        ok: Collection[int] = (0,),
        on_line: OnLine | None = None,
        watch: Callable[[], None] | None = None,
        grace: float | None = None,
    ) -> Completed: ...


class ProcessFailed(HubfleetError):
    """A program could not be started, ended with an exit code that means failure, or took too long."""

    def __init__(self, what: str, completed: Completed, *, next_step: str = "") -> None:
        tail = completed.stderr.strip() or completed.stdout.strip()
        evidence = masked("\n".join(tail.splitlines()[-20:]))
        super().__init__(what, where=printable(completed.argv), evidence=evidence, next_step=next_step)
        self.completed = completed


def environment(**extra: str) -> dict[str, str]:
    """The environment of a child: what any program needs (path, locale, proxies, CA bundles) and `extra`.

    Cloud credentials, KUBECONFIG, HELM_* and TF_* are not passed on: each cluster gives its own.
    """
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | extra


def inherited(**extra: str) -> dict[str, str]:
    """The whole environment of this process and `extra`: for what stands in for the person, such as a shell."""
    return dict(os.environ) | extra


def run(
    argv: Argv,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes | int | None = None,
    stdout: int | None = None,
    timeout: float = 600.0,
    ok: Collection[int] = (0,),
    on_line: OnLine | None = None,
    watch: Callable[[], None] | None = None,
    grace: float | None = None,
) -> Completed:
    """Run a program to its end.

    Args:
        argv: the program and its arguments; a program without a slash is looked up on PATH.
        env: the whole environment of the child; default: `environment()`.
        cwd: the folder it runs in; default: this process's.
        stdin: bytes to read (kept in memory, never on disk), or an open file descriptor; default: empty.
        stdout: an open file descriptor that gets standard output as it is, for binary data; then
            `Completed.stdout` is empty. Default: captured as text.
        timeout: seconds after which the program and all its children are ended.
        ok: exit codes that do not mean failure. A negative one is the signal that ended the program.
        on_line: called with each line of either stream, masked, while the program runs.
        watch: called a few times a second while the program runs; a HubfleetError that it raises ends the program.
        grace: seconds that it may take to end after an interruption; when given, a second Ctrl-C does not cut that
            short. Default: 150, and a second Ctrl-C leaves at once.

    Returns:
        The output as text (bytes that are no UTF-8 replaced). It is not masked: callers parse it.

    Raises:
        ProcessFailed: it could not be started, timed out, or ended with another exit code.
        Interrupted: Ctrl-C; the child got SIGINT once and was awaited.
        HubfleetError: what `watch` raised.
    """
    child_env = environment() if env is None else dict(env)
    program = _program(argv, child_env, cwd)
    words = (program, *(str(word) for word in argv[1:]))
    lines = _Lines(on_line)
    started = time.monotonic()
    with _input(stdin) as source:
        child = _start(words, child_env, cwd, source, lines, stdout)
        try:
            timed_out = _wait(child, timeout, grace, watch)
        finally:
            _running.pop(id(child), None)
    done = Completed(words, child.exit_code, *lines.texts(), time.monotonic() - started)
    if _interrupted.is_set():
        raise Interrupted(f"{Path(program).name} was interrupted", where=printable(words))
    if timed_out:
        raise ProcessFailed(f"{Path(program).name} took longer than {timeout:.0f} s and was ended", done)
    if done.returncode not in ok:
        raise ProcessFailed(f"{Path(program).name} {_ending(done.returncode)}", done)
    return done


def run_attached(argv: Argv, *, env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Give the terminal to a program (a shell, an editor) and return its exit code."""
    import subprocess  # a terminal is what `sh` takes away; here the child must have the real one

    return subprocess.call([str(word) for word in argv], env=dict(env), cwd=cwd)


@contextmanager
def running(
    argv: Argv, *, env: Mapping[str, str], on_line: OnLine, cwd: Path | None = None
) -> Iterator[Callable[[], bool]]:
    """Keep a program running while the block runs, and end it with all its children when the block ends.

    An interruption is not passed on to it: the block may need it for cleaning up. If hubfleet is killed, it ends too.

    Args:
        argv: the program and its arguments, as in `run`.
        env: the whole environment of the child.
        on_line: called with each line of either stream, masked.
        cwd: the folder it runs in; default: this process's.

    Yields:
        A function that says whether the program still runs.

    Raises:
        ProcessFailed: it could not be started.
    """
    child_env = dict(env)
    program = _program(argv, child_env, cwd)
    words = (program, *(str(word) for word in argv[1:]))
    with _input(None) as source:
        child = _start(words, child_env, cwd, source, _Lines(on_line), None)
    _running.pop(id(child), None)
    try:
        yield child.is_alive
    finally:
        if child.is_alive():
            _end(child)


def start_daemon(argv: Argv, *, env: Mapping[str, str], cwd: Path, log: Path) -> int:
    """Start a program that outlives hubfleet, in a session of its own; both streams append to `log`.

    Returns:
        Its process id.
    """
    program = _program(argv, env, cwd)
    with log.open("ab") as out:
        child = _sh_command(program)(
            *(str(word) for word in argv[1:]),
            _bg=True, _bg_exc=False, _return_cmd=True, _tty_out=False, _new_session=True,
            _in=os.open(os.devnull, os.O_RDONLY), _out=out.fileno(), _err=out.fileno(),
            _env=dict(env), _cwd=str(cwd), _ok_code=range(-70, 256),
        )  # fmt: skip
    return int(child.pid)


def interrupt_all() -> None:
    """Pass an interruption on to every program that runs, once. Their `run` calls raise `Interrupted`."""
    if _interrupted.is_set():
        return
    _interrupted.set()
    for child in list(_running.values()):
        _signal_group(child, signal.SIGINT)


def pause(seconds: float) -> None:
    """Sleep, in any thread, until the time is over or an interruption is passed on.

    Raises:
        Interrupted: Ctrl-C was passed on by another thread. KeyboardInterrupt: it reached this one.
    """
    if _interrupted.wait(seconds):
        raise Interrupted("interrupted")


@contextmanager
def undoing() -> Iterator[None]:
    """Programs run in this block although an interruption was passed on: what it undoes must be finished.

    A second Ctrl-C inside is passed on as the first one was.
    """
    was_set = _interrupted.is_set()
    _interrupted.clear()
    try:
        yield
    finally:
        if was_set:
            _interrupted.set()


def printable(argv: Sequence[str]) -> str:
    """The command line for a person: program name without its folder, masked."""
    name, *rest = argv
    return masked(" ".join([Path(name).name, *rest]))


_running: dict[int, Any] = {}
_interrupted = threading.Event()


class _Lines:
    """Collects both streams; its callbacks never raise, because `sh` would deadlock."""

    def __init__(self, on_line: OnLine | None) -> None:
        self._on_line = on_line
        self._streams: tuple[list[str], list[str]] = ([], [])
        self._bytes = 0

    def out(self, line: str) -> None:
        self._take(0, line)

    def err(self, line: str) -> None:
        self._take(1, line)

    def texts(self) -> tuple[str, str]:
        return "".join(self._streams[0]), "".join(self._streams[1])

    def _take(self, stream: int, line: str) -> None:
        self._bytes += len(line)
        if self._bytes <= KEPT_BYTES:
            self._streams[stream].append(line)
        if self._on_line is not None:
            try:
                self._on_line(masked(line.rstrip("\r\n")))
            except Exception as trouble:  # noqa: BLE001
                self._streams[1].append(f"\n(the watcher of this output failed: {trouble!r})\n")
                self._on_line = None


def _program(argv: Argv, env: Mapping[str, str], cwd: Path | None) -> str:
    """The program's full path. `sh` would report these failures with a traceback in the message."""
    name = str(argv[0])
    found = shutil.which(name, path=env.get("PATH", os.defpath))
    if found is None:
        nothing = Completed(tuple(str(word) for word in argv), 127, "", "", 0.0)
        missing = "is not on PATH" if "/" not in name else "is not a program that can be run"
        next_step = "./inv doctor shows what is missing and how to get it"
        raise ProcessFailed(f"{name} {missing}", nothing, next_step=next_step)
    if cwd is not None and not cwd.is_dir():
        raise HubfleetError(f"{cwd} is not a folder", where=f"working directory of {name}")
    return found


@contextmanager
def _input(stdin: bytes | int | None) -> Iterator[int]:
    if isinstance(stdin, int):
        yield stdin
        return
    descriptor = os.open(os.devnull, os.O_RDONLY) if not stdin else _in_memory(stdin)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _in_memory(data: bytes) -> int:
    """A descriptor to read the data from, without a file: a memfd, or a pipe where there is none."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("stdin")
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor
    reader, writer = os.pipe()

    def feed() -> None:
        with os.fdopen(writer, "wb") as pipe:
            try:
                pipe.write(data)
            except BrokenPipeError:
                return

    threading.Thread(target=feed, daemon=True).start()
    return reader


def _sh_command(program: str) -> Any:
    import sh

    return sh.Command(program)


def _start(
    words: tuple[str, ...], env: dict[str, str], cwd: Path | None, source: int, lines: _Lines, stdout: int | None
) -> Any:
    if _interrupted.is_set():
        raise Interrupted("not started, because of an interruption", where=printable(words))
    child = _sh_command(words[0])(
        *words[1:],
        _bg=True, _bg_exc=False, _return_cmd=True, _tty_out=False, _new_session=True,
        _in=source, _out=lines.out if stdout is None else stdout, _err=lines.err, _no_out=stdout is not None,
        _decode_errors="replace", _env=env, _cwd=str(cwd) if cwd else None,
        _ok_code=range(-70, 256), _preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )  # fmt: skip
    _running[id(child)] = child
    return child


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, prctl(2)


def _wait(child: Any, timeout: float, grace: float | None, watch: Callable[[], None] | None) -> bool:
    """Wait for the end and the last output; True when it had to be ended because of the time."""
    try:
        ended = _ends_within(child, timeout) if watch is None else _ends_watched(child, timeout, watch)
    except HubfleetError:
        _end(child)
        child.process.wait()
        raise
    except KeyboardInterrupt:
        interrupt_all()
        if not (_ends_within(child, _GRACE_SECONDS) if grace is None else _ends_at_last(child, grace)):
            _end(child)
        ended = True
    if not ended:
        _end(child)
    child.process.wait()
    return not ended


def _ends_at_last(child: Any, seconds: float) -> bool:
    """As `_ends_within`; a Ctrl-C in the meantime changes nothing: the program has been told."""
    end = time.monotonic() + seconds
    while True:
        try:
            return _ends_within(child, max(0.0, end - time.monotonic()))
        except KeyboardInterrupt:
            continue


def _ends_watched(child: Any, seconds: float, watch: Callable[[], None]) -> bool:
    """As `_ends_within`, with a look in between."""
    end = time.monotonic() + seconds
    while not _ends_within(child, min(_LOOK_SECONDS, max(0.0, end - time.monotonic()))):
        if time.monotonic() >= end:
            return False
        watch()
    return True


def _ends_within(child: Any, seconds: float) -> bool:
    """Whether the program ends in time. sh's own wait looks ten times a second; the kernel tells at once (Linux)."""
    try:
        descriptor = os.pidfd_open(child.pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):
        return _ends_by_looking(child, seconds)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def _ends_by_looking(child: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    pause = 0.002
    while child.is_alive():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True


def _end(child: Any) -> None:
    """SIGTERM to the whole group, and SIGKILL to what is left of it 10 s later."""
    _signal_group(child, signal.SIGTERM)
    if not _ends_within(child, 10):
        _signal_group(child, signal.SIGKILL)


def _signal_group(child: Any, number: signal.Signals) -> None:
    try:
        child.signal_group(number)
    except (ProcessLookupError, PermissionError):
        return


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"failed with exit code {returncode}"
