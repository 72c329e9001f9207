"""terraform in one root module, one process per call.

It never asks (-input=false), always locks (and waits for a lock), and keeps its data out of the sources (TF_DATA_DIR).
An interruption reaches it once: it then ends what it has begun and writes its state, however long that takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.masking import hide, masked
from hubfleet.process import Completed, OnLine, ProcessFailed, Run
from hubfleet.tools.terraform import lock, plan, state
from hubfleet.tools.terraform.events import Collected, TerraformEvent
from hubfleet.tools.terraform.lock import LockHeld, LockInfo
from hubfleet.tools.terraform.plan import Plan
from hubfleet.tools.terraform.state import State

OnEvent = Callable[[TerraformEvent], None]
_PLAN_SECONDS = 3600.0
_APPLY_SECONDS = 86_400.0  # ended sooner it would lose sight of what a cloud is making
_GRACE_SECONDS = 7200.0  # a cluster takes up to half an hour to come or go, and terraform waits for it
_ERRORS_SHOWN = 8


@dataclass(frozen=True)
class Terraform:
    """terraform for one cluster.

    Args:
        binary: the program.
        folder: the root module; it is written to (the lock file of the providers), so a copy.
        data: TF_DATA_DIR.
        env: the credentials, and nothing else of the person's environment.
        plugins: TF_PLUGIN_CACHE_DIR.
        lock_seconds: how long somebody else's lock is waited for.
        run: the door to programs.
    """

    binary: Path
    folder: Path
    data: Path
    env: Mapping[str, str]
    plugins: Path
    lock_seconds: int = 60
    run: Run = process.run

    def init(self, backend: Mapping[str, str], *, on_line: OnLine | None = None) -> None:
        """Get providers and modules, and say where the state is. Never moves a state (-reconfigure).

        Args:
            backend: settings of the backend, none of them secret.
            on_line: called with each line, masked.

        Raises:
            ProcessFailed: no such provider or place of the state, or no right to it.
        """
        self.plugins.mkdir(parents=True, exist_ok=True)
        settings = [f"-backend-config={name}={value}" for name, value in sorted(backend.items())]
        self._call(["init", "-input=false", "-no-color", "-reconfigure", *settings], on_line=on_line)

    def plan(
        self, out: Path, inputs: Path, *, on_event: OnEvent, destroy: bool = False, targets: Sequence[str] = ()
    ) -> None:
        """Make a plan and save it, readable by its owner only.

        Args:
            out: the file to save it in.
            inputs: a tfvars.json file.
            on_event: told what terraform does.
            destroy: of everything in the state.
            targets: addresses to look at; none: all.

        Raises:
            LockHeld: somebody else works on the state. HubfleetError: terraform's errors.
        """
        os.close(os.open(out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        words = ["plan", "-json", "-input=false", f"-lock-timeout={self.lock_seconds}s", f"-out={out}"]
        words += [f"-var-file={inputs}", *(["-destroy"] if destroy else []), *(f"-target={each}" for each in targets)]
        try:
            self._told(words, "terraform could not make a plan", on_event, _PLAN_SECONDS)
        except BaseException:
            out.unlink(missing_ok=True)
            raise

    def show(self, file: Path) -> Plan:
        """What a saved plan would do. Its sensitive texts are hidden everywhere from now on."""
        done = self._call(["show", "-json", "-no-color", str(file)])
        found = plan.parse(_parsed(done))
        hide(*found.secrets)
        return found

    def apply(self, file: Path, *, on_event: OnEvent) -> tuple[str, ...]:
        """Do what a saved plan says.

        Returns:
            The addresses that were worked on.

        Raises:
            LockHeld: somebody else works on the state.
            HubfleetError: part of it failed, and says what.
            Interrupted: Ctrl-C, and terraform has ended.
        """
        words = ["apply", "-json", "-input=false", f"-lock-timeout={self.lock_seconds}s", str(file)]
        return self._told(words, "terraform did not finish", on_event, _APPLY_SECONDS)

    def state(self) -> State:
        """What is in the state now."""
        return state.parse(self._call(["state", "pull", "-no-color"]).stdout)

    def outputs(self) -> dict[str, Any]:
        """The outputs' values, by name; sensitive ones left out."""
        found = _parsed(self._call(["output", "-json", "-no-color"]))
        return {name: each.get("value") for name, each in found.items() if not each.get("sensitive")}

    def forget(self, address: str) -> None:
        """Take a resource or module out of the state; in the cloud it stays."""
        self._call(["state", "rm", "-no-color", f"-lock-timeout={self.lock_seconds}s", address])

    def lock_holder(self) -> LockInfo | None:
        """Who holds the lock now; None where it is free. Takes it for a moment, and changes nothing."""
        try:
            self._call(["state", "rm", "-no-color", "-lock-timeout=0s", "terraform_data.hubfleet_looks_at_the_lock"])
        except LockHeld as held:
            return held.info
        except ProcessFailed as trouble:
            said = trouble.completed.stderr
            if any(each in said for each in ("No matching objects", "Invalid target address", "No state file")):
                return None
            raise
        return None

    def unlock(self, identity: str) -> None:
        """Free a lock whose holder is dead.

        Raises:
            ProcessFailed: it has another id, or is free.
        """
        self._call(["force-unlock", "-no-color", "-force", identity])

    def _told(self, words: list[str], what: str, on_event: OnEvent, seconds: float) -> tuple[str, ...]:
        """Run a command that speaks `-json`, and turn its errors into ours."""
        said = Collected(on_event)
        done = self._run(words, on_line=said, ok=(0, 1), timeout=seconds)
        if done.returncode:
            _raise(what, words[0], said, done)
        return tuple(said.finished)

    def _call(self, words: list[str], *, on_line: OnLine | None = None) -> Completed:
        try:
            return self._run(words, on_line=on_line, ok=(0,), timeout=_PLAN_SECONDS)
        except ProcessFailed as trouble:
            held = lock.parse(trouble.completed.stderr)
            if held:
                raise LockHeld(held) from trouble
            raise

    def _run(self, words: list[str], *, on_line: OnLine | None, ok: tuple[int, ...], timeout: float) -> Completed:
        env = process.environment(
            TF_DATA_DIR=str(self.data), TF_PLUGIN_CACHE_DIR=str(self.plugins), TF_IN_AUTOMATION="1", TF_INPUT="0",
            # Providers come from mirrors and from the registry, and a cache knows only the hash of this machine's kind.
            TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE="1", CHECKPOINT_DISABLE="1", **self.env,
        )  # fmt: skip
        return self.run(
            [self.binary, *words], env=env, cwd=self.folder, ok=ok, on_line=on_line, timeout=timeout,
            grace=_GRACE_SECONDS,
        )  # fmt: skip


