"""The generated layer: what follows from cluster.yaml and outputs.yaml, so that nobody writes it twice.

It is made from files of the repository alone: no cloud, no key and no network.
Keys are those of the JupyterHub chart (https://z2jh.jupyter.org/en/stable/resources/reference.html),
so that both charts understand them, and of helm/basehub.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.homes import put_homes
from hubfleet.fleet.made import Made, image_parts
from hubfleet.fleet.model import Location

if TYPE_CHECKING:
    from hubfleet.fleet.document import Document
    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.layers import Layer
    from hubfleet.fleet.model import Cluster, Fleet, Hub

ImageReference = Callable[[str], str]
CONFIG = "jupyterhub.hub.config"
SINGLEUSER = "jupyterhub.singleuser"
BASEHUB = "jupyterhub.custom.basehub"
POOL_LABEL = "hubfleet/pool"
INGRESS_CLASS = "local"  # of helm/support on the cluster of this machine

_READ_ONLY = "This hub is read-only: servers can not be started. Your files are safe."
_IDENTITY_ANNOTATION = {
    "gcp": "iam.gke.io/gcp-service-account",
    "aws": "eks.amazonaws.com/role-arn",
    "azure": "azure.workload.identity/client-id",
}
_AZURE_LABEL = "azure.workload.identity/use"  # https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
_BUCKET_SCHEME = {"gcp": "gs://", "aws": "s3://", "azure": ""}


def generated(fleet: Fleet, cluster: Cluster, hub: Hub, images: ImageReference | None) -> Layer:
    """The generated layer of a hub.

    Args:
        fleet: for fleet-wide settings and the lines of the files.
        cluster: the hub's cluster.
        hub: the hub.
        images: from the name of one of our images (hub, proxy, user) to its full reference; used
            with the embedded chart, whose images we build. None: the values name no images.

    Raises:
        InvalidConfiguration: the homes that are asked for can not be had.
    """
    where = _Where(fleet, cluster, hub)
    made = Made(hub.at)
    _put_access(made, where)
    _put_domain(made, where)
    _put_page(made, where)
    trouble = put_homes(made, cluster, hub, where)
    if trouble:
        raise InvalidConfiguration(f"{cluster.name}/{hub.name} has no homes", findings=[trouble])
    _put_node_pool(made, where)
    _put_identity(made, where)
    if hub.state != "active":
        made.put(f"{BASEHUB}.readOnly", _READ_ONLY, where.hub("state"))
    if images is not None and hub.chart.source == "embedded":
        _put_images(made, images, hub.at)
    return made.layer("generated")


class _Where:
    """A hub, and the lines of what is said about it."""

    def __init__(self, fleet: Fleet, cluster: Cluster, hub: Hub) -> None:
        self.fleet = fleet
        self.cluster = cluster
        self.it = hub
        self.path: KeyPath = ("hubs", cluster.hubs.index(hub))

    def hub(self, *path: str) -> Location:
        """The line of a key of the hub in cluster.yaml."""
        file = self.cluster.at.file
        return Location(file, self._document(file).line_of((*self.path, *path)))

    def cluster_key(self, *path: str) -> Location:
        """The line of a key of the cluster."""
        file = self.cluster.at.file
        return Location(file, self._document(file).line_of(path))

    def outputs(self, *path: str) -> Location:
        """The line of a key in outputs.yaml."""
        file = self.cluster.outputs.file
        return Location(file, self._document(file).line_of(path))

    def admins(self) -> Location:
        """Where the administrators are: the cluster's own, or the fleet's."""
        if set(self.cluster.admins) - set(self.fleet.settings.admins):
            return self.cluster_key("staff", "admins")
        return Location("fleet.yaml", self._document("fleet.yaml").line_of(("staff", "admins")))

    def _document(self, file: str) -> Document:
        return self.fleet.documents[file]


def _put_access(made: Made, where: _Where) -> None:
    """Who may log in.

    `allow_existing_users` would let in everybody the hub has ever known, so that nobody who leaves
    the list of members would be out.
    """
    access = where.hub("access")
    made.put(f"{BASEHUB}.access", where.it.access, access)
    made.put(f"{BASEHUB}.staff", list(where.cluster.admins), where.admins())
    made.put(f"{CONFIG}.Authenticator.allow_all", where.it.access == "public", access)
    made.put(f"{CONFIG}.Authenticator.allow_existing_users", False, access)


def _put_domain(made: Made, where: _Where) -> None:
    """How people reach the hub: through the cluster's ingress, and on this machine by a port of the hub's own too.

    Elsewhere a name below `localhost` never leaves the machine (RFC 6761): no ingress could serve it, a port can.
    """
    domain = where.hub("domain")
    hosts = list(where.it.domains)
    if where.cluster.provider == "local":
        at = where.cluster_key("provider")
        made.put("jupyterhub.proxy.service.type", "NodePort", at)
        made.put("jupyterhub.ingress.enabled", True, at)
        made.put("jupyterhub.ingress.ingressClassName", INGRESS_CLASS, at)
        made.put("jupyterhub.ingress.hosts", hosts, domain)
        return
    if where.it.domain.endswith(".localhost"):
        made.put("jupyterhub.proxy.service.type", "NodePort", domain)
        made.put("jupyterhub.ingress.enabled", False, domain)
        return
    made.put("jupyterhub.proxy.service.type", "ClusterIP", where.cluster_key("provider"))
    made.put("jupyterhub.ingress.enabled", True, domain)
    made.put("jupyterhub.ingress.hosts", hosts, domain)
    made.put("jupyterhub.ingress.tls", [{"hosts": hosts, "secretName": f"{where.it.name}-tls"}], domain)


def _put_page(made: Made, where: _Where) -> None:
    """What the hub's pages say about it."""
    community = where.it.community
    says = {
        "displayName": (where.it.display_name, where.hub("display_name")),
        "community": (community.name, where.hub("community", "name")),
        "communityUrl": (community.url, where.hub("community", "url")),
        "contact": (community.contacts[0].email, where.hub("community", "contacts")),
        "domain": (where.it.domain, where.hub("domain")),
    }
    for key, (value, at) in says.items():
        if value:
            made.put(f"{BASEHUB}.identity.{key}", value, at)


