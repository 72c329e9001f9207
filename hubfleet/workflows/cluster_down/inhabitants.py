"""Who and what is still on a cluster: hubs, volumes and load balancers that would be lost or left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubfleet.errors import Refused
from hubfleet.fleet import Cluster
from hubfleet.tools import releases
from hubfleet.tools.kubernetes import Kube
from hubfleet.tools.releases import Release

SUPPORT = "support"
_SHOWN = 20


@dataclass(frozen=True)
class Inhabitants:
    """What was found.

    Args:
        hubs: releases of hubs, and for each the command that takes it down.
        others: other releases, as `namespace/name`; they go with the cluster.
        support: whether the release of the cluster's support is there.
        volumes: claims outside of support, as `namespace/name`: they hold files.
        balancers: services of type LoadBalancer outside of support, as `namespace/name`.
    """

    hubs: Mapping[str, str]
    others: tuple[str, ...] = ()
    support: bool = False
    volumes: tuple[str, ...] = ()
    balancers: tuple[str, ...] = ()


def look(cluster: Cluster, kube: Kube) -> Inhabitants:
    """Ask the cluster. Three calls.

    Raises:
        HubfleetError: it does not answer, or does not let us look.
    """
    claims = kube.list_json("/api/v1/persistentvolumeclaims", "list the volumes")
    services = kube.list_json("/api/v1/services", "list the services")
    return judged(cluster, releases.releases(kube), claims, services)


def judged(
    cluster: Cluster,
    found: Mapping[tuple[str, str], Release],
    claims: list[Mapping[str, Any]],
    services: list[Mapping[str, Any]],
) -> Inhabitants:
    """What the answers mean. Pure."""
    known = {(hub.namespace, hub.release): hub.name for hub in cluster.hubs}
    hubs, others = {}, []
    for (namespace, name), each in sorted(found.items()):
        if (namespace, name) == (SUPPORT, SUPPORT):
            continue
        if (namespace, name) in known:
            hubs[f"{namespace}/{name}"] = f"./inv teardown-hub {cluster.name} {known[namespace, name]}"
        elif each.labels.get("run"):
            hubs[f"{namespace}/{name}"] = (
                f"no file knows it: write it into {cluster.at.file} with `state: retired`, commit, then "
                f"./inv teardown-hub {cluster.name} {name}"
            )
        else:
            others.append(f"{namespace}/{name}")
    balancers = [each for each in services if each.get("spec", {}).get("type") == "LoadBalancer"]
    return Inhabitants(
        hubs, tuple(others), (SUPPORT, SUPPORT) in found, _names(claims), _names(balancers)
    )  # fmt: skip


def refusals(cluster: Cluster, found: Inhabitants) -> list[Refused]:
    """Everything that stands against taking the cluster down."""
    seen = []
    if found.hubs:
        seen.append(Refused(
            f"{len(found.hubs)} hubs are still on {cluster.name}",
            where=cluster.at.file,
            evidence=_lines([f"{name}: {command}" for name, command in found.hubs.items()]),
            next_step="take each of them down first: their files are archived then",
        ))  # fmt: skip
    if found.volumes:
        seen.append(Refused(
            f"{len(found.volumes)} volumes are still on {cluster.name}, and hold files",
            evidence=_lines(list(found.volumes)),
            next_step="archive what is needed, then kubectl delete pvc -n NAMESPACE NAME for each",
        ))  # fmt: skip
    if found.balancers:
        seen.append(Refused(
            f"{len(found.balancers)} load balancers are still on {cluster.name}, and would be left behind",
            evidence=_lines(list(found.balancers)),
            next_step="kubectl delete service -n NAMESPACE NAME for each",
        ))  # fmt: skip
    return seen


def _names(items: list[Mapping[str, Any]]) -> tuple[str, ...]:
    found = (each["metadata"] for each in items)
    return tuple(sorted(f"{each['namespace']}/{each['name']}" for each in found if each["namespace"] != SUPPORT))


def _lines(lines: list[str]) -> str:
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join(lines[:_SHOWN] + more)
