"""What is asked of Kubernetes, and how its answers are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet.localcluster import objects, simulated
from hubfleet.localcluster.raising_node import fresh, wants_approval
from hubfleet.localcluster.settings import Settings
from hubfleet.localcluster.state import NodeState, parse_nodes

SETTINGS = Settings(Path("/state/local"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (objects.administrators()[0], "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins"),
        (objects.common()[-1], "/apis/storage.k8s.io/v1/storageclasses/standard"),
        (objects.names(SETTINGS, "1", [])[-1], "/apis/apps/v1/namespaces/kube-system/deployments/coredns"),
        (objects.names(SETTINGS, "1", [])[-2], "/api/v1/namespaces/kube-system/services/kube-dns"),
    ],
)
def test_an_object_has_its_path(wanted: dict[str, Any], expected: str) -> None:
    assert objects.path(wanted) == expected


def test_names_outside_are_asked_only_of_servers_that_are_there() -> None:
    assert "forward . 10.0.0.2 10.0.0.3" in objects.corefile(["10.0.0.2", "10.0.0.3"])
    assert "forward" not in objects.corefile([])


def node(status: str = "True", said: str = "2026-11-24T08:00:10Z") -> dict[str, Any]:
    condition = {"type": "Ready", "status": status, "lastHeartbeatTime": said}
    return {
        "metadata": {"name": "local"},
        "status": {"conditions": [{"type": "DiskPressure", "status": "True"}, condition]},
    }


def test_a_node_is_ready_by_what_its_kubelet_said_since_it_started() -> None:
    begun = 1795507210.4  # 2026-11-24T08:00:10.4Z
    assert fresh(node(), begun)
    assert not fresh(node(said="2026-11-24T08:00:09Z"), begun), "left over from before"
    assert not fresh(node(status="False"), begun)
    assert not fresh({}, begun)


def test_nodes_are_read_with_their_readiness() -> None:
    listed = {"items": [node(), {"metadata": {"name": "new"}}]}
    assert parse_nodes(listed) == (NodeState("local", True), NodeState("new", False))


@pytest.mark.parametrize(
    ("user", "conditions", "expected"),
    [
        ("system:node:local", [], True),
        ("system:node:other", [], False),
        ("kubernetes-admin", [], False),
        ("system:node:local", [{"type": "Denied"}], False),
        ("system:node:local", [{"type": "Approved"}], False),
    ],
)
def test_only_our_kubelets_open_request_is_signed(user: str, conditions: list[dict[str, str]], expected: bool) -> None:
    assert wants_approval({"spec": {"username": user}, "status": {"conditions": conditions}}, "local") is expected


def test_stages_are_documents_that_kwok_knows_the_kind_of() -> None:
    stages = list(yaml.safe_load_all(simulated.STAGES))
    assert {each["kind"] for each in stages} == {"Stage"}
    assert {each["spec"]["resourceRef"]["kind"] for each in stages} == {"Node", "Pod"}


class Server:
    """Stands in for the API server: remembers what was created and deleted."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def get(self, _: str) -> dict[str, Any]:
        return {"items": [{"metadata": {"name": name}} for name in self.names]}

    def create(self, _: str, wanted: dict[str, Any]) -> None:
        self.names.add(wanted["metadata"]["name"])

    def delete(self, path: str) -> None:
        self.names.remove(path.rsplit("/", 1)[1])


@pytest.mark.parametrize("count", [0, 2, 4])
def test_there_are_exactly_as_many_simulated_nodes_as_wanted(count: int) -> None:
    server = Server("simulated-1", "simulated-3", "somebody-elses")
    simulated.scale(server, count)  # type: ignore[arg-type]
    assert server.names == {"somebody-elses", *(f"simulated-{number}" for number in range(1, count + 1))}
