"""A cluster's support and everything that a deploy needs to know about it, gathered before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from hubfleet import charts, clouds, images, localcluster, paths
from hubfleet.charts import PackagedChart, support_sources
from hubfleet.clouds import Access
from hubfleet.fleet import Cluster, Fleet, load_fleet
from hubfleet.fleet.layers import lookup
from hubfleet.fleet.resolve import Resolved, SecretReader
from hubfleet.fleet.secretfile import placeholders
from hubfleet.fleet.support import NAME, ingress_port, support_values
from hubfleet.images import delivery
from hubfleet.toolchain import tool
from hubfleet.tools import sops
from hubfleet.tools.helm import Helm
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.deploy.digest import intent_digest
from hubfleet.workflows.deploy.shown import secret_paths

_LOCAL_IMAGES = ("hub", "proxy")  # the hub's for its Python


@dataclass(frozen=True)
class SupportTarget:
    """The support of one cluster, with its chart. It is an `Installation` of `workflows.deploy`.

    Args:
        root: the repository.
        chart: packaged, in the cache, with the parts that the cluster turns on.
        plain: the values with placeholders for secrets: needs no key.
    """

    root: Path
    fleet: Fleet
    cluster: Cluster
    access: Access
    chart: PackagedChart
    plain: Resolved

    namespace = NAME
    release = NAME
    serving = ("",)  # everything in its namespace

    @property
    def subject(self) -> str:
        """What people call it."""
        return f"{self.cluster.name}/{NAME}"

    @property
    def command(self) -> str:
        """The task that brings it to what its files say."""
        return f"./inv deploy-support {self.cluster.name}"

    @cached_property
    def kube(self) -> Kube:
        """The cluster's API."""
        return self.access.kube

    @cached_property
    def helm(self) -> Helm:
        """helm, for this cluster only."""
        return Helm(tool("helm", self.root), self.access)

    @cached_property
    def digest(self) -> str:
        """What the files ask for, as a label."""
        return intent_digest(self.plain.digest_material, self.chart.digest)

    def values(self) -> Mapping[str, Any]:
        """The values with secrets decrypted in memory."""
        if not self.plain.encrypted:
            return self.plain.values
        reader = partial(sops.decrypt, program=tool("sops", self.root))
        return _resolved(self.root, self.fleet, self.cluster, reader).values

    @cached_property
    def hidden_paths(self) -> frozenset[tuple[str, ...]]:
        """Where secret files set values: these are never shown."""
        return secret_paths([layer.values for layer in self.plain.layers if layer.secret])

    @property
    def url(self) -> str:
        """Where the local ingress answers; a cloud's address is in the cluster's outputs.yaml."""
        if self.has_local_ingress:
            return f"http://localhost:{ingress_port(self.cluster)}/"
        return self.cluster.outputs.ingress_address

    def place_of(self, key: str) -> str:  # noqa: ARG002
        """Nothing of support is set by keys of the JupyterHub chart."""
        return ""

    @property
    def has_local_ingress(self) -> bool:
        """Whether the ingress is our own, for the cluster on this machine."""
        return self.asks("local.ingress.enabled") is True

    def asks(self, key: str) -> Any:
        """What the files say of a key; None where they say nothing."""
        try:
            return lookup(self.plain.plain_values, tuple(key.split(".")))
        except KeyError:
            return None

    def bring_images(self, say: Callable[[str], None]) -> None:
        """Have the images of the local ingress on the node: those of hubs, so that mostly nothing is to be done."""
        if self.has_local_ingress and self.cluster.provider == "local":
            delivery.load_images(self.root, _LOCAL_IMAGES, localcluster, say)


def prepare(root: Path, cluster_name: str) -> SupportTarget:
    """Gather what is needed for a cluster's support. The cluster is not contacted.

    Raises:
        WrongUsage: no such cluster, or it declares no support. InvalidConfiguration: its files are wrong.
        HubfleetError: a chart that it is made of can not be had, or is not what was pinned.
    """
    fleet = load_fleet(root)
    cluster = fleet.cluster(cluster_name)
    plain = _resolved(root, fleet, cluster, placeholders)
    sources = support_sources(root, cluster, plain.plain_values)
    helm = Helm(tool("helm", root)) if any(each.kind == "upstream" for each in sources) else None
    chart = charts.package_support(root, sources, paths.cache(), helm=helm)
    return SupportTarget(root, fleet, cluster, clouds.access(cluster), chart, plain)


def _resolved(root: Path, fleet: Fleet, cluster: Cluster, secrets: SecretReader) -> Resolved:
    return support_values(fleet, cluster, secrets=secrets, images=partial(images.reference, root))
