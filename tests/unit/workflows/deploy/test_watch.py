"""Judging a Deployment on its way, from what the API says of it and its pods."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hubfleet.fleet import load_fleet
from hubfleet.workflows.deploy.target import Target
from hubfleet.workflows.deploy.watch import SERVING_HUB, observe, part


def deployment(generation: int = 2, observed: int = 2, **status: int) -> dict[str, Any]:
    return {
        "metadata": {"name": "hub", "generation": generation, "labels": {"component": "hub"}},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"component": "hub"}}},
        "status": {"observedGeneration": observed, **status},
    }


SERVING = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def pod(created: str, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": f"hub-{created}", "creationTimestamp": created, "labels": {"component": "hub"}},
        "status": status,
    }


def waiting(reason: str, **last: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "hub", "state": {"waiting": {"reason": reason}}, "lastState": last}]}


def test_it_is_ready_when_the_new_revision_and_only_it_serves() -> None:
    assert part(deployment(**SERVING), []).ready


@pytest.mark.parametrize(
    "status",
    [{}, {**SERVING, "updatedReplicas": 0}, {**SERVING, "availableReplicas": 0}, {**SERVING, "replicas": 2}],
)
def test_it_is_not_ready_before(status: dict[str, int]) -> None:
    assert not part(deployment(**status), []).ready


def test_what_was_observed_before_the_change_does_not_count() -> None:
    assert not part(deployment(generation=3, observed=2, **SERVING), []).ready


def test_the_newest_pod_is_the_one_that_is_told() -> None:
    pods = [pod("2026-01-01T00:00:02Z", **waiting("ImagePullBackOff")), pod("2026-01-01T00:00:01Z", phase="Running")]
    found = part(deployment(), pods)
    assert (found.doing, found.trouble) == ("ImagePullBackOff", "ImagePullBackOff")


def test_a_container_that_is_being_made_is_no_trouble() -> None:
    found = part(deployment(), [pod("2026-01-01T00:00:02Z", **waiting("ContainerCreating"))])
    assert (found.doing, found.trouble) == ("ContainerCreating", "")


def test_a_crash_names_its_exit_code() -> None:
    crash = waiting("CrashLoopBackOff", terminated={"exitCode": 1})
    found = part(deployment(), [pod("2026-01-01T00:00:02Z", **crash)])
    assert found.doing == "CrashLoopBackOff, exit code 1"
    assert found.trouble


@pytest.mark.parametrize(("restarts", "hopeless"), [(0, False), (1, False), (2, True)])
def test_after_three_crashes_nobody_waits(restarts: int, hopeless: bool) -> None:
    status = waiting("CrashLoopBackOff", terminated={"exitCode": 1})
    status["containerStatuses"][0]["restartCount"] = restarts
    assert part(deployment(), [pod("2026-01-01T00:00:02Z", **status)]).hopeless is hopeless


def test_an_init_container_that_failed_is_told() -> None:
    status = {"initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 3}}}]}
    assert part(deployment(), [pod("2026-01-01T00:00:02Z", **status)]).doing == "ended with exit code 3"


def test_a_pod_without_a_node_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: Insufficient memory"}
    found = part(deployment(), [pod("2026-01-01T00:00:02Z", phase="Pending", conditions=[condition])])
    assert "Insufficient memory" in found.doing
    assert not found.trouble


def test_no_pod_can_be_made() -> None:
    item = deployment()
    item["status"]["conditions"] = [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: pods"}]
    assert part(item, []).doing == "exceeded quota: pods"


@pytest.mark.parametrize(("name", "waits"), [("lab", {"hub", "home-nfs"}), ("lab-staging", {"hub"})])
def test_a_hub_on_its_own_disk_waits_for_the_server_of_the_homes(name: str, waits: set[str]) -> None:
    """A stand-in answers for the API by the words of the selectors."""
    fleet = load_fleet(Path(__file__).parents[4] / "tests/examples/valid/own-disks")
    cluster = fleet.cluster("north")
    target = Target(fleet.root, fleet, cluster, cluster.hub(name), cast("Any", None), cast("Any", None))

    def answer(path: str, *_: str, labelSelector: str) -> list[dict[str, Any]]:  # noqa: N803 - the API's word
        found = deployment(**SERVING)
        if "nfs-server" in labelSelector:
            found["metadata"]["name"] = "home-nfs"
        return [found] if path.endswith("deployments") else []

    kube = cast("Any", SimpleNamespace(list_json=answer))
    assert {each.name for each in observe(kube, "north", target.serving)} == waits
    assert SERVING_HUB[0] in target.serving
