"""What AKS's API says, as our words. Pure: models in, dataclasses out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import yaml

from hubfleet.clouds import numbers
from hubfleet.clouds.interface import Operation, OperationState, Pool
from hubfleet.clouds.kubeconfig import Endpoint
from hubfleet.errors import HubfleetError

_USER_LABEL = ("hub.jupyter.org/node-purpose", "user")
# Last days of support, for which AKS has no API. From the table "AKS Kubernetes release calendar" of
# https://learn.microsoft.com/azure/aks/supported-kubernetes-versions as of 2024-10-30; it names months, this is each
# one's last day. What is not here is told as unknown.
END_OF_SUPPORT: Mapping[tuple[int, ...], date] = {
    (1, 28): date(2025, 1, 31),
    (1, 29): date(2025, 3, 31),
    (1, 30): date(2025, 7, 31),
    (1, 31): date(2025, 11, 30),
    (1, 32): date(2026, 3, 31),
}
_ENDED: Mapping[str, OperationState] = {"Succeeded": "done", "Failed": "failed", "Canceled": "failed"}


def endpoint(kubeconfig: bytes) -> Endpoint:
    """Where the API is, out of the kubeconfig that AKS gives; its user is left behind.

    Raises:
        HubfleetError: it is no kubeconfig.
    """
    try:
        found = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]
        return Endpoint(str(found["server"]), str(found.get("certificate-authority-data", "")))
    except (yaml.YAMLError, KeyError, IndexError, TypeError) as trouble:
        raise HubfleetError("AKS gave no kubeconfig that can be read", evidence=type(trouble).__name__) from trouble


def pool(found: Any) -> Pool:
    """A node pool."""
    label, value = _USER_LABEL
    bounds = (found.min_count, found.max_count) if found.enable_auto_scaling else (None, None)
    user = (found.node_labels or {}).get(label) == value
    version = str(found.current_orchestrator_version or found.orchestrator_version or "")
    return Pool(str(found.name), version, found.count, bounds[0], bounds[1], str(found.vm_size or ""), user)


def available(current: str, profile: Any) -> tuple[str, ...]:
    """What the control plane can go to in one step; previews are left out."""
    offered = tuple(
        str(each.kubernetes_version) for each in (profile.control_plane_profile.upgrades or ()) if not each.is_preview
    )
    return numbers.reachable(current, offered)


def identity(kind: str, target: str, wanted: str) -> str:
    """An operation's id: what it does to what, and what it should lead to. Any machine can look at that again."""
    return "~".join((kind.replace(" ", "-"), target, wanted))


def parsed(identity: str) -> tuple[str, str, str]:
    """Kind, target and wanted of an id.

    Raises:
        HubfleetError: it is none.
    """
    parts = identity.split("~")
    if len(parts) != 3:  # noqa: PLR2004
        raise HubfleetError("this is no operation on AKS", where=identity)
    return parts[0].replace("-", " "), parts[1], parts[2]


def operation(identity: str, provisioning: str, is_now: str, words: str = "") -> Operation:
    """An operation, judged by what it works on.

    AKS has a version or bounds that it says from the first moment on; so the end is told by its `provisioningState`.

    Args:
        identity: see above.
        provisioning: the state of the cluster or pool: `Succeeded`, `Failed`, or what is going on.
        is_now: what the cluster or pool has now of what was wanted.
        words: AKS's own, where it failed.
    """
    kind, target, wanted = parsed(identity)
    state = _ENDED.get(provisioning, "running")
    detail = words or f"{provisioning}, now {is_now}"
    if state == "done" and is_now != wanted:
        state, detail = "failed", f"it ended without an effect: now {is_now}, wanted {wanted}"
    return Operation(identity, kind, target, state, detail)


def bounds(smallest: Any, largest: Any) -> str:
    """A pool's bounds as one word: `0-10`."""
    return f"{smallest}-{largest}"


def under_way(cluster: Any, pools: Iterable[Any]) -> Iterable[Operation]:
    """What AKS does now, by the states of the cluster and its pools; what they have is what they should become."""
    if cluster.provisioning_state not in _ENDED:
        kind, now = "upgrade control plane", str(cluster.kubernetes_version)
        yield operation(identity(kind, str(cluster.name), now), str(cluster.provisioning_state), now)
    for each in pools:
        if each.provisioning_state in _ENDED:
            continue
        now = str(each.orchestrator_version)
        kind, wanted = "upgrade pool", now
        if each.provisioning_state == "Scaling":
            kind, wanted = "resize pool", bounds(each.min_count, each.max_count)
        yield operation(identity(kind, str(each.name), wanted), str(each.provisioning_state), wanted)
