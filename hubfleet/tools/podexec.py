"""A Python program in a container, through `kubectl exec`: its end is the call's end, and a standstill has an end, too.

kubectl alone is no witness of the end. When a program ends before it has read all of its standard input, the kubelet's
stream stays blocked on what is still to be written, and kubectl waits without end (seen with Kubernetes 1.35 and
containerd 1.6, by WebSocket and by SPDY, from 1 MB of input on). So a second process stands beside the program: it
tells on standard error how the program ended, whatever ended it, and until then how much CPU time it has used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet import process
from hubfleet.process import Completed, ProcessFailed

_TELLING_SECONDS = 2.0  # kubectl may still pass on what the program said last
_SILENT_SECONDS = 180.0
_STILL_SECONDS = 1800.0  # a disk or file server that syncs may leave a program waiting for long
_WORKS, _ENDED = "hubfleet-works: ", "hubfleet-ended: "
_KEPT_LINES = 40

# Its arguments: the name of the environment's variable with the program, then the program's own.
GUARD = r"""
import os, signal, sys
name = sys.argv.pop(1)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
child = os.fork()
def tell(word, number):
    os.write(2, f"\nhubfleet-{word}: {number}\n".encode())
def used():
    with open(f"/proc/{child}/stat") as file:
        words = file.read().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])
if child:
    tell("works", 0)
    while not signal.sigtimedwait({signal.SIGCHLD}, 10):
        tell("works", used())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    tell("ended", code)
    os._exit(code if code >= 0 else 128 - code)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
exec(os.environ[name])
"""


@dataclass(frozen=True)
class Container:
    """Where programs run.

    Args:
        kubectl: the program. `env`: its environment, with KUBECONFIG.
        context: of the kubeconfig; empty: the current one.
        namespace, pod, name: of the container. Its environment has `GUARD` and the programs.
    """

    kubectl: Path
    env: Mapping[str, str]
    context: str
    namespace: str
    pod: str
    name: str

    def python(
        self, program: str, words: Sequence[str], *, stdin: int | None, stdout: int | None, seconds: float
    ) -> Completed:
        """Run one of the programs in the container's environment to its end.

        Args:
            program: its name.
            words: its arguments.
            stdin: a descriptor to read from; None: nothing.
            stdout: a descriptor that gets its output as it is; None: captured as text.
            seconds: how long at most.

        Raises:
            ProcessFailed: it failed, did nothing for half an hour, or nothing was heard of it for three minutes.
        """
        argv: list[str | Path] = [self.kubectl, *(["--context", self.context] if self.context else [])]
        argv += ["--namespace", self.namespace, "exec", self.pod, "--container", self.name]
        argv += ["--stdin"] if stdin is not None else []
        argv += ["--", "python3", "-X", "utf8", "-c", "import os; exec(os.environ['GUARD'])", program, *words]
        watch = Watch(f"{program} in pod {self.pod}", tuple(map(str, argv)))
        try:
            return process.run(
                argv, env=self.env, stdin=stdin, stdout=stdout, timeout=seconds, on_line=watch.hear, watch=watch.look
            )
        except ProcessFailed as trouble:
            raise watch.failed(trouble) from trouble


@dataclass
class Watch:
    """What is heard of a program in a container.

    Args:
        who: the program, for messages.
        argv: of kubectl.
        said: its last lines, without those of the guard.
        code: its exit code, negative for a signal; None: it has not ended.
    """

    who: str
    argv: tuple[str, ...]
    said: list[str] = field(default_factory=list)
    code: int | None = None
    _used: str = ""
    _heard: float = field(default_factory=time.monotonic)
    _moved: float = field(default_factory=time.monotonic)

    def hear(self, line: str) -> None:
        """Take a line, of the guard or of the program."""
        self._heard = time.monotonic()
        if line.startswith(_ENDED):
            self.code = int(line.removeprefix(_ENDED))
        elif line.startswith(_WORKS):
            if line != self._used:
                self._used, self._moved = line, self._heard
        elif line.strip():
            self.said.append(line)
            del self.said[:-_KEPT_LINES]

    def look(self) -> None:
        """See whether to go on waiting.

        Raises:
            ProcessFailed: the program has failed and kubectl does not see it, stands still, or can not be heard.
        """
        silent, still = time.monotonic() - self._heard, time.monotonic() - self._moved
        if self.code and silent > _TELLING_SECONDS:
            raise self._failure(f"{self.who} {_ending(self.code)}")
        if silent > _SILENT_SECONDS:
            raise self._failure(f"nothing was heard of {self.who} for {silent:.0f} s, as if the connection were cut")
        if still > _STILL_SECONDS:
            raise self._failure(f"{self.who} has stood still for {still / 60:.0f} minutes: does its volume answer?")

    def failed(self, trouble: ProcessFailed) -> ProcessFailed:
        """The failure of kubectl, told as that of the program where that is known."""
        return self._failure(f"{self.who} {_ending(self.code)}" if self.code else trouble.what)

    def _failure(self, what: str) -> ProcessFailed:
        told = Completed(self.argv, self.code or 1, "", "\n".join(self.said), 0.0)
        return ProcessFailed(what, told, next_step="run it again; if it stops there again, look at node and volume")


def _ending(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
