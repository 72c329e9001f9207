"""Single values as YAML that every reader understands in the same way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from hubfleet.fleet import scalars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._@/+-]*[A-Za-z0-9/])?")


def scalar(value: object) -> str:
    """A value as it is written in YAML, quoted where it could be read as something else."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    plain = _PLAIN.fullmatch(text) and yaml.safe_load(text) == text and not scalars.trouble(text, text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def flow(values: Mapping[str, Any]) -> str:
    """A mapping on one line; keys without a value are left out."""
    return "{" + ", ".join(f"{key}: {_any(value)}" for key, value in values.items() if value not in (None, "")) + "}"


def listed(values: Iterable[object]) -> str:
    """A list on one line."""
    return "[" + ", ".join(_any(value) for value in values) + "]"


def _any(value: Any) -> str:
    if isinstance(value, dict):
        return flow(value)
    return listed(value) if isinstance(value, list | tuple) else scalar(value)
