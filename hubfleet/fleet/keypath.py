"""Where in a document: a tuple of keys and list positions, written `hubs[0].domain`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubfleet.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyPath = tuple[str | int, ...]

_PLAIN = re.compile(r"[^.\[\]\"\s]+")
_PART = re.compile(r'\.?(?:\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]"\s]+))')


def dotted(path: Iterable[str | int]) -> str:
    """The path for a person; keys with dots, brackets, quotes or spaces are quoted: `hub.extraFiles["a.txt"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            escaped = part.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parse(text: str) -> KeyPath:
    """The path that `dotted` wrote.

    Raises:
        WrongUsage: the text is no path.
    """
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or (position == 0 and text.startswith(".")):
            raise WrongUsage(
                f"{text!r} is not a key",
                where=f"character {position + 1}",
                next_step='write it like singleuser.memory.limit, profileList[0].slug or extraFiles["a.txt"]',
            )
        index, quoted, plain = match.groups()
        if index is not None:
            parts.append(int(index))
        else:
            parts.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain)
        position = match.end()
    return tuple(parts)
