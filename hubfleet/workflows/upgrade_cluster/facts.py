"""What is looked at before a cluster is upgraded. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubfleet.clouds.interface import Cloud, Operation, Versions
from hubfleet.tools import releases
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.upgrade_cluster.removed import Object, objects

_SERVERS = "component=singleuser-server"


@dataclass(frozen=True)
class ReleaseFacts:
    """A helm release as it is deployed.

    Args:
        status: helm's word.
        chart: name and version.
        kube_version: the chart's `kubeVersion`; empty: it says nothing.
        objects: what it is made of.
    """

    namespace: str
    name: str
    status: str
    chart: str = ""
    kube_version: str = ""
    objects: tuple[Object, ...] = ()


@dataclass(frozen=True)
class Budget:
    """A disruption budget: how many of its pods may leave now, of how many there are."""

    namespace: str
    name: str
    allowed: int
    pods: int


@dataclass(frozen=True)
class Facts:
    """A cluster before its upgrade.

    Args:
        running: what the cloud does on it at this moment.
        servers: users' servers that run, by namespace.
    """

    versions: Versions
    running: tuple[Operation, ...] = ()
    releases: tuple[ReleaseFacts, ...] = ()
    budgets: tuple[Budget, ...] = ()
    servers: Mapping[str, int] = field(default_factory=dict)


def look(cloud: Cloud, kube: Kube) -> Facts:
    """Everything that decides whether and how.

    Raises:
        HubfleetError: cloud or cluster can not be asked: then nothing may be begun.
    """
    listed = kube.list_json("/apis/policy/v1/poddisruptionbudgets", "list the disruption budgets")
    return Facts(
        cloud.versions(),
        cloud.running_operations(),
        tuple(_release(kube, each) for _, each in sorted(releases.releases(kube).items())),
        tuple(_budget(each) for each in listed),
        servers(kube.list_json("/api/v1/pods", "list users' servers", labelSelector=_SERVERS)),
    )


def servers(pods: list[dict[str, Any]]) -> dict[str, int]:
    """Users' servers that run or start, by namespace."""
    counted: dict[str, int] = {}
    for each in pods:
        if each["status"].get("phase") not in ("Succeeded", "Failed"):
            namespace = each["metadata"]["namespace"]
            counted[namespace] = counted.get(namespace, 0) + 1
    return counted


def _release(kube: Kube, found: releases.Release) -> ReleaseFacts:
    stored = releases.content(kube, found.namespace, found.name, found.revision)
    about = (stored.get("chart") or {}).get("metadata") or {}
    return ReleaseFacts(
        found.namespace,
        found.name,
        found.status,
        f"{about.get('name', '')} {about.get('version', '')}".strip(),
        str(about.get("kubeVersion") or ""),
        objects(str(stored.get("manifest", ""))),
    )


def _budget(item: Mapping[str, Any]) -> Budget:
    about, status = item["metadata"], item.get("status") or {}
    allowed, pods = int(status.get("disruptionsAllowed") or 0), int(status.get("expectedPods") or 0)
    return Budget(about["namespace"], about["name"], allowed, pods)
