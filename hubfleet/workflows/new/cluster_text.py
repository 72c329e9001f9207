"""The text of a new cluster's files. What a person has to decide is marked DECIDE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubfleet.workflows.new.words import flow, listed, scalar

if TYPE_CHECKING:
    from hubfleet.workflows.new.cluster import Cluster

PLACE_KEYS = {
    "gcp": ("project", "location"),
    "aws": ("account", "region"),
    "azure": ("subscription", "resource_group", "location"),
    "kubeconfig": ("context",),
    "local": (),
}
_NAMES = {"gcp": "Google Cloud", "aws": "AWS", "azure": "Azure"}
_MACHINES = {
    "gcp": ("n2-standard-2", "n2-highmem-4"),
    "aws": ("m6i.large", "r6i.xlarge"),
    "azure": ("Standard_D2s_v5", "Standard_E4s_v5"),
}
_STORE = {
    "gcp": ("filestore", 1024, "at least 1024 GB"),
    "aws": ("efs", 0, "paid by use"),
    "azure": ("azure-files", 100, "at least 100 GB"),
}
_CHANNEL = {
    "gcp": "release_channel: STABLE       # or kubernetes_version: DECIDE who moves the cluster, Google or you",
    "aws": 'kubernetes_version: "1.33"    # DECIDE; ./inv versions says what is supported, and until when',
    "azure": "release_channel: stable       # or kubernetes_version: DECIDE who moves the cluster, Azure or you",
}


def cluster_text(cluster: Cluster) -> str:
    """cluster.yaml."""
    return "\n".join(line for part in _parts(cluster) for line in part) + "\n"


def common_text(cluster: Cluster) -> str:
    """common.values.yaml."""
    return _COMMON_LOCAL if cluster.provider == "local" else _COMMON


def support_text(cluster: Cluster) -> str:
    """support.values.yaml."""
    if cluster.provider == "local":
        return _SUPPORT_LOCAL
    if cluster.provider != "aws":
        return _SUPPORT
    return _SUPPORT + _AUTOSCALER.format(name=cluster.name, region=cluster.place["region"])


def _parts(cluster: Cluster) -> list[list[str]]:
    name = cluster.display_name or cluster.name
    head = [
        "# What a person has to decide is marked DECIDE. Every key: docs/configuration.md; mistakes: ./inv validate.",
        f"name: {cluster.name}",
        f"display_name: {scalar(name)}",
        f"provider: {cluster.provider}",
    ]
    if cluster.provider != "local":
        head.append(f"{cluster.provider}: {flow(place_keys(cluster))}")
    if cluster.domain:
        head.append(f"domain: {cluster.domain}            # the hub lab gets lab.{cluster.domain}")
    return [head, _reserved(cluster), _infrastructure(cluster), _people(cluster), _bounds(cluster), _hubs(cluster)]


def place_keys(cluster: Cluster) -> dict[str, str]:
    """The provider's section. The cloud's name of the cluster is ours, so that nobody has to learn two."""
    place = dict(cluster.place)
    if cluster.provider == "azure":
        place.pop("location")
    return {**place, "cluster": cluster.name} if cluster.provider in _NAMES else place


def _reserved(cluster: Cluster) -> list[str]:
    reserved = {"community": cluster.community, "compliance": list(cluster.compliance) or None}
    if not any(reserved.values()):
        return []
    return ["", "# ./inv new-hub puts no other hubs here.", f"reserved_for: {flow(reserved)}"]


def _infrastructure(cluster: Cluster) -> list[str]:
    if cluster.provider not in _NAMES:
        return []
    core, user = _MACHINES[cluster.provider]
    kind, size, words = _STORE[cluster.provider]
    store = flow({"kind": kind, "size_gb": size or None, "snapshot_keep_days": 30})
    return [
        "",
        f"# What terraform/{cluster.provider} makes. terraform/README.md has every input.",
        "infrastructure:",
        *([f"  location: {cluster.place['location']}"] if cluster.provider == "azure" else []),
        f"  {_CHANNEL[cluster.provider]}",
        "  network:",
        "    # DECIDE: from where the Kubernetes API can be reached, such as [192.0.2.0/24]; []: anywhere, by login.",
        "    authorized: []",
        "  node_pools:",
        f"    core: {flow({'purpose': 'core', 'machine_type': core, 'min': 1, 'max': 3})}",
        "    # DECIDE: max times the price of a machine is the most that users can cost.",
        f"    user: {flow({'purpose': 'user', 'machine_type': user, 'min': 0, 'max': 10})}",
        "  # DECIDE: a volume for each user (homes: {kind: pvc}), or one store for all:",
        f"  # {store}, {words}.",
        "  storage: {kind: none}",
        "  # DECIDE: mail when the month's cost comes near an amount.",
        "  # budget: {amount: 500, emails: [you@example.org]}",
    ]


def _people(cluster: Cluster) -> list[str]:
    return [
        "",
        "# Administrators of every hub of this cluster, on top of the fleet's own (fleet.yaml). DECIDE: user names.",
        f"staff: {{admins: {listed(cluster.admins)}}}",
    ]


def _bounds(cluster: Cluster) -> list[str]:
    if cluster.provider == "local":
        return [
            "",
            "# The embedded chart and our own images: neither a chart repository nor an image registry is needed.",
            "charts:",
            "  jupyterhub: {source: embedded}",
            "",
            "# What communities may ask for in <hub>.community.yaml.",
            "limits: {memory: 2G, cpu: 2}",
        ]
    return [
        "",
        "# What communities may choose in <hub>.community.yaml. DECIDE: it must fit on a machine of the pool `user`.",
        "limits:",
        "  memory: 16G",
        "  cpu: 4",
        '  images: ["quay.io/jupyter/*"]',
        "  users: 500",
        "",
        "# DECIDE: where home directories are archived before a hub goes, and for whom they are encrypted.",
        "# archive: {destination: BUCKET, recipients: [age1...], keep_days: 730}",
    ]


def _hubs(cluster: Cluster) -> list[str]:
    return ["", f"# ./inv new-hub {cluster.name}/HUB adds one.", "hubs: []"]


_COMMON = """\
# For every hub of this cluster, unless it says common_values: false.
jupyterhub:
  ingress:
    # DECIDE: what the cluster has. These are those of support.values.yaml.
    ingressClassName: traefik
    annotations:
      cert-manager.io/cluster-issuer: letsencrypt
  singleuser:
    # DECIDE: what users work in, unless their hub or community chose another image.
    image:
      name: quay.io/jupyter/scipy-notebook
      tag: "2026-11-02"
  cull: {timeout: 3600, every: 300}
