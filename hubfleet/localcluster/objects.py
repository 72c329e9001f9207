"""What the cluster itself needs inside Kubernetes: rights of its own programs, the storage class, names."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hubfleet.localcluster.api import Api
from hubfleet.localcluster.control import PROVISIONER
from hubfleet.localcluster.node_images import coredns_image
from hubfleet.localcluster.settings import Settings

Object = dict[str, Any]

_PLURALS = {
    "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings", "StorageClass": "storageclasses",
    "ServiceAccount": "serviceaccounts", "ConfigMap": "configmaps", "Service": "services",
    "Deployment": "deployments", "Node": "nodes",
}  # fmt: skip
_RBAC = "rbac.authorization.k8s.io"


def path(wanted: Object) -> str:
    """Where the API server keeps an object like this."""
    version, metadata = wanted["apiVersion"], wanted["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{namespace}/{_PLURALS[wanted['kind']]}/{quote(metadata['name'], safe=':.-')}"


def apply(api: Api, wanted: list[Object]) -> None:
    """Make the objects so; in order."""
    for each in wanted:
        api.apply(path(each), each)


def administrators() -> list[Object]:
    """kubeadm's admin.conf is in this group; only super-admin.conf can give it its rights at first."""
    return [_binding("kubeadm:cluster-admins", "cluster-admin", "Group", "kubeadm:cluster-admins")]


def common() -> list[Object]:
    """For real and simulated nodes: storage."""
    return [
        _role("hubfleet:provisioner", [
            _rule([""], ["persistentvolumes"], "get", "list", "watch", "create", "delete", "patch", "update"),
            _rule([""], ["persistentvolumeclaims"], "get", "list", "watch", "update"),
            _rule(["storage.k8s.io"], ["storageclasses"], "get", "list", "watch"),
            _rule([""], ["nodes"], "get", "list", "watch"),
            _rule([""], ["events"], "create", "update", "patch", "list", "watch"),
        ]),
        _binding("hubfleet:provisioner", "hubfleet:provisioner", "User", "hubfleet:provisioner"),
        {
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": PROVISIONER, "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate",
        },
    ]  # fmt: skip


def simulation() -> list[Object]:
    """The rights of kwok: it plays the kubelets of its nodes."""
    return [
        _role("hubfleet:kwok", [
            _rule([""], ["nodes", "pods"], "get", "list", "watch", "create", "update", "patch", "delete"),
            _rule([""], ["nodes/status", "pods/status"], "update", "patch"),
            _rule([""], ["events"], "create", "update", "patch"),
            _rule(["coordination.k8s.io"], ["leases"], "get", "list", "watch", "create", "update", "patch", "delete"),
        ]),
        _binding("hubfleet:kwok", "hubfleet:kwok", "User", "hubfleet:kwok"),
    ]  # fmt: skip


def names(settings: Settings, coredns_version: str, resolvers: list[str]) -> list[Object]:
    """CoreDNS, at the address that the kubelet writes into pods."""
    labels = {"k8s-app": "kube-dns"}
    return [
        _in_system("v1", "ServiceAccount", "coredns", {}),
        _role("system:coredns", [
            _rule([""], ["endpoints", "services", "pods", "namespaces"], "list", "watch"),
            _rule(["discovery.k8s.io"], ["endpointslices"], "list", "watch"),
        ]),
        _binding("system:coredns", "system:coredns", "ServiceAccount", "coredns"),
        _in_system("v1", "ConfigMap", "coredns", {"data": {"Corefile": corefile(resolvers)}}),
        _in_system("v1", "Service", "kube-dns", {"spec": {
            "clusterIP": settings.dns_address, "selector": labels, "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
            ],
        }}, labels),
        _in_system("apps/v1", "Deployment", "coredns", {"spec": _coredns(labels, coredns_version)}, labels),
    ]  # fmt: skip


def corefile(resolvers: list[str]) -> str:
    """CoreDNS' configuration. Without a name server outside, names of the cluster resolve and no others."""
    forward = [f"    forward . {' '.join(resolvers)}"] if resolvers else []
    return "\n".join([
        ".:53 {", "    errors", "    ready",
        "    kubernetes cluster.local in-addr.arpa ip6.arpa {",
        "        pods insecure", "        fallthrough in-addr.arpa ip6.arpa", "        ttl 30", "    }",
        *forward, "    cache 30", "    reload 5s 2s", "    loadbalance", "}", "",
    ])  # fmt: skip


def _coredns(labels: dict[str, str], version: str) -> Object:
    container = {
        "name": "coredns", "image": coredns_image(version), "imagePullPolicy": "Never",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [{"containerPort": 53, "name": "dns", "protocol": "UDP"},
                  {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "50m", "memory": "40Mi"}, "limits": {"memory": "170Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 2},
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
    }  # fmt: skip
    return {
        "replicas": 1, "selector": {"matchLabels": labels}, "strategy": {"type": "Recreate"},
        "template": {"metadata": {"labels": labels}, "spec": {
            "serviceAccountName": "coredns", "dnsPolicy": "Default", "priorityClassName": "system-cluster-critical",
            "tolerations": [{"operator": "Exists"}], "containers": [container],
            "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
        }},
    }  # fmt: skip


def _in_system(version: str, kind: str, name: str, rest: Object, labels: dict[str, str] | None = None) -> Object:
    metadata = {"name": name, "namespace": "kube-system", "labels": {"app.kubernetes.io/managed-by": "hubfleet"}}
    metadata["labels"] |= labels or {}  # type: ignore[operator]
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _rule(groups: list[str], resources: list[str], *verbs: str) -> Object:
    return {"apiGroups": groups, "resources": resources, "verbs": list(verbs)}


def _role(name: str, rules: list[Object]) -> Object:
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}


def _binding(name: str, role: str, kind: str, subject: str) -> Object:
    who = {"kind": kind, "name": subject}
    who |= {"namespace": "kube-system"} if kind == "ServiceAccount" else {"apiGroup": _RBAC}
    return {
        "apiVersion": f"{_RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role}, "subjects": [who],
    }  # fmt: skip
