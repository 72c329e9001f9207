"""Where people find a hub: its domain, and on this machine a port, its own or the ingress's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.fleet.support import ingress_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubfleet.fleet.model import Cluster, Hub


def own_port(values: Mapping[str, Any]) -> int:
    """The port of the node that the hub's values ask for; 0: none, people come through the cluster's ingress."""
    service = values.get("jupyterhub", {}).get("proxy", {}).get("service", {})
    return int(service.get("nodePorts", {}).get("http") or 0)


def url(cluster: Cluster, hub: Hub, values: Mapping[str, Any]) -> str:
    """The address that people open.

    Args:
        cluster: where the hub is.
        hub: which one.
        values: its merged values; empty where they can not be had: then as if they asked for no port.
    """
    if cluster.provider == "local":
        return f"http://{hub.domain}:{own_port(values) or ingress_port(cluster)}/"
    return f"https://{hub.domain}/"
