"""What GKE's API says, as our words. Pure: messages in, dataclasses out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hubfleet.clouds import numbers
from hubfleet.clouds.interface import Operation, OperationState, Pool
from hubfleet.clouds.kubeconfig import Endpoint
from hubfleet.errors import HubfleetError

USER_LABEL = ("hub.jupyter.org/node-purpose", "user")
_KINDS = {
    "UPGRADE_MASTER": "upgrade control plane",
    "UPGRADE_NODES": "upgrade pool",
    "AUTO_UPGRADE_NODES": "upgrade pool",
    "SET_NODE_POOL_SIZE": "resize pool",
}


def endpoint(cluster: Any) -> Endpoint:
    """Where the API is: the DNS name where it is open to outside (its certificate is public), else the address.

    Raises:
        HubfleetError: the cluster has none yet.
    """
    dns = cluster.control_plane_endpoints_config.dns_endpoint_config
    if dns.endpoint and dns.allow_external_traffic:
        return Endpoint(f"https://{dns.endpoint}")
    if not cluster.endpoint:
        raise HubfleetError("the cluster has no API yet", where=cluster.name, evidence=cluster.status.name)
    return Endpoint(f"https://{cluster.endpoint}", cluster.master_auth.cluster_ca_certificate)


def pool(found: Any) -> Pool:
    """A node pool. GKE counts its bounds by zone, unless it has bounds in all; we count in all."""
    scaling = found.autoscaling
    zones = max(len(found.locations), 1)
    bounds: tuple[int | None, int | None] = (None, None)
    if scaling.enabled and scaling.total_max_node_count:
        bounds = (scaling.total_min_node_count, scaling.total_max_node_count)
    elif scaling.enabled:
        bounds = (scaling.min_node_count * zones, scaling.max_node_count * zones)
    label, value = USER_LABEL
    user = found.config.labels.get(label) == value
    size = None if scaling.enabled else found.initial_node_count * zones
    return Pool(found.name, found.version, size, *bounds, found.config.machine_type, user)


def offered(config: Any, channel: Any) -> tuple[str, ...]:
    """The versions that a control plane of this channel may have."""
    for each in config.channels:
        if channel and each.channel == channel:
            return tuple(each.valid_versions)
    return tuple(config.valid_master_versions)


def operation(found: Any) -> Operation:
    """An operation; `done` only when it ended without an error."""
    kind = found.operation_type.name
    error = found.error.message or (f"code {found.error.code}" if found.error.code else "") or found.status_message
    state: OperationState = "running"
    if found.status.name == "DONE":
        state = "failed" if error else "done"
    words = error if state == "failed" else (progress(found.progress) or found.detail)
    started = datetime.fromisoformat(found.start_time) if found.start_time else None
    name = _KINDS.get(kind, kind.replace("_", " ").lower())
    return Operation(found.name, name, found.target_link.rpartition("/")[2], state, words, started)


def progress(found: Any) -> str:
    """Such as `NODES_COMPLETE 3, NODES_TOTAL 10`, from the metrics of the operation and its stages."""
    metrics = [metric for each in (found, *found.stages) for metric in each.metrics]
    return ", ".join(f"{each.name} {each.int_value or each.double_value or each.string_value or 0}" for each in metrics)


def day(timestamp: str) -> date | None:
    """The day of a timestamp of the API; None where it says nothing."""
    return datetime.fromisoformat(timestamp).date() if timestamp else None


def available(config: Any, cluster: Any) -> tuple[str, ...]:
    """What the control plane can go to in one step."""
    return numbers.reachable(cluster.current_master_version, offered(config, cluster.release_channel.channel))
