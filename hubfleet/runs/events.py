"""What a journal is made of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["run-started", "step-started", "said", "step-done", "step-failed", "result", "run-ended"]


@dataclass(frozen=True)
class Event:
    """One line of a journal.

    Args:
        at: UTC, ISO 8601 with milliseconds.
        kind: what happened.
        step: the step that it belongs to; empty for the run as a whole.
        text: a line for people, masked.
        seconds: how long the step took, where it ended.
        value: the JSON result of a `once`; never a secret.
    """

    at: str
    kind: Kind
    step: str = ""
    text: str = ""
    seconds: float | None = None
    value: Any = None

    def line(self) -> str:
        """The event as one line of JSON, without what is empty."""
        kept = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def parse(text: str) -> list[Event]:
    """The events of a journal. A last line that a crash cut short is left out."""
    events = []
    for line in text.splitlines():
        try:
            events.append(Event(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return events
