"""The lock of a state, as terraform tells of it: who holds it, since when, for what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubfleet.errors import Refused


@dataclass(frozen=True)
class LockInfo:
    """Who holds a lock. `who` is `user@machine`, `created` as terraform writes it (UTC)."""

    id: str
    who: str = ""
    operation: str = ""
    created: str = ""
    path: str = ""

    def __str__(self) -> str:
        """For people."""
        work = self.operation.removeprefix("OperationType").lower() or "unknown work"
        return f"held by {self.who or 'somebody'} since {self.created or '?'}, {work}, id {self.id}"


class LockHeld(Refused):
    """Somebody else works on this state, or died while they did. `info`: who."""

    def __init__(self, info: LockInfo) -> None:
        super().__init__(
            "the state is locked: somebody else works on it, or died while they did",
            where=info.path,
            evidence=str(info),
            next_step=f"talk to them and wait; if their terraform is dead: ./inv infra-unlock CLUSTER --id {info.id}",
        )
        self.info = info


def parse(text: str) -> LockInfo | None:
    """The holder, from what terraform says when it does not get a lock; None where it is about something else."""
    if "state lock" not in text or "Lock Info:" not in text:
        return None
    found = dict(re.findall(r"^\W*(ID|Path|Operation|Who|Created):[ \t]+(.*?)\s*$", text, re.MULTILINE))
    return LockInfo(
        found.get("ID", ""), found.get("Who", ""), found.get("Operation", ""), _second(found.get("Created", "")),
        found.get("Path", ""),
    )  # fmt: skip


def _second(time: str) -> str:
    """The time without its nanoseconds."""
    return re.sub(r"\.\d+", "", time)
