"""What EKS's API says, as our words. Pure: answers in, dataclasses out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hubfleet.clouds import numbers
from hubfleet.clouds.interface import Operation, OperationState, Pool
from hubfleet.clouds.kubeconfig import Endpoint
from hubfleet.errors import HubfleetError

_STATES: dict[str, OperationState] = {"InProgress": "running", "Successful": "done"}  # Failed, Cancelled: failed


def endpoint(cluster: Mapping[str, Any]) -> Endpoint:
    """Where the API is.

    Raises:
        HubfleetError: the cluster has none yet.
    """
    if not cluster.get("endpoint"):
        raise HubfleetError("the cluster has no API yet", where=cluster["name"], evidence=cluster.get("status", ""))
    return Endpoint(str(cluster["endpoint"]), str(cluster.get("certificateAuthority", {}).get("data", "")))


def pool(group: Mapping[str, Any]) -> Pool:
    """A managed node group."""
    scaling = group.get("scalingConfig", {})
    user = group.get("labels", {}).get("hub.jupyter.org/node-purpose") == "user"
    machines = ", ".join(group.get("instanceTypes", ()))
    bounds = scaling.get("desiredSize"), scaling.get("minSize"), scaling.get("maxSize")
    return Pool(str(group["nodegroupName"]), str(group["version"]), *bounds, machines, user)


def version(each: Mapping[str, Any]) -> tuple[str, date | None]:
    """A version that EKS has or had, and the last day of its standard support."""
    ends = each.get("endOfStandardSupportDate")
    return str(each["clusterVersion"]), ends.date() if ends else None


def available(current: str, known: Sequence[tuple[str, date | None]]) -> tuple[str, ...]:
    """What the control plane can go to in one step."""
    return numbers.reachable(current, tuple(name for name, _ in known))


def end_of_support(current: str, known: Sequence[tuple[str, date | None]]) -> date | None:
    """The last day of standard support of the current version, if EKS says."""
    return dict(known).get(minor(current))


def operation(update: Mapping[str, Any], cluster: str, pool: str) -> Operation:
    """An update of the cluster, or of a node group of it."""
    state = _STATES.get(str(update["status"]), "failed")
    words = "; ".join(f"{each.get('errorCode', '')}: {each.get('errorMessage', '')}" for each in update["errors"])
    if not words:
        words = ", ".join(f"{each['type']} {each['value']}" for each in update.get("params", ()))
    kind = {
        ("VersionUpdate", True): "upgrade pool",
        ("VersionUpdate", False): "upgrade control plane",
        ("ConfigUpdate", True): "resize pool",
    }.get((str(update["type"]), bool(pool)), str(update["type"]))
    identity = f"{pool}/{update['id']}" if pool else str(update["id"])
    return Operation(identity, kind, pool or cluster, state, words, update.get("createdAt"))


def minor(version: str) -> str:
    """`1.34` of `1.34.2-eks.3`."""
    return ".".join(str(part) for part in numbers.minor(version))
