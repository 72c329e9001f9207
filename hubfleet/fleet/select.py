"""Which hubs a command is about: `gcp-west`, `gcp-west/college`, `stage=staging`."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hubfleet.errors import WrongUsage
from hubfleet.fleet.model import State
from hubfleet.fleet.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubfleet.fleet.model import Cluster, Fleet, Hub

Target = tuple["Cluster", "Hub"]

_PROPERTIES: dict[str, Callable[[Hub], str]] = {
    "stage": lambda hub: hub.stage,
    "use-case": lambda hub: hub.use_case,
    "state": lambda hub: hub.state,
    "access": lambda hub: hub.access,
    "community": lambda hub: hub.community.type,
}


def select(fleet: Fleet, words: Sequence[str]) -> list[Target]:
    """The hubs that the words name, in the order of the files.

    Names (CLUSTER, CLUSTER/HUB) add up. A property narrows what the names gave, or the whole fleet;
    the same property twice means either value. No words: all hubs.

    Raises:
        WrongUsage: an unknown name, property or value.
    """
    names = [word for word in words if "=" not in word]
    chosen = {id(hub) for name in names for hub in _named(fleet, name)}
    targets = [(cluster, hub) for cluster in fleet.clusters for hub in cluster.hubs if not names or id(hub) in chosen]
    for name, values in _properties(fleet, words).items():
        targets = [(cluster, hub) for cluster, hub in targets if _PROPERTIES[name](hub) in values]
    return targets


def select_clusters(fleet: Fleet, words: Sequence[str]) -> list[Cluster]:
    """The clusters that the words name, in the order of the files, also those without hubs. No words: all.

    Raises:
        WrongUsage: an unknown name, property or value.
    """
    chosen = {cluster.name for cluster, _ in select(fleet, words)}
    if not any("=" in word for word in words):
        chosen |= {word.partition("/")[0] for word in words} or {cluster.name for cluster in fleet.clusters}
    return [cluster for cluster in fleet.clusters if cluster.name in chosen]


def unread(fleet: Fleet, words: Sequence[str]) -> list[str]:
    """The clusters that the words mean as well, perhaps, and whose files are wrong: none where they are names."""
    return sorted(fleet.unread) if all("=" in word for word in words) else []


def _named(fleet: Fleet, name: str) -> tuple[Hub, ...]:
    cluster, slash, hub = name.partition("/")
    if not slash:
        _refuse_bare_hub(fleet, name)
    found = fleet.cluster(cluster)
    return (found.hub(hub),) if slash else found.hubs


def _refuse_bare_hub(fleet: Fleet, name: str) -> None:
    """Names of hubs repeat from cluster to cluster: which one is meant has to be said, also while there is one only."""
    clusters = [cluster.name for cluster in fleet.clusters]
    meant = [f"{cluster.name}/{name}" for cluster in fleet.clusters if any(hub.name == name for hub in cluster.hubs)]
    if meant and name not in clusters and name not in fleet.unread:
        raise WrongUsage(f"{name} is a hub, and no cluster", next_step=f"did you mean {' or '.join(meant)}?")


def _properties(fleet: Fleet, words: Sequence[str]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            continue
        if name not in _PROPERTIES:
            raise WrongUsage(f"hubs have no property {name}", where=word, next_step=did_you_mean(name, _PROPERTIES))
        known = _values(fleet, name)
        if value not in known:
            raise WrongUsage(f"no {name} is called {value}", where=word, next_step=did_you_mean(value, known))
        wanted.setdefault(name, set()).add(value)
    return wanted


def _values(fleet: Fleet, name: str) -> set[str]:
    """What a property can be: what some hub has, and what any hub could have."""
    declared = {"stage": fleet.settings.stages, "state": get_args(State)}.get(name, ())
    return {_PROPERTIES[name](hub) for cluster in fleet.clusters for hub in cluster.hubs} | set(declared)
