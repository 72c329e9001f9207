"""How a person at a terminal is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable

from hubfleet.cli.base import say


def asking() -> Callable[[str], str] | None:
    """A function that shows all but the last line of a question and returns what is typed; None without a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> str:
        before, _, last = question.rpartition("\n")
        say.warn(before)
        return input(last)

    return ask
