"""The Kubernetes API on loopback: the far end of the real lightkube client, for what an upgrade asks.

Modelled: nodes with pools, closing and opening them; pods on nodes; eviction with disruption budgets (429 with
the API's words, or a pod that never ends); budgets' status; helm's releases with manifest and chart; namespaces;
Leases and ConfigMaps without resourceVersion; 503 and other answers for any path.
Not modelled: TLS, rights, watches, controllers (an evicted pod is gone and nobody makes another), the scheduler.
tests/e2e/test_drain.py does the same on a real API server.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.loopback import Answer, Request
from tests.fakes.loopback import served as http_served

_POOL = "cloud.google.com/gke-nodepool"
_MISSING = Answer({"kind": "Status", "code": 404, "message": "not found"}, 404)
_METADATA = "PartialObjectMetadataList"


@dataclass
class FakeKube:
    """The state. `faults`: (method and part of a path, status), each used once. `calls`: what was asked."""

    address: str = ""
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    budgets: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse_eviction: int = 0
    stuck: set[str] = field(default_factory=set)
    faults: list[tuple[str, int]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    on_call: Callable[[str], None] = lambda _: None

    def add_node(self, name: str, pool: str = "user", version: str = "v1.33.5") -> None:
        self.nodes[name] = {
            "metadata": {"name": name, "labels": {_POOL: pool}},
            "spec": {},
            "status": {"nodeInfo": {"kubeletVersion": version}},
        }

    def add_pod(self, name: str, node: str, *, server: bool = True, owner: str = "", namespace: str = "demo") -> None:
        labels = {"component": "singleuser-server"} if server else {}
        owners = [{"kind": owner, "name": "x"}] if owner else []
        self.pods[f"{namespace}/{name}"] = {
            "metadata": {"namespace": namespace, "name": name, "labels": labels, "ownerReferences": owners},
            "spec": {"nodeName": node},
            "status": {"phase": "Running"},
        }

    def add_budget(self, name: str, *, allowed: int, pods: int) -> None:
        status = {"disruptionsAllowed": allowed, "expectedPods": pods}
        self.budgets.append({"metadata": {"namespace": "demo", "name": name}, "status": status})

    def add_release(self, name: str, manifest: str, *, kube_version: str = "", status: str = "deployed") -> None:
        chart = {"metadata": {"name": "jupyterhub", "version": "4.3.3", "kubeVersion": kube_version}}
        stored = json.dumps({"name": name, "manifest": manifest, "chart": chart}).encode()
        labels = {"owner": "helm", "name": name, "version": "1", "status": status, "modifiedAt": "1"}
        self.secrets[f"sh.helm.release.v1.{name}.v1"] = {
            "metadata": {"namespace": name, "name": f"sh.helm.release.v1.{name}.v1", "labels": labels},
            "data": {"release": base64.b64encode(base64.b64encode(gzip.compress(stored))).decode()},
        }

    def closed(self) -> list[str]:
        """The nodes that are cordoned."""
        return sorted(name for name, node in self.nodes.items() if node["spec"].get("unschedulable"))

    def answer(self, request: Request) -> Answer:  # noqa: PLR0911  one for each kind of path
        call = f"{request.method} {request.path}"
        self.calls.append(call)
        self.on_call(call)
        for fault in self.faults:
            if fault[0] in call:
                self.faults.remove(fault)
                return Answer({"kind": "Status", "code": fault[1], "message": "injected"}, fault[1])
        words = request.path.strip("/").split("/")
        if words[-1] == "eviction":
            return self._evict(f"{words[3]}/{words[5]}")
        if request.path.startswith("/api/v1/nodes/"):
            return self._patch(self.nodes[words[-1]], request.body)
        listed = {
            "/api/v1/nodes": self.nodes, "/api/v1/pods": self.pods, "/api/v1/secrets": self.secrets,
        }.get(request.path)  # fmt: skip
        if listed is not None:
            return Answer({"kind": "List", "items": [each for each in listed.values() if _chosen(each, request)]})
        if request.path == "/apis/policy/v1/poddisruptionbudgets":
            return Answer({"kind": "List", "items": self.budgets})
        if words[-2] == "secrets":
            return Answer(self.secrets[words[-1]]) if words[-1] in self.secrets else _MISSING
        return self._object(request)

    def _evict(self, key: str) -> Answer:
        if key not in self.pods:
            return _MISSING
        if self.refuse_eviction:
            self.refuse_eviction -= 1
            words = "Cannot evict pod as it would violate the pod's disruption budget."
            return Answer({"kind": "Status", "code": 429, "message": words}, 429)
        if key not in self.stuck:
            del self.pods[key]
        return Answer({"kind": "Status", "code": 201}, 201)

    def _patch(self, node: dict[str, Any], body: Any) -> Answer:
        annotations = node["metadata"].setdefault("annotations", {})
        annotations |= body["metadata"]["annotations"]
        node["metadata"]["annotations"] = {key: value for key, value in annotations.items() if value is not None}
        node["spec"] = {"unschedulable": True} if body["spec"]["unschedulable"] else {}
        return Answer(node)

    def _object(self, request: Request) -> Answer:
        """Namespaces, Leases and ConfigMaps: kept as they come."""
        if request.method == "POST":
            path = f"{request.path}/{request.body['metadata']['name']}"
            if path in self.objects:
                return Answer({"kind": "Status", "code": 409, "message": "exists"}, 409)
            self.objects[path] = request.body
            return Answer(request.body, 201)
        if request.method == "GET" and request.path.endswith("configmaps"):
            return Answer(
                {"kind": "List", "items": [each for path, each in self.objects.items() if "configmaps" in path]}
            )
        if request.path not in self.objects:
            return _MISSING
        if request.method == "PUT":
            self.objects[request.path] = request.body
        if request.method == "DELETE":
            return Answer(self.objects.pop(request.path))
        return Answer(self.objects[request.path])


def _chosen(item: dict[str, Any], request: Request) -> bool:
    """Label selectors of the form `a=b,c=d`."""
    wanted = dict(each.split("=") for each in request.query.get("labelSelector", "").split(",") if each)
    labels = item["metadata"].get("labels", {})
    return all(labels.get(name) == value for name, value in wanted.items())


@contextmanager
def served(folder: Path) -> Iterator[tuple[FakeKube, Path]]:
    """Serve it on a free port; gives it and a kubeconfig that leads there."""
    fake = FakeKube()
    with http_served(fake.answer) as address:
        fake.address = address
        file = folder / "kubeconfig"
        context = {"name": "it", "context": {"cluster": "it", "user": "me"}}
        file.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1", "kind": "Config", "current-context": "it", "contexts": [context],
                    "clusters": [{"name": "it", "cluster": {"server": address}}],
                    "users": [{"name": "me", "user": {}}],
                }
            )
        )  # fmt: skip
        yield fake, file
