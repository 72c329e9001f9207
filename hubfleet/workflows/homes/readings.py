"""What was measured, what was remembered, and what follows from both. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

DAY = 86_400.0
WHOLE = "*"  # the name under which a store that all share is remembered
_WINDOW = 15 * DAY
_MOST_REMEMBERED = 4000  # some 80 bytes each; a ConfigMap holds a megabyte


@dataclass(frozen=True)
class Home:
    """One home, or a store that all homes share, as it was measured last.

    Args:
        name: of the user, or of the folder in a shared store.
        used: bytes.
        size: bytes that it may hold; 0: no bound is known.
        at: when it was measured, seconds since 1970.
    """

    name: str
    used: int
    size: int
    at: float

    @property
    def share(self) -> float | None:
        """How full it is, 0 to 1 and above."""
        return self.used / self.size if self.size else None


@dataclass(frozen=True)
class Memory:
    """What is remembered of a home: the last reading, and two earlier ones 15 days apart, to see it grow.

    Args:
        at, used: the last reading.
        old_at, old_used: what it is compared with: 15 to 30 days before, or the first reading.
        next_at, next_used: what it will be compared with, 15 days from then.
    """

    at: float
    used: int
    old_at: float
    old_used: int
    next_at: float
    next_used: int

    @classmethod
    def first(cls, home: Home) -> Memory:
        """Of a home that was never measured before."""
        return cls(home.at, home.used, home.at, home.used, home.at, home.used)

    def then(self, home: Home) -> Memory:
        """After one reading more."""
        seen = replace(self, at=home.at, used=home.used)
        if home.at - self.next_at < _WINDOW:
            return seen
        return replace(seen, old_at=self.next_at, old_used=self.next_used, next_at=home.at, next_used=home.used)

    @property
    def growth(self) -> float | None:
        """Bytes a day; None before there are readings a day apart."""
        days = (self.at - self.old_at) / DAY
        return (self.used - self.old_used) / days if days >= 1 else None


def remembered(text: str) -> dict[str, Memory]:
    """What a ConfigMap says; nothing where it can not be understood: it is only memory."""
    try:
        found = json.loads(text or "{}")
        return {str(name): Memory(*(int(number) for number in each)) for name, each in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def to_remember(before: Mapping[str, Memory], measured: Mapping[str, Home]) -> dict[str, Memory]:
    """The memory after these readings; of very many homes, the largest."""
    after = dict(before)
    for name, home in measured.items():
        old = before.get(name)
        after[name] = old.then(home) if old else Memory.first(home)
    largest = sorted(after, key=lambda name: (name != WHOLE, -after[name].used))[:_MOST_REMEMBERED]
    return {name: after[name] for name in sorted(largest)}


def text_of(memory: Mapping[str, Memory]) -> str:
    """As `remembered` reads it."""
    found: dict[str, list[int]] = {}
    for name, each in memory.items():
        numbers = (each.at, each.used, each.old_at, each.old_used, each.next_at, each.next_used)
        found[name] = [int(number) for number in numbers]
    return json.dumps(found, separators=(",", ":"))


def days_left(home: Home, growth: float | None) -> int | None:
    """Days until it is full, as it grew so far; None where it does not grow or nobody knows."""
    if not home.size or not growth or growth <= 0:
        return None
    return max(0, int((home.size - home.used) / growth))


def of_kubelet(summary: Mapping[str, Any], namespace: str) -> dict[str, int]:
    """Bytes used by claim, from a node's answer to `/stats/summary` (k8s.io/kubelet/pkg/apis/stats/v1alpha1)."""
    found = {}
    for pod in summary.get("pods") or []:
        for volume in pod.get("volume") or []:
            claim = volume.get("pvcRef") or {}
            if claim.get("namespace") == namespace and "usedBytes" in volume:
                found[claim["name"]] = int(volume["usedBytes"])
    return found
