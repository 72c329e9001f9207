"""How a hub is taken down, as a person asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Ask = Callable[[str], str]


@dataclass(frozen=True)
class Options:
    """How a hub is taken down.

    Args:
        confirm: the hub's domain, for scripts; empty: `ask` is called.
        ask: shows a question and returns what was typed; None: there is nobody to ask.
        even_with_users: stop the servers of users who are there.
        destination: where archives are kept, where it differs from the files.
        image: a container image with Python, where the hub's own is gone.
        at_once: how many volumes are archived at the same time.
    """

    confirm: str = ""
    ask: Ask | None = None
    even_with_users: bool = False
    destination: str = ""
    image: str = ""
    at_once: int = 4
