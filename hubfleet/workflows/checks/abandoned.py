"""Which temporary users belong to checks on this machine that were killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from hubfleet.runs import Run
from hubfleet.runs.alone import going_on
from hubfleet.runs.events import Event, parse

MAKE_USER, LEAVE_NO_TRACE = "make a temporary user", "leave no trace"


def abandoned(run: Run) -> set[str]:
    """The temporary users of earlier checks of the same hub, also those after a deploy, that ended without cleaning up.

    A check that still goes on holds its run's folder (`alone`), and its user is left alone.
    """
    others = (folder for folder in run.folder.parent.glob("*") if folder != run.folder)
    return {name for folder in others if _is_about(folder, run) for name in _left(folder)}


def _is_about(folder: Path, run: Run) -> bool:
    try:
        report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return bool(report["subject"] == run.subject)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _left(folder: Path) -> Iterator[str]:
    if going_on(folder):
        return
    events = parse((folder / "events.jsonl").read_text(encoding="utf-8"))
    made = [str(event.value) for event in events if _has(event, "result", MAKE_USER)]
    if not any(_has(event, "step-done", LEAVE_NO_TRACE) for event in events):
        yield from made


def _has(event: Event, kind: str, step: str) -> bool:
    return (event.kind, event.step) == (kind, step)
