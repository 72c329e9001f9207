"""Why a value is what it is: every layer that set it, with file and line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubfleet.errors import WrongUsage
from hubfleet.fleet.defaults import JUPYTERHUB
from hubfleet.fleet.keypath import dotted, parse
from hubfleet.fleet.layers import (
    Origin,
    leaves,
    lookup,
    merge,
    merge_all,
    merged_parts,
    origins,
    overridden,
)
from hubfleet.fleet.names import did_you_mean, nearest
from hubfleet.masking import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.layers import Layer
    from hubfleet.fleet.resolve import Resolved


@dataclass(frozen=True)
class Explained:
    """One key of a hub.

    Args:
        path: the whole path, `jupyterhub` included.
        value: what helm works with; None where it is null or removed. Secrets are hidden.
        origins: lowest first, the charts' defaults among them.
    """

    path: KeyPath
    value: Any
    origins: tuple[Origin, ...]

    @property
    def key(self) -> str:
        """The path as text."""
        return dotted(self.path)


def explain(resolved: Resolved, charts: Sequence[Layer], key: str) -> Explained:
    """Explain one key.

    Args:
        resolved: the hub's values.
        charts: the charts' defaults, lowest first.
        key: such as `jupyterhub.singleuser.memory.limit`; `jupyterhub.` may be left out.

    Raises:
        WrongUsage: no layer says anything about the key.
    """
    path = parse(key)
    for wanted in (path, (JUPYTERHUB, *path)):
        found = _origins(resolved, charts, wanted)
        if found:
            return Explained(wanted, _value(found), found)
    raise WrongUsage(
        f"no layer sets {key}, nor do the charts",
        next_step=_meant(key, [*charts, *resolved.layers]) or "./inv explain-hub without --key lists what is set",
    )


def explain_all(resolved: Resolved) -> Iterator[Explained]:
    """Every value that a layer of the hub sets, in the order of keys. The charts' defaults are left out."""
    for path, _ in sorted(leaves(resolved.values), key=lambda leaf: [str(part) for part in leaf[0]]):
        found = resolved.origins(path)
        yield Explained(path, _value(found), found)


def shown(origin: Origin) -> Any:
    """What an origin said, hidden where it is a secret."""
    return HIDDEN if origin.layer.secret and origin.value is not None else origin.value


def _origins(resolved: Resolved, charts: Sequence[Layer], path: KeyPath) -> tuple[Origin, ...]:
    """The origins in the charts below those in the hub's layers."""
    below = list(origins(charts, path))
    above = list(resolved.origins(path))
    counting = [each for each in above if each.effect != "overridden"]
    both_maps = bool(counting and below) and isinstance(counting[-1].value, dict) and isinstance(below[-1].value, dict)
    if counting and not both_maps:
        below = overridden(below)
    return merged_parts([*below, *above])


def _value(found: Sequence[Origin]) -> Any:
    """What the origins that count say together."""
    counting = [each for each in found if each.effect != "overridden"]
    if not counting:
        return None
    if counting[-1].effect == "counts":
        return _hidden(counting[-1])
    merged: dict[str, Any] = {}
    for each in counting:
        merged = merge(merged, _hidden(each))
    return merged


def _hidden(origin: Origin) -> Any:
    """The value with every secret in it hidden; a map keeps its keys."""
    return _all_hidden(origin.value) if origin.layer.secret else origin.value


def _all_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _all_hidden(each) for key, each in value.items()}
    return value if value is None else HIDDEN


def _meant(key: str, layers: Sequence[Layer]) -> str:
    """The key that was most likely meant: one beside it, else a near one anywhere, else those beside it."""
    values = merge_all(layers)
    path = parse(key)
    beside: set[str] = set()
    for parent in (path[:-1], (JUPYTERHUB, *path[:-1])):
        try:
            there = lookup(values, parent)
        except KeyError:
            continue
        beside |= {dotted((*path[:-1], name)) for name in there} if isinstance(there, dict) else set()
    known = {dotted(leaf[:length]) for leaf, _ in leaves(values) for length in range(1, len(leaf) + 1)}
    near = nearest(key, beside)
    if near is None and not (beside and path[:-1]):
        near = nearest(key, known | {each.removeprefix(f"{JUPYTERHUB}.") for each in known})
    return f"did you mean {near}?" if near else did_you_mean(key, beside)
