"""Who is on a cluster, and that support has gone only when the cloud has let go of its things."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.tools.releases import Release
from hubfleet.workflows.cluster_down import support
from hubfleet.workflows.cluster_down.inhabitants import judged, refusals
from tests.unit.workflows.infra.test_infra_inputs import cluster, hub


def thing(namespace: str, name: str, kind: str = "") -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"type": kind}}


def release(namespace: str, name: str, **labels: str) -> dict[tuple[str, str], Release]:
    return {(namespace, name): Release(namespace, name, 1, "deployed", labels=labels)}


def test_hubs_volumes_and_load_balancers_are_named_with_what_to_do(tmp_path: Path) -> None:
    west = cluster(tmp_path, hubs=(hub("lab", state="retired"),))
    found = judged(
        west,
        release("lab", "lab", run="1") | release("old", "old", run="2") | release("tools", "minio")
        | release("support", "support", run="3"),
        [thing("lab", "claim-ada"), thing("support", "prometheus")],
        [thing("tools", "minio", "LoadBalancer"), thing("support", "ingress", "LoadBalancer"),
         thing("lab", "hub", "ClusterIP")],
    )  # fmt: skip
    assert found.support
    assert found.others == ("tools/minio",)
    hubs, volumes, balancers = refusals(west, found)
    assert "lab/lab: ./inv teardown-hub west lab" in hubs.evidence
    assert "old/old: no file knows it" in hubs.evidence
    assert volumes.evidence == "lab/claim-ada"
    assert balancers.evidence == "tools/minio"
    assert {each.exit_code for each in (hubs, volumes, balancers)} == {3}


def test_an_empty_cluster_may_go(tmp_path: Path) -> None:
    west = cluster(tmp_path)
    found = judged(west, release("support", "support"), [thing("support", "prometheus")], [])
    assert refusals(west, found) == []


class Slow:
    """A stand-in for the Kubernetes API: support's namespace, service and volumes go after some looks, or never."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.deleted: list[str] = []
        self.http = self

    def delete(self, path: str) -> str:
        self.deleted.append(path)
        return path

    def raise_for(self, _: str) -> None:
        return

    def errors(self, _: str) -> Any:
        import contextlib

        return contextlib.nullcontext()

    def get_json(self, path: str, _: str) -> Any:
        if self.looks <= 2:
            raise NotFound(path)
        return {}

    def list_json(self, path: str, _: str) -> list[Any]:
        if path.endswith("/services"):
            self.looks -= 1
            return [thing("support", "ingress", "LoadBalancer")] if self.looks > 1 else []
        kinds = {"disk": "Delete", "kept": "Retain", "other": "Delete"}
        return [
            {"metadata": {"name": name}, "spec": {"persistentVolumeReclaimPolicy": policy,
             "claimRef": {"namespace": "lab" if name == "other" else "support"}}}
            for name, policy in kinds.items() if self.looks > 0 or name != "disk"
        ]  # fmt: skip


def test_support_is_gone_when_the_cloud_has_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubfleet.workflows.cluster_down.support.pause", lambda _: None)
    said: list[str] = []
    kube = Slow(looks=3)
    assert support.clear(cast("Kube", kube), said.append) == ("kept",)
    assert kube.deleted == ["/api/v1/namespaces/support"]
    assert said[0] == "waiting for namespace support, load balancer ingress, volume disk"
    assert said[-1] == "waiting for volume disk", "the disk is the last to go"


def test_what_does_not_go_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubfleet.workflows.cluster_down.support.pause", lambda _: None)
    with pytest.raises(HubfleetError) as caught:
        support.clear(cast("Kube", Slow(looks=10_000)), lambda _: None)
    assert "load balancer ingress" in caught.value.evidence