def _raise(what: str, command: str, said: Collected, done: Completed) -> NoReturn:
    for each in said.errors:
        held = lock.parse(f"{each.text}\n{each.detail}")
        if held:
            raise LockHeld(held)
    lines = [_error_text(each) for each in said.errors[:_ERRORS_SHOWN]]
    if len(said.errors) > _ERRORS_SHOWN:
        lines.append(f"and {len(said.errors) - _ERRORS_SHOWN} more")
    evidence = "\n".join(lines) or done.stderr.strip()[-2000:] or f"exit code {done.returncode}"
    failed = ", ".join(dict.fromkeys((*said.failed, *(each.address for each in said.errors if each.address))))
    raise HubfleetError(
        what, where=failed or f"terraform {command}", evidence=masked(evidence), next_step=_next(evidence)
    )


def _error_text(event: TerraformEvent) -> str:
    address = f"{event.address}: " if event.address and event.address not in event.text else ""
    return f"{address}{event.text}" + (f"\n  {event.detail}" if event.detail else "")


def _next(evidence: str) -> str:
    if "already exists" in evidence.lower() or "AlreadyExists" in evidence:
        return "adopt what exists already: ./inv infra-import CLUSTER --resource ADDRESS=ID"
    return ""


def _parsed(done: Completed) -> dict[str, Any]:
    """The JSON that terraform printed. Its text is no evidence for people: it may hold secrets."""
    try:
        found = json.loads(done.stdout)
    except ValueError as trouble:
        raise HubfleetError("terraform did not answer with JSON", where=process.printable(done.argv)) from trouble
    if not isinstance(found, dict):
        raise HubfleetError("terraform's JSON is not an object", where=process.printable(done.argv))
    return found
