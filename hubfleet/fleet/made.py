"""A layer in the making: values that hubfleet sets, each with the line of the file that asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.fleet.layers import Kind, Layer

if TYPE_CHECKING:
    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.model import Location


class Made:
    """Collects values; `layer` makes the layer."""

    def __init__(self, at: Location) -> None:
        self._at = at
        self._values: dict[str, Any] = {}
        self._places: dict[KeyPath, Location] = {}

    def put(self, path: str, value: Any, at: Location) -> None:
        """Set a value at a dotted path (its keys have no dots of their own)."""
        keys = tuple(path.split("."))
        inner = self._values
        for key in keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[keys[-1]] = value
        self._places[keys] = at

    def layer(self, kind: Kind) -> Layer:
        """The layer with all that was put."""
        return Layer(kind, self._at.file, self._values, self._locate)

    def _locate(self, path: KeyPath) -> Location:
        """Where a value, or the map that holds it, comes from; a map of several: its first part's place."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._places:
                return self._places[path[:length]]
        inside = (place for keys, place in self._places.items() if keys[: len(path)] == path)
        return next(inside, self._at)


def image_parts(reference: str) -> dict[str, str]:
    """An image reference as the chart's `name` and `tag`; a digest alone is cut so that `name:tag` is right again."""
    name, at, digest = reference.partition("@")
    base, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        base, tag = name, ""
    if at and not tag:
        algorithm, _, hexadecimal = digest.partition(":")
        return {"name": f"{base}@{algorithm}", "tag": hexadecimal}
    return {"name": base, "tag": f"{tag or 'latest'}{at}{digest}"}