"""
_SUPPORT = """\
# What the hubs of this cluster share: the way in and certificates. helm/support has every part.
traefik:
  enabled: true
cert-manager:
  enabled: true
issuer:
  # DECIDE: where Let's Encrypt writes to before a certificate ends; without it there are no certificates.
  email: ""
"""
_AUTOSCALER = """\
# EKS does not add machines by itself. DECIDE: the role that terraform made (its output `support`).
cluster-autoscaler:
  enabled: true
  awsRegion: {region}
  autoDiscovery: {{clusterName: {name}}}
  # rbac: {{serviceAccount: {{annotations: {{eks.amazonaws.com/role-arn: ROLE}}}}}}
"""
_SUPPORT_LOCAL = """\
# What the hubs of this cluster share. Nothing needs it but the hubs' names without a port of their own.
local:
  ingress: {enabled: true}
"""
_COMMON_LOCAL = """\
# For every hub of this cluster.
jupyterhub:
  hub:
    config:
      JupyterHub:
        # One password for all, which basehub makes: good for a machine of one's own, for nothing else.
        authenticator_class: shared-password
  singleuser:
    memory: {guarantee: 128M, limit: 1G}
    cpu: {guarantee: 0.05, limit: 1}

basehub:
  sharedPassword: {enabled: true}
"""