def _put_node_pool(made: Made, where: _Where) -> None:
    pool = where.it.node_pool
    if pool is None:
        return
    at = where.hub("node_pool")
    name = where.it.name
    made.put(f"{SINGLEUSER}.nodeSelector", {POOL_LABEL: name}, at)
    taint = {"key": POOL_LABEL, "operator": "Equal", "value": name, "effect": "NoSchedule"}
    made.put(f"{SINGLEUSER}.extraTolerations", [taint], at)
    if pool.gpu_count:
        made.put(f"{SINGLEUSER}.extraResource.limits", {"nvidia.com/gpu": str(pool.gpu_count)}, at)


def _put_identity(made: Made, where: _Where) -> None:
    """The cloud identity of users' servers, and the names of their buckets."""
    outputs = where.cluster.outputs.hubs.get(where.it.name)
    if outputs is None:
        return
    annotation = _IDENTITY_ANNOTATION.get(where.cluster.provider)
    if outputs.identity and annotation:
        at = where.outputs("hubs", where.it.name, "identity")
        made.put("basehub.userServiceAccount.enabled", True, at)
        made.put("basehub.userServiceAccount.annotations", {annotation: outputs.identity}, at)
        made.put(f"{SINGLEUSER}.serviceAccountName", "user-sa", at)
        if where.cluster.provider == "azure":  # its webhook gives tokens to pods that ask for them, and to no others
            made.put(f"{SINGLEUSER}.extraLabels", {_AZURE_LABEL: "true"}, at)
    scheme = _BUCKET_SCHEME.get(where.cluster.provider, "")
    for purpose, bucket in outputs.buckets.items():
        at = where.outputs("hubs", where.it.name, "buckets", purpose)
        variable = f"{purpose.upper().replace('-', '_')}_BUCKET"
        made.put(f"{SINGLEUSER}.extraEnv.{variable}", f"{scheme}{bucket}", at)


def _put_images(made: Made, images: ImageReference, at: Location) -> None:
    places = {"hub": "jupyterhub.hub", "proxy": "jupyterhub.proxy.chp", "user": SINGLEUSER}
    for name, place in places.items():
        for key, value in image_parts(images(name)).items():
            made.put(f"{place}.image.{key}", value, at)
