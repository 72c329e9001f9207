"""What terraform does to each resource, kept as it goes: after a crash this is what is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hubfleet import paths
from hubfleet.masking import masked
from hubfleet.runs import Run, Step
from hubfleet.tools.terraform.events import TerraformEvent

FILE = "resources.jsonl"
_WORKFLOWS = ("infra-apply", "infra-destroy", "teardown-cluster")


class Progress:
    """Takes terraform's events: all of them to the log, work on resources also to people and to the run's folder."""

    def __init__(self, run: Run, step: Step) -> None:
        self._log = run.log("terraform")
        self._step = step
        self._file = run.folder / FILE

    def __call__(self, event: TerraformEvent) -> None:
        """Take an event."""
        self._log(event.text + (f"\n{event.detail}" if event.detail else ""))
        if event.address and event.what in ("begun", "done", "failed"):
            line = {"what": event.what, "address": event.address, "action": event.action, "id": masked(event.id)}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        if event.address or event.what == "error":
            self._step.say(event.text)


@dataclass(frozen=True)
class Earlier:
    """An earlier run on the same cluster that did not end well.

    Args:
        run, workflow, operator, started: which.
        ended: `killed`, `failed` or `interrupted`.
        done: addresses that were worked on to the end.
        open: addresses that were begun, and of which nobody knows how they ended.
        failed: addresses that failed.
    """

    run: str
    workflow: str
    operator: str
    started: str
    ended: str
    done: tuple[str, ...]
    open: tuple[str, ...]
    failed: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """For people."""
        how = "failed" if self.ended == "failed" else f"was {self.ended}"
        yield f"the last {self.workflow} {how}: run {self.run}, by {self.operator}, {self.started}"
        yield f"    finished before that: {len(self.done)} resources" + _some(self.done)
        if self.failed:
            yield f"    failed: {', '.join(self.failed)}"
        if self.open:
            yield f"    begun, end unknown: {', '.join(self.open)}"
            yield "    what was begun may exist without being in the state: should the next apply say that it exists"
            yield "    already, adopt it with ./inv infra-import"

    def as_data(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def unfinished(root: Path, cluster: str, *, but: str = "") -> Earlier | None:
    """The newest run that changed this cluster's infrastructure, if it did not end well.

    Whoever asks holds the cluster's lock on this machine, so a run that says that it is running was killed.

    Args:
        root: the repository.
        cluster: its name.
        but: the id of a run that does not count: the present one.
    """
    for folder in sorted(paths.runs(root).glob("*"), reverse=True):
        report = _report(folder)
        if folder.name == but or report.get("subject") != cluster or report.get("workflow") not in _WORKFLOWS:
            continue
        if not (folder / FILE).is_file():
            if report.get("status") == "done":
                return None
            continue  # it ended before terraform did anything
        return None if report.get("status") == "done" else _earlier(folder, report)
    return None


def _earlier(folder: Path, report: dict[str, Any]) -> Earlier:
    last: dict[str, str] = {}
    for line in (folder / FILE).read_text(encoding="utf-8").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue  # the line that the crash cut short
        last[found["address"]] = found["what"]
    ended = "killed" if report["status"] == "running" else str(report["status"])
    by_end = {what: tuple(each for each, end in last.items() if end == what) for what in ("done", "begun", "failed")}
    return Earlier(
        str(report["id"]), str(report["workflow"]), str(report["operator"]), str(report["started"]), ended,
        by_end["done"], by_end["begun"], by_end["failed"],
    )  # fmt: skip


def _report(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _some(addresses: tuple[str, ...], most: int = 5) -> str:
    if not addresses:
        return ""
    more = f" and {len(addresses) - most} more" if len(addresses) > most else ""
    return f" ({', '.join(addresses[-most:])}{more})"
