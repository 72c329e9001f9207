"""What helm/basehub has for hubs that serve their homes from their own disk, and what it is without it.

Plain helm takes helm/basehub whole, where the server is off until it is asked for. The package of a hub that has no
such server is made without every trace of it: what is changed there changes no other hub.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hubfleet.charts.content import Files

NAME = "jupyterhub-home-nfs"
_TEMPLATES = "templates/home-server/"
_SCHEMA, _VALUES = "values.schema.json", "values.yaml"


def without_home_server(files: Files) -> dict[str, bytes]:
    """The files of basehub without its templates, values and schema of the server."""
    kept = {name: content for name, content in files.items() if not name.startswith(_TEMPLATES)}
    if _VALUES in kept:
        kept[_VALUES] = _values_without(kept[_VALUES])
    if _SCHEMA in kept:
        kept[_SCHEMA] = _schema_without(kept[_SCHEMA])
    return kept


def _values_without(content: bytes) -> bytes:
    """values.yaml without the block of the key, its comment and the empty line above it; all else stays as it is."""
    lines = content.decode().splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if line.startswith(f"{NAME}:")), None)
    if start is None:
        return content
    end = next((number for number in range(start + 1, len(lines)) if _begins(lines[number])), len(lines))
    while start and lines[start - 1].startswith("#"):
        start -= 1
    start -= _blank(lines, start - 1)
    return "".join(lines[:start] + lines[end:]).encode()


def _begins(line: str) -> bool:
    """Whether another key, or the comment above one, begins here."""
    return not line.startswith((" ", "\n"))


def _blank(lines: Sequence[str], number: int) -> int:
    return int(number >= 0 and not lines[number].strip())


def _schema_without(content: bytes) -> bytes:
    """The schema, written as it is in the tree, without the key; untouched where it does not have it."""
    schema = json.loads(content)
    if schema.get("properties", {}).pop(NAME, None) is None:
        return content
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
