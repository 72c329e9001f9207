"""Addresses of the hubs' own file servers: homes of kind nfs that name no path."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from hubfleet.fleet.home_server import address, static_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import ClusterFolder, HubEntry, Tree

_SERVER = ("homes", "server")


def home_server_address(tree: Tree) -> Iterator[Finding]:
    """A hub's own file server has an address of the cluster's services, one that Kubernetes gives to no other."""
    for hub in tree.hubs:
        server = _own_server(hub)
        if not server or hub.retired:
            continue
        found, services = address(server), _services(tree, hub.cluster)
        if found is None:
            message = f"the hub's own file server needs an address, and {server} is none"
            yield hub.finding(_SERVER, message, _free(services) or "a free address of the cluster's services")
        elif services and found not in services:
            message = f"{server} is not one of the cluster's services: they are in {services}"
            yield hub.finding(_SERVER, message, _free(services))
        elif services and server not in static_addresses(str(services)):
            message = f"Kubernetes may give {server} to another service"
            yield hub.finding(_SERVER, message, _free(services), warning=True)


def home_server_shared(tree: Tree) -> Iterator[Finding]:
    """The address of a hub's own file server is no other hub's."""
    for cluster in tree.clusters:
        users = defaultdict(list)
        for hub in cluster.hubs:
            users[hub.mapping("homes").get("server")].append(hub)
        for hub in (each for each in cluster.hubs if _own_server(each) and not each.retired):
            earlier = [each for each in users[_own_server(hub)] if each.index < hub.index or not _own_server(each)]
            if earlier:
                hint = f"choose another, or share the homes: {{shared-with: {earlier[0].name}}}"
                yield hub.finding(_SERVER, f"this is the address of the homes of {earlier[0].name}", hint)


def _own_server(hub: HubEntry) -> str:
    homes = hub.mapping("homes")
    server = homes.get("server")
    return server if homes.get("kind") == "nfs" and "path" not in homes and isinstance(server, str) else ""


def _services(tree: Tree, cluster: ClusterFolder) -> IPv4Network | None:
    """The range of the cluster's services, if outputs.yaml knows it."""
    outputs = tree.documents.get(tree.name(cluster.path / "outputs.yaml"))
    found = outputs.data.get("services_range") if outputs and isinstance(outputs.data, dict) else None
    try:
        return IPv4Network(found) if isinstance(found, str) else None
    except ValueError:
        return None


def _free(services: IPv4Network | None) -> str:
    """Where free addresses are, for a hint."""
    found = list(static_addresses(str(services))) if services else []
    return f"choose a free one from {found[0]} to {found[-1]}" if found else ""
