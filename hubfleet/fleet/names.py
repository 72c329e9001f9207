"""Names that a person typed nearly right."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, or None when nothing is near."""
    by_lower = {each.lower().replace("_", "-"): each for each in known}
    found = difflib.get_close_matches(name.lower().replace("_", "-"), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


_FEW = 12  # what fits on a line


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest name, or all of them while they are few, or nothing."""
    choices = sorted(set(known))
    near = nearest(name, choices)
    if near is not None:
        return f"did you mean {near}?"
    return listed(choices)


def listed(known: Iterable[str], all_at: str = "") -> str:
    """A hint with all names while they are few; else with the first, and where all are, or nothing.

    Args:
        known: the names.
        all_at: where a person finds all of them.
    """
    choices = sorted(set(known))
    if 0 < len(choices) <= _FEW:
        return f"known: {', '.join(choices)}"
    return f"known: {', '.join(choices[:_FEW])}, …; {all_at} has all" if choices and all_at else ""
