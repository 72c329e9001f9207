"""Nodes and what runs on them: closing a node for new pods, and asking pods to leave by the eviction API.

Eviction respects disruption budgets: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hubfleet.tools.kubernetes import Kube

POOL_LABELS = ("cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup", "kubernetes.azure.com/agentpool")
CLOSED_BY = "hubfleet.io/closed-by"
_SERVER = "singleuser-server"
_MIRROR = "kubernetes.io/config.mirror"
_TOO_MANY, _NOT_FOUND, _CONFLICT = 429, 404, 409


@dataclass(frozen=True)
class Node:
    """A node.

    Args:
        pool: the cloud's name of its pool; empty where it is in none.
        version: of its kubelet, without a leading `v`.
        closed: whether new pods may not come (cordoned).
        closed_by: the run of ours that closed it; empty: somebody else, or nobody.
    """

    name: str
    pool: str
    version: str
    closed: bool
    closed_by: str = ""


@dataclass(frozen=True)
class Pod:
    """A pod on a node, as far as draining cares. `server`: it is a user's server."""

    namespace: str
    name: str
    node: str
    server: bool

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def nodes(kube: Kube, pool: str = "") -> tuple[Node, ...]:
    """The nodes of a pool, or all, sorted by name."""
    found = map(_node, kube.list_json("/api/v1/nodes", "list the nodes"))
    return tuple(sorted((each for each in found if pool in ("", each.pool)), key=lambda each: each.name))


def pods_to_move(kube: Kube, on: Collection[str]) -> tuple[Pod, ...]:
    """The pods on these nodes that a drain has to move: not those of daemon sets, not mirrors, not finished ones."""
    listed = kube.list_json("/api/v1/pods", "list the pods")
    return tuple(_pod(each) for each in listed if each["spec"].get("nodeName") in on and _moves(each))


def close(kube: Kube, node: str, run: str) -> None:
    """No new pods there (cordon); the node says which run did it."""
    _patch(kube, node, {"metadata": {"annotations": {CLOSED_BY: run}}, "spec": {"unschedulable": True}})


def reopen(kube: Kube, node: str) -> None:
    """New pods may come again (uncordon)."""
    _patch(kube, node, {"metadata": {"annotations": {CLOSED_BY: None}}, "spec": {"unschedulable": None}})


def evict(kube: Kube, pod: Pod) -> tuple[Literal["leaving", "gone", "refused"], str]:
    """Ask a pod to leave.

    Returns:
        `leaving`; `gone`, it is not there any more; or `refused` for now, with the API's words (a disruption budget).

    Raises:
        HubfleetError: any other refusal.
    """
    body = {
        "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod.name, "namespace": pod.namespace},
    }  # fmt: skip
    with kube.errors(f"evict {pod}"):
        answer = kube.http.post(f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/eviction", json=body)
        if answer.status_code == _NOT_FOUND:
            return "gone", ""
        if answer.status_code in (_TOO_MANY, _CONFLICT):
            return "refused", _words(answer)
        kube.raise_for(answer)
    return "leaving", ""


def _patch(kube: Kube, node: str, body: Mapping[str, Any]) -> None:
    with kube.errors(f"change node {node}"):
        headers = {"Content-Type": "application/merge-patch+json"}
        kube.raise_for(kube.http.patch(f"/api/v1/nodes/{node}", content=json.dumps(body), headers=headers))


def _node(item: Mapping[str, Any]) -> Node:
    about = item["metadata"]
    labels = about.get("labels") or {}
    pool = next((labels[label] for label in POOL_LABELS if label in labels), "")
    version = item["status"]["nodeInfo"]["kubeletVersion"].removeprefix("v")
    closed = bool(item.get("spec", {}).get("unschedulable"))
    return Node(about["name"], pool, version, closed, (about.get("annotations") or {}).get(CLOSED_BY, ""))


def _pod(item: Mapping[str, Any]) -> Pod:
    about = item["metadata"]
    server = (about.get("labels") or {}).get("component") == _SERVER
    return Pod(about["namespace"], about["name"], item["spec"]["nodeName"], server)


def _moves(item: Mapping[str, Any]) -> bool:
    about = item["metadata"]
    owners = {each["kind"] for each in about.get("ownerReferences") or ()}
    mirror = _MIRROR in (about.get("annotations") or {})
    return not mirror and "DaemonSet" not in owners and item["status"].get("phase") not in ("Succeeded", "Failed")


def _words(answer: Any) -> str:
    try:
        found = answer.json()
    except ValueError:
        return str(answer.text)
    causes = [each.get("message", "") for each in (found.get("details") or {}).get("causes") or ()]
    return " ".join(filter(None, (found.get("message", ""), *causes)))
