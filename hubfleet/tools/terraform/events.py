"""What terraform does while it does it: the lines of `-json` (https://developer.hashicorp.com/terraform/internals/machine-readable-ui)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

What = Literal["said", "begun", "done", "failed", "error"]
_HOOKS: dict[str, What] = {"apply_start": "begun", "apply_complete": "done", "apply_errored": "failed"}
_QUIET = ("version", "planned_change", "outputs", "resource_drift", "refresh_start", "refresh_complete")


@dataclass(frozen=True)
class TerraformEvent:
    """One line.

    Args:
        what: `begun`, `done` or `failed` for work on a resource; `error`; `said` for anything else.
        text: for people.
        address: the resource; empty where it is about none.
        action: create, update, delete, ...
        id: the cloud's id of the resource, once it is done.
        detail: of an error.
    """

    what: What
    text: str
    address: str = ""
    action: str = ""
    id: str = ""
    detail: str = ""


def parse(line: str) -> TerraformEvent | None:
    """The event in a line; None for what nobody needs to hear."""
    try:
        found = json.loads(line)
    except ValueError:
        return TerraformEvent("said", line) if line.strip() else None
    if not isinstance(found, dict) or found.get("type") in _QUIET or (found.get("hook") or {}).get("action") == "read":
        return None
    text = str(found.get("@message", ""))
    if found.get("type") == "diagnostic":
        return _diagnostic(found["diagnostic"], text)
    hook = found.get("hook") or {}
    address = str((hook.get("resource") or {}).get("addr", ""))
    what = _HOOKS.get(str(found.get("type")), "said")
    return TerraformEvent(what, text, address, str(hook.get("action", "")), str(hook.get("id_value") or ""))


@dataclass
class Collected:
    """Takes lines, hands events on, and keeps the errors and what was not finished."""

    hand_on: Callable[[TerraformEvent], None]
    errors: list[TerraformEvent] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        """Take a line."""
        event = parse(line)
        if event is None:
            return
        if event.what == "error":
            self.errors.append(event)
        elif event.what == "done":
            self.finished.append(event.address)
        elif event.what == "failed":
            self.failed.append(event.address)
        self.hand_on(event)


def _diagnostic(found: dict[str, Any], text: str) -> TerraformEvent:
    what: What = "error" if found.get("severity") == "error" else "said"
    place = found.get("range") or {}
    line = (place.get("start") or {}).get("line", "")
    where = f" ({place['filename']}:{line})" if place.get("filename") else ""
    summary = str(found.get("summary") or text) + where
    return TerraformEvent(what, summary, str(found.get("address") or ""), detail=str(found.get("detail") or "").strip())
