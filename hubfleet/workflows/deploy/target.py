"""What a deploy works on, and everything that it needs to know about it, gathered before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

from hubfleet import charts, clouds, images, paths
from hubfleet.charts import PackagedChart
from hubfleet.clouds import Access
from hubfleet.fleet import Cluster, Fleet, Hub, address, load_fleet
from hubfleet.fleet.resolve import Resolved, SecretReader, resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.toolchain import tool
from hubfleet.tools import sops
from hubfleet.tools.helm import Helm
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.deploy.digest import intent_digest
from hubfleet.workflows.deploy.shown import secret_paths
from hubfleet.workflows.deploy.watch import SERVING_HOMES, SERVING_HUB


class Installation(Protocol):
    """One helm release that files declare: a hub, or a cluster's support."""

    @property
    def subject(self) -> str:
        """What people call it: `cluster/name`."""

    @property
    def namespace(self) -> str:
        """Where it lives."""

    @property
    def release(self) -> str:
        """The helm release's name."""

    @property
    def command(self) -> str:
        """The task that brings it to what its files say."""

    @property
    def serving(self) -> tuple[str, ...]:
        """Select what has to run before it serves; an empty one: everything in its namespace."""

    @property
    def chart(self) -> PackagedChart:
        """Its chart, packaged."""

    @property
    def kube(self) -> Kube:
        """The cluster's API."""

    @property
    def helm(self) -> Helm:
        """helm, for this cluster only."""

    @property
    def digest(self) -> str:
        """What the files ask for, as a label."""

    @property
    def hidden_paths(self) -> frozenset[tuple[str, ...]]:
        """Where secret files set values: these are never shown."""

    @property
    def url(self) -> str:
        """Where people find it."""

    def values(self) -> Mapping[str, Any]:
        """The values, secrets among them."""

    def place_of(self, key: str) -> str:
        """`file:line` of what sets a key of the JupyterHub chart; empty: no file does."""


@dataclass(frozen=True)
class Target:
    """A hub in its cluster, with its chart.

    Args:
        root: the repository.
        chart: packaged, in the cache.
    """

    root: Path
    fleet: Fleet
    cluster: Cluster
    hub: Hub
    access: Access
    chart: PackagedChart

    @property
    def subject(self) -> str:
        """What people call it: `cluster/hub`."""
        return f"{self.cluster.name}/{self.hub.name}"

    @property
    def namespace(self) -> str:
        """Where the hub lives."""
        return self.hub.namespace

    @property
    def release(self) -> str:
        """The helm release's name."""
        return self.hub.release

    @property
    def command(self) -> str:
        """The task that brings it to what its files say."""
        return f"./inv deploy-hub {self.cluster.name} {self.hub.name}"

    @property
    def serving(self) -> tuple[str, ...]:
        """Select what serves users: neither pullers nor placeholders, but the server of their homes."""
        return (*SERVING_HUB, *SERVING_HOMES) if self.hub.home_server else SERVING_HUB

    @cached_property
    def kube(self) -> Kube:
        """The cluster's API."""
        return self.access.kube

    @cached_property
    def helm(self) -> Helm:
        """helm, for this cluster only."""
        return Helm(tool("helm", self.root), self.access)

    @cached_property
    def plain(self) -> Resolved:
        """The values with placeholders for secrets: needs no key."""
        return self._resolved(placeholders)

    @cached_property
    def digest(self) -> str:
        """What the files ask for, as a label."""
        return intent_digest(self.plain.digest_material, self.chart.digest)

    def values(self) -> Mapping[str, Any]:
        """The values with secrets decrypted in memory; hidden from every output from then on."""
        if not self.plain.encrypted:
            return self.plain.values
        return self._resolved(partial(sops.decrypt, program=tool("sops", self.root))).values

    def place_of(self, key: str) -> str:
        """`file:line` of what sets a key of the JupyterHub chart; empty: no file does."""
        found = [each for each in self.plain.origins(f"jupyterhub.{key}") if each.effect != "overridden"]
        return str(found[-1].at) if found else ""

    @cached_property
    def hidden_paths(self) -> frozenset[tuple[str, ...]]:
        """Where secret files set values: these are never shown."""
        return secret_paths([layer.values for layer in self.plain.layers if layer.secret])

    @cached_property
    def url(self) -> str:
        """Where people find the hub."""
        return address.url(self.cluster, self.hub, self.plain.values)

    def _resolved(self, secrets: SecretReader) -> Resolved:
        return resolve(self.fleet, self.cluster, self.hub, secrets=secrets, images=self._image)

    def _image(self, name: str) -> str:
        return images.reference(self.root, name)


def prepare(root: Path, cluster_name: str, hub_name: str, *, chart: str = "") -> Target:
    """Gather what is needed for a hub. Nothing is contacted.

    Args:
        root: the repository.
        cluster_name: as in `clusters/`.
        hub_name: as in its cluster.yaml.
        chart: `embedded`, `upstream`, or a path to a JupyterHub chart; default: as fleet.yaml and the hub say.

    Raises:
        WrongUsage: no such cluster or hub. InvalidConfiguration: its files are wrong.
    """
    fleet = load_fleet(root)
    cluster = fleet.cluster(cluster_name)
    return target_of(root, fleet, cluster, cluster.hub(hub_name), chart=chart)


def target_of(
    root: Path, fleet: Fleet, cluster: Cluster, hub: Hub, *, chart: str = "", unpinned: bool = False
) -> Target:
    """The same for a hub that was looked up already; `unpinned`: an upstream chart needs no digest."""
    if chart:
        hub = replace(
            hub, chart=replace(hub.chart, source=chart, version="" if chart != "upstream" else hub.chart.version)
        )
        cluster = replace(cluster, hubs=tuple(hub if each.name == hub.name else each for each in cluster.hubs))
    return Target(root, fleet, cluster, hub, clouds.access(cluster), packaged(root, hub, unpinned=unpinned))


def packaged(root: Path, hub: Hub, *, unpinned: bool = False) -> PackagedChart:
    """The chart of a hub, packaged in the cache. helm is looked for only where a chart has to be downloaded."""
    source = replace(charts.jupyterhub_source(root, hub.chart), unpinned=unpinned)
    server = charts.home_server_source(root, hub)
    needed = [each for each in (source, server) if each and each.kind == "upstream"]
    helm = Helm(tool("helm", root)) if needed else None
    if server is None:
        return charts.package(root, source, cache=paths.cache(), helm=helm)
    return charts.package_with_home_server(root, source, server, cache=paths.cache(), helm=helm)
