"""A hub's own file server, as values of the chart jupyterhub-home-nfs, and the address that it answers at.

The server runs in the hub's namespace on the hub's own disk. kubelets mount it from the nodes' network, where names of
the cluster are not resolved in general, so that it has an address that is known from files: homes.server.
Keys are those of https://github.com/2i2c-org/jupyterhub-home-nfs, 1.2.0; what is the same for all hubs is in
helm/basehub/values.yaml.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from hubfleet.fleet.quantities import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.made import Made
    from hubfleet.fleet.model import Cluster, Disk, Hub, Location

CHART = "jupyterhub-home-nfs"
CLAIM = "home-nfs"  # the chart's claim of the disk, and the name of its Deployment
EXPORT = "/"
CLOUDS = {"gcp": "gke", "aws": "eks", "azure": "azure"}  # azure: helm/basehub makes the volume, the chart knows none

_CORE = {"hub.jupyter.org/node-purpose": "core"}
_ZONE = "topology.kubernetes.io/zone"
_NO_ZONE = ("", "none")
_GIB = 1024**3
_KEPT_FOR_KUBERNETES = 16  # by convention the API is the first address and the DNS the tenth


def disk_of(cluster: Cluster, hub: Hub) -> Disk | None:
    """The disk of a hub's homes as outputs.yaml has it; None where it has none, or no cloud that we know."""
    found = cluster.outputs.hubs.get(hub.name)
    return found.disk if found and cluster.provider in CLOUDS else None


def disk_is_wanted(cluster: Cluster, hub: Hub) -> bool:
    """Whether infra-apply makes a disk for this hub: the rule of terraform/README.md."""
    storage = cluster.infrastructure.get("storage", {})
    own = cluster.infrastructure.get("hubs", {}).get(hub.name, {})
    return cluster.provider in CLOUDS and (own.get("size_gb", 0) > 0 or storage.get("kind") == "disk")


def put_home_server(made: Made, cluster: Cluster, hub: Hub, disk: Disk, places: tuple[Location, Location]) -> None:
    """Turn the hub's file server on.

    The disk's size is left out: Kubernetes refuses another one later, and the server finds out by itself.

    Args:
        made: the layer in the making.
        cluster: the hub's cluster.
        hub: the hub.
        disk: of its homes.
        places: where the hub's homes are written, and where its disk is.
    """
    at, disk_at = places
    made.put(f"{CHART}.enabled", True, at)
    cloud = CLOUDS[cluster.provider]
    made.put(f"{CHART}.{cloud}.enabled", True, disk_at)
    made.put(f"{CHART}.{cloud}.volumeId", disk.id, disk_at)
    made.put(f"{CHART}.quotaEnforcer.config.QuotaManager.hard_quota", _gibibytes(hub.homes.quota), at)
    zone = {} if disk.zone in _NO_ZONE else {_ZONE: disk.zone}
    made.put(f"{CHART}.nodeSelector", {**_CORE, **zone}, disk_at)


def static_addresses(services: str) -> Iterator[str]:
    """Addresses of services that Kubernetes gives to nobody by itself while it has others, lowest first.

    https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation

    Args:
        services: the range, such as `10.64.32.0/19`.
    """
    network = IPv4Network(services, strict=False)
    last = min(max(16, network.num_addresses // 16), 256)
    for offset in range(_KEPT_FOR_KUBERNETES, min(last + 1, network.num_addresses - 1)):
        yield str(network[offset])


def free_address(cluster: Cluster) -> str:
    """An address for one more file server; empty where the services' range is not known, or none is free."""
    services = cluster.outputs.services_range
    taken = {hub.homes.server for hub in cluster.hubs}
    return next((each for each in static_addresses(services) if each not in taken), "") if services else ""


def address(text: str) -> IPv4Address | None:
    """The text as an address; None where it is none."""
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def _gibibytes(quota: str) -> float:
    """A quota as the chart has it; 0 is no limit."""
    amount = size(quota) / _GIB if quota else 0.0
    return int(amount) if amount == int(amount) else amount
