"""A run: one execution of a workflow, with its journal on disk.

`<repository>/.hubfleet/runs/<id>/` holds `run.json` (schemas/run.schema.yaml), `events.jsonl` (append-only)
and one log per program or hub. A run that was killed can be resumed: what `once` finished is not done again.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hubfleet import paths
from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.masking import masked
from hubfleet.runs.events import Event, Kind, parse
from hubfleet.runs.identity import commit, operator

Result = TypeVar("Result")
Observer = Callable[[Event], None]


@dataclass
class Run:
    """One execution of a workflow.

    Args:
        id: unique, sorts by time, fits a Kubernetes name and label.
        workflow: such as `deploy-hub`.
        subject: what it works on, such as `local/demo`.
        folder: where its journal is.
        operator: who started it. `commit`: of which state of the repository.
    """

    id: str
    workflow: str
    subject: str
    folder: Path
    operator: str
    commit: str
    started: str
    observers: list[Observer] = field(default_factory=list)
    _results: dict[str, Any] = field(default_factory=dict)
    _steps: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A named unit of work: its start, end, time and failure go to the journal and the observers."""
        begun = time.monotonic()
        self.record("step-started", name)
        try:
            yield Step(self, name)
        except BaseException as trouble:
            seconds = time.monotonic() - begun
            self._steps.append({"name": name, "seconds": round(seconds, 3), "ok": False})
            self.record("step-failed", name, text=str(trouble), seconds=seconds)
            raise
        seconds = time.monotonic() - begun
        self._steps.append({"name": name, "seconds": round(seconds, 3), "ok": True})
        self.record("step-done", name, seconds=seconds)

    def once(self, name: str, function: Callable[[], Result]) -> Result:
        """Do this once per run, also over resumptions; its JSON result is kept in the journal."""
        if name in self._results:
            return self._results[name]  # type: ignore[no-any-return]
        with self.step(name):
            value = function()
            self.keep(name, value)
        return value

    def keep(self, name: str, value: Any) -> None:
        """Keep the result of `once(name, ...)`, also in place of an earlier one. It is JSON."""
        self._results[name] = value
        self.record("result", name, value=value)

    def finished(self, name: str) -> bool:
        """Whether `once(name, ...)` has its result already."""
        return name in self._results

    def record(
        self, kind: Kind, step: str = "", *, text: str = "", seconds: float | None = None, value: Any = None
    ) -> None:
        """Append an event to the journal and tell the observers."""
        rounded = None if seconds is None else round(seconds, 3)
        event = Event(_now(), kind, step, masked(text), rounded, value)
        with self._lock, (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(event.line() + "\n")
            if kind in ("result", "run-ended"):
                file.flush()
                os.fsync(file.fileno())
        for observer in self.observers:
            observer(event)

    def log(self, name: str) -> Callable[[str], None]:
        """A function that appends masked lines to `<name>.log`, whole lines only."""
        path = self.folder / f"{name}.log"

        def write(line: str) -> None:
            with self._lock, path.open("a", encoding="utf-8") as file:
                file.write(masked(line) + "\n")

        return write

    @contextmanager
    def ending(self) -> Iterator[Run]:
        """Wrap a whole workflow: writes how it ended into `run.json`, whatever happens."""
        self._write("running")
        try:
            yield self
        except (Interrupted, KeyboardInterrupt):
            self._end("interrupted")
            raise
        except BaseException as trouble:
            self._end("failed", str(trouble))
            raise
        self._end("done")

    def seconds(self) -> list[tuple[str, float]]:
        """How long each step took, in the order they ended."""
        return [(each["name"], each["seconds"]) for each in self._steps]

    def _end(self, status: str, text: str = "") -> None:
        self.record("run-ended", text=text or status)
        self._write(status, text)

    def _write(self, status: str, text: str = "") -> None:
        report = {
            "id": self.id, "workflow": self.workflow, "subject": self.subject, "operator": self.operator,
            "commit": self.commit, "started": self.started, "status": status, "error": masked(text),
            "ended": None if status == "running" else _now(), "steps": self._steps,
        }  # fmt: skip
        fresh = self.folder / "run.json.new"
        fresh.write_text(json.dumps(report, indent=2, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self.folder / "run.json")


@dataclass(frozen=True)
class Step:
    """A step that is being done."""

    run: Run
    name: str

    def say(self, text: str) -> None:
        """Tell people how it goes: the last line is what a terminal shows beside the step."""
        self.run.record("said", self.name, text=text)


def start(root: Path, workflow: str, subject: str) -> Run:
    """A new run with its folder.

    Raises:
        HubfleetError: the folder can not be written.
    """
    identity = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    folder = paths.runs(root) / identity
    try:
        folder.mkdir(parents=True)
        run = Run(identity, workflow, subject, folder, operator(root), commit(root), _now())
        run.record("run-started", text=f"{workflow} {subject}")
    except OSError as trouble:
        raise HubfleetError(
            "the run's folder can not be written",
            where=str(folder),
            evidence=str(trouble),
            next_step="df -h . ; ls -ld .hubfleet",
        ) from trouble
    return run


def resume_or_start(root: Path, workflow: str, subject: str) -> Run:
    """The newest run of this workflow on this subject if it did not end well, else a new one.

    A run that is still going on in another process is told apart by the caller's lock, not here.
    """
    for folder in sorted(paths.runs(root).glob("*"), reverse=True):
        report = _report(folder)
        if (report.get("workflow"), report.get("subject")) != (workflow, subject):
            continue
        if report.get("status") == "done":
            break
        events = parse((folder / "events.jsonl").read_text(encoding="utf-8"))
        results = {event.step: event.value for event in events if event.kind == "result"}
        run = Run(report["id"], workflow, subject, folder, operator(root), commit(root), report["started"])
        run._results.update(results)  # noqa: SLF001
        run.record("run-started", text=f"resumed; finished before: {', '.join(results) or 'nothing'}")
        return run
    return start(root, workflow, subject)


def _report(folder: Path) -> dict[str, Any]:
    try:
        report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
