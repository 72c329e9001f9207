"""Layers of values: merged by helm's rules, and every value traced to the file and line that set it.

helm merges several values files as `merge` does: maps merge, everything else replaces what is below,
null included. A null in the result deletes the chart's default, so nulls are kept and handed to helm.
A map above a null starts anew, and then the chart's default is below it again.
(Held to the real helm by tests/integration/test_values_like_helm.py.)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

from hubfleet.fleet.keypath import dotted
from hubfleet.fleet.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubfleet.fleet.document import Document
    from hubfleet.fleet.keypath import KeyPath

Kind = Literal["chart", "use case", "generated", "common", "hub", "community", "override", "secrets"]
Effect = Literal["counts", "overridden", "merged"]
_ABSENT = object()
_BLOCKED = object()


@dataclass(frozen=True)
class Layer:
    """One source of a hub's values.

    Args:
        kind: which of the layers it is.
        file: where it is written, relative to the repository; for a generated layer, cluster.yaml.
        values: what it sets.
        locate: from a key path in `values` to where that is written.
        secret: its values are never shown.
    """

    kind: Kind
    file: str
    values: dict[str, Any]
    locate: Callable[[KeyPath], Location] = field(repr=False, compare=False)
    secret: bool = False


@dataclass(frozen=True)
class Origin:
    """A layer that said something about a key.

    Args:
        value: what it said; None where it removed the key, or one of its parents.
        effect: `counts`: this is the value; `merged`: a map of which parts may count; `overridden`.
        depth: how many steps of the key's path the layer goes; fewer than all where it removes a parent.
    """

    layer: Layer
    at: Location
    value: Any
    effect: Effect
    depth: int = field(default=0, repr=False)

    @property
    def file(self) -> str:
        """The file that says it, relative to the repository."""
        return self.at.file

    @property
    def line(self) -> int:
        """Its line in the file."""
        return self.at.line


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values of two layers as one. Neither is changed; parts of both are shared."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def merge_all(layers: Iterable[Layer]) -> dict[str, Any]:
    """The values of all layers as one, lowest first."""
    return reduce(merge, (layer.values for layer in layers), {})


def layer_of(document: Document, kind: Kind, *, below: KeyPath = (), secret: bool = False) -> Layer:
    """The layer that a document holds, at `below` in it."""
    values = lookup(document.data, below)

    def locate(path: KeyPath) -> Location:
        return Location(document.file, document.line_of((*below, *path)))

    return Layer(kind, document.file, values, locate, secret)


def origins(layers: Iterable[Layer], path: KeyPath) -> tuple[Origin, ...]:
    """Every layer that said something about a key, lowest first, and whether it still counts."""
    found: list[Origin] = []
    absent_in_the_end = True
    for layer in layers:
        value, depth = _walk(layer.values, path)
        if value is _ABSENT:
            absent_in_the_end = absent_in_the_end or _starts_anew(found, depth)
            continue
        absent_in_the_end = False
        shown = None if value is _BLOCKED else value
        if not (found and isinstance(shown, dict) and isinstance(found[-1].value, dict)):
            found = overridden(found)
        found.append(Origin(layer, layer.locate(path[:depth]), shown, "counts", depth))
    return merged_parts(overridden(found) if absent_in_the_end else found)


def _starts_anew(found: list[Origin], depth: int) -> bool:
    """Whether a map that lacks the key stands where a lower layer had removed the key's parent."""
    return bool(found) and found[-1].value is None and found[-1].depth <= depth


def overridden(found: Iterable[Origin]) -> list[Origin]:
    """The same origins, none of which counts."""
    return [replace(each, effect="overridden") for each in found]


def lookup(values: Any, path: KeyPath) -> Any:
    """What is at a path; KeyError when nothing is."""
    value, _ = _walk(values, path)
    if value is _ABSENT or value is _BLOCKED:
        raise KeyError(dotted(path))
    return value


def leaves(values: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is no map, and every empty map, with its path. Lists are values."""
    if not isinstance(values, dict) or not values:
        yield path, values
        return
    for key, value in values.items():
        yield from leaves(value, (*path, key))


def _walk(values: Any, path: KeyPath) -> tuple[Any, int]:
    """The value at a path and how many steps were gone; _BLOCKED where a parent is no map (which removes it)."""
    for depth, part in enumerate(path):
        if isinstance(values, dict):
            if part not in values:
                return _ABSENT, depth
            values = values[part]
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return _BLOCKED, depth
    return values, len(path)


def merged_parts(found: Sequence[Origin]) -> tuple[Origin, ...]:
    """Maps that count together are `merged`: each may have parts of the result."""
    together = [each for each in found if each.effect != "overridden"]
    if len(together) < 2:  # noqa: PLR2004  (one alone is the value)
        return tuple(found)
    return tuple(replace(each, effect="merged") if each.effect == "counts" else each for each in found)
