"""Which Kubernetes runs where, until when it is supported, and what it could become. Clusters in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hubfleet import clouds
from hubfleet.clouds.interface import Pool, Versions
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster, load_fleet
from hubfleet.fleet.select import select_clusters, unread
from hubfleet.tools.kubernetes import Kube
from hubfleet.tools.nodes import POOL_LABELS

_PARALLEL_CLUSTERS = 8


@dataclass(frozen=True)
class ClusterVersions:
    """One cluster as it is.

    Args:
        versions: None where the cluster could not be looked at.
        note: why not, in one line; `next_step`: what helps.
    """

    cluster: str
    provider: str
    versions: Versions | None
    note: str = ""
    next_step: str = ""

    def as_data(self) -> dict[str, Any]:
        """As schemas/versions.schema.yaml describes it."""
        found = self.versions or Versions("", ())
        pools = [
            {"name": each.name, "version": each.version, "size": each.size, "smallest": each.smallest,
             "largest": each.largest, "machine_type": each.machine_type, "user": each.user}
            for each in found.pools
        ]  # fmt: skip
        return {
            "cluster": self.cluster, "provider": self.provider, "reachable": self.versions is not None,
            "control_plane": found.control_plane, "channel": found.channel, "pools": pools,
            "available": list(found.available), "end_of_support": _iso(found.end_of_support),
            "note": self.note, "next_step": self.next_step,
        }  # fmt: skip


def versions(root: Path, selection: Sequence[str]) -> list[ClusterVersions]:
    """The versions of the clusters that were selected, in the order of the files. An unreachable one is a row too.

    Raises:
        WrongUsage: the selection names what does not exist. InvalidConfiguration: the files are wrong.
    """
    fleet = load_fleet(root)
    with ThreadPoolExecutor(max_workers=_PARALLEL_CLUSTERS) as pool:
        found = list(pool.map(_look, select_clusters(fleet, list(selection))))
    return found + [
        ClusterVersions(name, "unknown", None, "its files are wrong", f"./inv validate -s {name}")
        for name in unread(fleet, selection)
    ]


def _look(cluster: Cluster) -> ClusterVersions:
    try:
        return ClusterVersions(cluster.name, cluster.provider, _versions(cluster))
    except HubfleetError as trouble:
        return ClusterVersions(cluster.name, cluster.provider, None, trouble.what, trouble.next_step)


def _versions(cluster: Cluster) -> Versions:
    if cluster.provider in ("local", "kubeconfig"):
        return from_kubernetes(clouds.access(cluster).kube)
    return clouds.cloud(cluster).versions()


def from_kubernetes(kube: Kube) -> Versions:
    """What a cluster's own API says: nobody there knows what could be had, or until when it is supported."""
    nodes = kube.list_json("/api/v1/nodes", "list the nodes")
    return Versions(kube.version().removeprefix("v"), pools_of(nodes))


def pools_of(nodes: Sequence[dict[str, Any]]) -> tuple[Pool, ...]:
    """Nodes by pool and version: a pool whose nodes differ, in the middle of an upgrade, is told once for each."""
    counted: dict[tuple[str, str, bool], int] = {}
    for node in nodes:
        labels = node["metadata"].get("labels") or {}
        name = next((labels[label] for label in POOL_LABELS if label in labels), "nodes")
        user = labels.get("hub.jupyter.org/node-purpose") == "user"
        key = (name, node["status"]["nodeInfo"]["kubeletVersion"].removeprefix("v"), user)
        counted[key] = counted.get(key, 0) + 1
    return tuple(Pool(name, version, size, user=user) for (name, version, user), size in sorted(counted.items()))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
