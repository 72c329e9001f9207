"""What there is of a hub: who works on it now, what holds data, and what points to it from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hubfleet.tools import releases
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.tools.releases import Release
from hubfleet.workflows.teardown.site import Site

USER = "hub.jupyter.org/username"  # KubeSpawner, kubespawner/spawner.py: _build_common_annotations
DATABASE_CLAIM = "hub-db-dir"
_SERVER = "component=singleuser-server"
_NOTES = ("pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/", "kubectl.kubernetes.io/")


@dataclass(frozen=True)
class Server:
    """A user's server that runs now. `since`: when it started, UTC."""

    user: str
    pod: str
    since: str


@dataclass(frozen=True)
class Claim:
    """A claim of a volume.

    Args:
        uid: Kubernetes's own name of it.
        user: whose home it is; empty for other volumes.
        capacity: what was asked for, such as `10Gi`.
        phase: Bound, Pending, Lost.
        mode: Filesystem or Block.
        volume: name of the PersistentVolume. `reclaim`: what becomes of it without its claim: Delete or Retain.
        template: labels, annotations and spec, to make it again.
    """

    name: str
    uid: str
    user: str
    capacity: str
    phase: str
    mode: str
    volume: str
    reclaim: str
    template: Mapping[str, Any]


@dataclass(frozen=True)
class Volume:
    """A PersistentVolume that belongs to the hub's claims, or did.

    Args:
        share: `server:/path` of an NFS share, whose files stay when the volume goes.
        driver: what provides it otherwise.
        ours: whether basehub made it.
    """

    name: str
    claim: str
    phase: str
    reclaim: str
    share: str
    driver: str
    ours: bool


@dataclass(frozen=True)
class Inventory:
    """A hub as it is at this moment.

    Args:
        namespace: `Active`, `Terminating`, or empty: there is none.
        release: helm's word for it, such as `deployed`; empty: not installed. `revision`: helm's number.
        servers: users' servers that run now.
        claims: volumes in the namespace. `volumes`: of the cluster, bound to them.
        database: where the hub's database is.
        others: further helm releases in the namespace.
        sharing: hubs that use this hub's homes.
        domains: names in the DNS. `oauth_clients`: at the identity provider, by authenticator. `buckets`: by purpose.
        identity: of the cloud, for the hub's users. `disk`: of its homes, as the cloud names it; empty: it has none.
    """

    namespace: str
    release: str
    revision: int
    servers: tuple[Server, ...]
    claims: tuple[Claim, ...]
    volumes: tuple[Volume, ...]
    database: str
    others: tuple[str, ...]
    sharing: tuple[str, ...]
    domains: tuple[str, ...]
    oauth_clients: Mapping[str, str]
    buckets: Mapping[str, str]
    identity: str
    disk: str

    @property
    def nothing(self) -> bool:
        """Whether nothing of it is in the cluster."""
        return not (self.namespace or self.release or [each for each in self.volumes if each.ours])

    def report(self) -> dict[str, Any]:
        """As JSON, without what is only needed to make claims again."""
        found = asdict(self)
        for claim in found["claims"]:
            del claim["template"]
        return found


def take(site: Site) -> Inventory:
    """Look at everything. Changes nothing."""
    kube, hub = site.kube, site.hub
    all_releases = releases.releases(kube)
    here = {name: each for (namespace, name), each in all_releases.items() if namespace == hub.namespace}
    release = here.pop(hub.release, None)
    volumes = {each["metadata"]["name"]: each for each in kube.list_json("/api/v1/persistentvolumes", "list volumes")}
    claims = kube.list_json(f"/api/v1/namespaces/{hub.namespace}/persistentvolumeclaims", "list the hub's volumes")
    outputs = site.cluster.outputs.hubs.get(hub.name)
    return Inventory(
        namespace=namespace_phase(kube, hub.namespace),
        release=release.status if release else "",
        revision=release.revision if release else 0,
        servers=tuple(servers(kube, hub.namespace)),
        claims=tuple(_claim(each, volumes) for each in claims),
        volumes=tuple(_volumes(volumes, hub.namespace)),
        database=_database(site.values, {each["metadata"]["name"] for each in claims}),
        others=tuple(sorted(here)),
        sharing=tuple(_sharing(site, all_releases)),
        domains=hub.domains,
        oauth_clients=oauth_clients(site.values),
        buckets=dict(outputs.buckets) if outputs else {},
        identity=outputs.identity if outputs else "",
        disk=outputs.disk.id if outputs and outputs.disk else "",
    )


