"""The inputs of terraform/<provider>, from cluster.yaml. The contract is terraform/README.md. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet import Cluster, Hub
from hubfleet.fleet.model import Homes, NodePool
from hubfleet.fleet.quantities import size
from hubfleet.validation.finding import Finding

PLACE = {
    "gcp": ("project", "location"),
    "aws": ("account", "region"),
    "azure": ("subscription", "resource_group", "location"),
}
_GIB = 1024**3
_TAKEN_OVER = (
    "kubernetes_version", "release_channel", "network", "node_pools", "storage", "registry", "archive", "budget",
    "tags", "addons",
)  # fmt: skip


def inputs(cluster: Cluster, *, protected: bool = True) -> dict[str, Any]:
    """What terraform gets.

    Retired hubs are left out: what is theirs goes, and what holds data only if it is named. Before a cluster is taken
    down they are in, or lifting the protection of a bucket of theirs would destroy it. What cluster.yaml does not say
    is left to the defaults of terraform/<provider>.

    Args:
        cluster: in a cloud.
        protected: deletion_protection; false is applied only before a cluster is taken down.

    Raises:
        InvalidConfiguration: cluster.yaml says too little.
    """
    wanted = cluster.infrastructure
    found: dict[str, Any] = {
        "cluster": cluster.name,
        "kubernetes_name": str(cluster.place["cluster"]),
        "place": place(cluster),
        "deletion_protection": protected,
        "hubs": {
            hub.name: _hub(hub, _own(wanted, hub)) for hub in cluster.hubs if not (protected and hub.state == "retired")
        },
    }
    return found | {name: wanted[name] for name in _TAKEN_OVER if name in wanted}


def place(cluster: Cluster) -> dict[str, str]:
    """The input `place`.

    Raises:
        InvalidConfiguration: on Azure, `infrastructure.location` is missing.
    """
    known = {**cluster.place, **{name: cluster.infrastructure[name] for name in ("location",) if name in
             cluster.infrastructure and cluster.provider == "azure"}}  # fmt: skip
    missing = [name for name in PLACE[cluster.provider] if name not in known]
    if missing:
        message = f"`infrastructure.{missing[0]}` is missing: the region in which Azure makes the cluster"
        finding = Finding(cluster.at.file, cluster.at.line, "infrastructure", message, "such as westeurope", "no-place")
        raise InvalidConfiguration(f"{cluster.name} can not be made from its files", findings=[finding])
    return {name: str(known[name]) for name in PLACE[cluster.provider]}


def owner(cluster: Cluster) -> str:
    """Whose the cluster is: its project, account or subscription."""
    return str(cluster.place[PLACE[cluster.provider][0]])


def text(found: Mapping[str, Any]) -> str:
    """As a tfvars.json, the same for the same inputs."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _own(wanted: Mapping[str, Any], hub: Hub) -> Mapping[str, Any]:
    found: Mapping[str, Any] = wanted.get("hubs", {}).get(hub.name, {})
    return found


def _hub(hub: Hub, own: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "community": hub.community.name or hub.display_name,
        "use_case": hub.use_case,
        "namespace": hub.namespace,
        "homes": _homes(hub.homes, int(own.get("size_gb", 0))),
    }
    if hub.node_pool:
        found["node_pool"] = _pool(hub.node_pool)
    return found | {name: own[name] for name in ("scratch_buckets", "read_buckets") if name in own}


def _homes(homes: Homes, size_gb: int) -> dict[str, Any]:
    """Homes that are another hub's need nothing of their own."""
    if homes.shared_with:
        return {"kind": "none"}
    return {"kind": homes.kind, "quota_gb": gibibytes(homes.quota) if homes.quota else 0, "size_gb": size_gb}


def _pool(pool: NodePool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "machine_type": pool.machine_type, "min": pool.min, "max": pool.max, "spot": pool.spot,
    }  # fmt: skip
    if pool.disk:
        found["disk_gb"] = gibibytes(pool.disk)
    if pool.gpu_type:
        found["gpu"] = {"type": pool.gpu_type, "count": pool.gpu_count}
    return found


def gibibytes(amount: str) -> int:
    """Whole gibibytes that hold the amount."""
    return math.ceil(size(amount) / _GIB)
