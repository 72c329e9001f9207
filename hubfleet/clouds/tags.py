"""How a thing in the cloud says which cluster and hub it belongs to.

terraform/ writes the first two on all that it makes; Kubernetes' own storage and load balancer controllers the others.
"""

from __future__ import annotations

from collections.abc import Mapping

CLUSTER = "hubfleet-cluster"
HUB = "hubfleet-hub"
_NAMESPACES = (
    "kubernetes.io/created-for/pvc/namespace",  # https://github.com/kubernetes-csi/external-provisioner
    "kubernetes.io-created-for-pvc-namespace",
)
_SERVICES = ("kubernetes.io/service-name", "service.k8s.aws/stack", "k8s-azure-service")


def hub(tags: Mapping[str, str]) -> str:
    """The hub of a thing: from its tag, or the namespace of the claim or service that it was made for."""
    if tags.get(HUB):
        return tags[HUB]
    for name in _NAMESPACES:
        if tags.get(name):
            return tags[name]
    for name in _SERVICES:
        namespace, slash, _ = tags.get(name, "").partition("/")
        if slash:
            return namespace
    return ""