def namespace_phase(kube: Kube, name: str) -> str:
    """`Active` or `Terminating`; empty where there is no such namespace."""
    try:
        return str(kube.get_json(f"/api/v1/namespaces/{name}", f"look at namespace {name}")["status"]["phase"])
    except NotFound:
        return ""


def servers(kube: Kube, namespace: str) -> Iterator[Server]:
    """Users' servers that run or start, sorted by user."""
    found = kube.list_json(f"/api/v1/namespaces/{namespace}/pods", "list users' servers", labelSelector=_SERVER)
    for pod in sorted(found, key=lambda each: str(each["metadata"]["name"])):
        if pod["status"].get("phase") not in ("Succeeded", "Failed"):
            about = pod["metadata"]
            user = str((about.get("annotations") or {}).get(USER, ""))
            yield Server(user, about["name"], str(pod["status"].get("startTime") or about["creationTimestamp"]))


def oauth_clients(values: Mapping[str, Any]) -> dict[str, str]:
    """Client ids that the values name, by authenticator: a person removes these at the identity provider."""
    config = values.get("jupyterhub", {}).get("hub", {}).get("config", {})
    found = {name: each.get("client_id") for name, each in config.items() if isinstance(each, Mapping)}
    return {name: client for name, client in found.items() if isinstance(client, str) and client}


def template(claim: Mapping[str, Any]) -> dict[str, Any]:
    """What is needed to make a claim again elsewhere: neither its volume nor what controllers noted on it."""
    about, spec = claim["metadata"], claim["spec"]
    notes = {key: value for key, value in (about.get("annotations") or {}).items() if not key.startswith(_NOTES)}
    kept = ("accessModes", "resources", "storageClassName", "volumeMode")
    return {
        "labels": dict(about.get("labels") or {}),
        "annotations": notes,
        "spec": {key: spec[key] for key in kept if key in spec},
    }


def _claim(claim: Mapping[str, Any], volumes: Mapping[str, Mapping[str, Any]]) -> Claim:
    about, spec = claim["metadata"], claim["spec"]
    volume = volumes.get(spec.get("volumeName", ""), {})
    return Claim(
        name=about["name"],
        uid=about["uid"],
        user=str((about.get("annotations") or {}).get(USER, "")),
        capacity=str(spec.get("resources", {}).get("requests", {}).get("storage", "")),
        phase=claim["status"]["phase"],
        mode=spec.get("volumeMode", "Filesystem"),
        volume=spec.get("volumeName", ""),
        reclaim=volume.get("spec", {}).get("persistentVolumeReclaimPolicy", ""),
        template=template(claim),
    )


def _volumes(volumes: Mapping[str, Mapping[str, Any]], namespace: str) -> Iterator[Volume]:
    for name, each in sorted(volumes.items()):
        spec = each["spec"]
        bound = spec.get("claimRef") or {}
        if bound.get("namespace") == namespace:
            nfs = spec.get("nfs") or {}
            yield Volume(
                name=name,
                claim=str(bound.get("name", "")),
                phase=str(each["status"].get("phase", "")),
                reclaim=spec.get("persistentVolumeReclaimPolicy", ""),
                share=f"{nfs['server']}:{nfs['path']}" if nfs else "",
                driver=str((spec.get("csi") or {}).get("driver", "")),
                ours=bool(nfs) and name == f"{namespace}-homes",
            )


def _database(values: Mapping[str, Any], claims: set[str]) -> str:
    kind = values.get("jupyterhub", {}).get("hub", {}).get("db", {}).get("type", "sqlite-pvc")
    if DATABASE_CLAIM in claims:
        return f"sqlite in claim {DATABASE_CLAIM}"
    if kind in ("sqlite-pvc", "sqlite-memory"):
        return "none"
    return f"{kind}, outside the cluster: it is neither archived nor removed"


def _sharing(site: Site, all_releases: Mapping[tuple[str, str], Release]) -> Iterator[str]:
    """Hubs whose files say so, until they are retired and gone."""
    for other in site.cluster.hubs:
        gone = other.state == "retired" and (other.namespace, other.release) not in all_releases
        if other.homes.shared_with == site.hub.name and not gone:
            yield other.name
