"""Which part of the fleet a person asked about, also where some of it can not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubfleet.fleet.select import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubfleet.fleet.load import Reading
    from hubfleet.fleet.model import Cluster, Hub
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import Tree

_HUB = re.compile(r"hubs\[(\d+)\]")


@dataclass(frozen=True)
class Scope:
    """What is looked at.

    Args:
        hubs: the chosen hubs, of those that could be read.
        words: what was asked for; none: everything.
        whole: the clusters that are meant as a whole, also those without hubs.
        places: positions of the chosen hubs in their cluster.yaml, by its name.
        files: files of the chosen hubs.
    """

    hubs: tuple[tuple[Cluster, Hub], ...]
    words: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()
    files: frozenset[str] = frozenset()

    def has(self, finding: Finding) -> bool:
        """Whether a finding is about what was asked for. fleet.yaml and the charts are everybody's."""
        if not self.words or not finding.file.startswith("clusters/"):
            return True
        cluster = finding.file.split("/")[1]
        if cluster in self.whole or finding.file in self.files:
            return True
        if not finding.file.endswith("/cluster.yaml") or not any(name == cluster for name, _ in self.places):
            return False
        place = _HUB.match(finding.path)
        return place is None or (cluster, int(place[1])) in self.places


def scope_of(tree: Tree, reading: Reading, words: Sequence[str]) -> Scope:
    """What the words mean.

    Raises:
        WrongUsage: an unknown name, property or value.
    """
    if reading.fleet is None:
        return Scope(())
    readable = {cluster.name for cluster in reading.fleet.clusters}
    present = {folder.name for folder in tree.folders}
    broken = {word.partition("/")[0] for word in words} & (present - readable)
    rest = [word for word in words if word.partition("/")[0] not in broken]
    chosen = select(reading.fleet, rest) if rest or not words else []
    names = {word for word in words if word in readable} if words else readable
    files = {_name(tree, path) for cluster, hub in chosen for path in _files(cluster, hub)}
    places = {(cluster.name, cluster.hubs.index(hub)) for cluster, hub in chosen}
    return Scope(tuple(chosen), tuple(words), frozenset(broken | names), frozenset(places), frozenset(files))


def _files(cluster: Cluster, hub: Hub) -> list[object]:
    own = [*hub.values, *hub.secrets, hub.community_file, hub.override_file]
    shared = [cluster.common_values, *cluster.secrets, cluster.folder / "outputs.yaml"]
    return [path for path in (*own, *shared) if path]


def _name(tree: Tree, path: object) -> str:
    return str(path).removeprefix(f"{tree.root}/")
