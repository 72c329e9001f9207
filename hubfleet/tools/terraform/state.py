"""What a state holds, from `terraform state pull`: addresses and what protects them, no other values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Instance:
    """One resource instance in the state. `attributes`: it may hold secrets, so it is never shown."""

    address: str
    type: str
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class State:
    """A state: which one (lineage), which version of it (serial), and what is in it. Empty: there is none yet."""

    lineage: str = ""
    serial: int = 0
    instances: tuple[Instance, ...] = ()

    @property
    def mark(self) -> str:
        """Tells this version of this state from every other."""
        return f"{self.lineage}/{self.serial}" if self.lineage else "none"


def parse(text: str) -> State:
    """The state that `terraform state pull` printed; nothing printed: there is none."""
    if not text.strip():
        return State()
    document = json.loads(text)
    found = tuple(each for entry in document.get("resources", ()) for each in _instances(entry))
    return State(str(document.get("lineage", "")), int(document.get("serial", 0)), found)


def _instances(entry: Mapping[str, Any]) -> Iterator[Instance]:
    if entry.get("mode") != "managed":
        return
    name = ".".join(part for part in (entry.get("module", ""), entry["type"], entry["name"]) if part)
    for each in entry.get("instances", ()):
        yield Instance(name + _index(each.get("index_key")), str(entry["type"]), each.get("attributes") or {})


def _index(key: str | int | None) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"
