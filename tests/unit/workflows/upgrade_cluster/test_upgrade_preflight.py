"""Whether a cluster may go to a version, from facts alone; in which order; until when; and the pin that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.clouds.interface import Operation, Pool, Versions
from hubfleet.errors import WrongUsage
from hubfleet.workflows.upgrade_cluster.constraint import fits
from hubfleet.workflows.upgrade_cluster.facts import Budget, Facts, ReleaseFacts, servers
from hubfleet.workflows.upgrade_cluster.moment import moment
from hubfleet.workflows.upgrade_cluster.pinned import like
from hubfleet.workflows.upgrade_cluster.preflight import Concern, concerns, target
from hubfleet.workflows.upgrade_cluster.removed import Object, objects, removed_in
from hubfleet.workflows.upgrade_cluster.steps import same, tasks

CORE, USERS = Pool("core", "1.33.5", user=False), Pool("user", "1.33.5", user=True)
VERSIONS = Versions("1.33.5", (USERS, Pool("dask", "1.33.5"), CORE), ("1.33.9", "1.34.1", "1.34.4"))


def told(facts: Facts, to: str = "1.34.4", provider: str = "aws") -> list[Concern]:
    return list(concerns(facts, to, provider))


def test_order_is_control_plane_core_others_users() -> None:
    found = tasks(VERSIONS, "1.34.4", "hubs")
    assert [(task.target, task.users) for task in found] == [
        ("hubs", False), ("core", False), ("dask", False), ("user", True),
    ]  # fmt: skip
    assert str(found[1]) == "upgrade pool core from 1.33.5 to 1.34.4"


def test_what_is_done_is_not_in_it() -> None:
    half = replace(VERSIONS, control_plane="1.34.4", pools=(replace(CORE, version="1.34.4"), USERS))
    assert [task.target for task in tasks(half, "1.34.4")] == ["user"]
    assert tasks(replace(half, pools=()), "1.34.4") == ()


@pytest.mark.parametrize(
    ("wanted", "meant"), [("1.34", "1.34.4"), ("1.34.1", "1.34.1"), ("1.33", "1.33.5"), ("1.33.9", "1.33.9")]
)
def test_version_that_is_meant(wanted: str, meant: str) -> None:
    assert target(VERSIONS, wanted) == meant


@pytest.mark.parametrize("wanted", ["1.35", "1.3", "latest", "", "1.34.2"])
def test_version_that_can_not_be_had(wanted: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        target(VERSIONS, wanted)
    assert "1.33.9, 1.34.1, 1.34.4" in caught.value.evidence or "goes back" in caught.value.next_step


def test_going_back_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="newer than"):
        target(VERSIONS, "1.32")


def test_control_plane_goes_one_minor_at_a_time() -> None:
    (first, *_) = told(Facts(replace(VERSIONS, control_plane="1.32.1", pools=())))
    assert (first.stops, first.next_step) == (True, "upgrade to 1.33 first")


@pytest.mark.parametrize(
    ("pool", "provider", "stops"),
    [("1.31.1", "aws", False), ("1.30.1", "aws", True), ("1.32.1", "gcp", False), ("1.31.1", "gcp", True)],
)
def test_nodes_may_be_so_far_behind(pool: str, provider: str, stops: bool) -> None:
    found = told(Facts(replace(VERSIONS, pools=(Pool("old", pool),))), provider=provider)
    assert [each.where for each in found if each.stops] == (["pool old"] if stops else [])


def test_nodes_are_never_ahead() -> None:
    found = told(Facts(replace(VERSIONS, pools=(Pool("new", "1.34.4"),))), to="1.33.9")
    assert "nodes never are" in found[0].what


@pytest.mark.parametrize(
    ("kind", "stops"), [("resize pool", True), ("upgrade pool", False), ("upgrade control plane", False)]
)
def test_work_of_the_cloud(kind: str, stops: bool) -> None:
    running = Operation("op-1", kind, "core", "running")
    assert any(each.stops for each in told(Facts(VERSIONS, (running,)))) is stops


def test_releases_that_could_not_be_changed_any_more() -> None:
    gone = Object("policy/v1beta1", "PodDisruptionBudget", "hub")
    release = ReleaseFacts("demo", "demo", "deployed", "jupyterhub 1.0.0", "", (gone, Object("v1", "Secret", "hub")))
    (found,) = told(Facts(VERSIONS, releases=(release,)))
    assert (found.stops, found.where) == (True, "release demo/demo")
    assert found.what == "PodDisruptionBudget hub: policy/v1beta1 is gone since 1.25; use policy/v1"


@pytest.mark.parametrize(
    ("kube_version", "status", "stops"),
    [(">=1.28.0-0", "deployed", []), ("<1.34.0-0", "deployed", [True]), ("what?", "deployed", [False]),
     ("", "pending-upgrade", [True])],
)  # fmt: skip
def test_chart_and_state_of_a_release(kube_version: str, status: str, stops: list[bool]) -> None:
    release = ReleaseFacts("demo", "demo", status, "jupyterhub 1", kube_version)
    assert [each.stops for each in told(Facts(VERSIONS, releases=(release,)))] == stops


def test_budgets_that_let_nobody_leave_stop_only_where_nodes_are_replaced() -> None:
    budgets = (Budget("demo", "hub", 0, 1), Budget("demo", "proxy", 1, 1), Budget("demo", "empty", 0, 0))
    (found,) = told(Facts(VERSIONS, budgets=budgets))
    assert (found.where, found.stops, found.budget) == ("disruption budget demo/hub", True, True)
    assert told(Facts(replace(VERSIONS, pools=()), budgets=budgets)) == []


def test_people_are_told_and_stop_nothing() -> None:
    (found,) = told(Facts(VERSIONS, servers={"b": 1, "a": 2}))
    assert (found.stops, found.what) == (False, "3 users' servers run (2 in a, 1 in b)")


def test_servers_that_ended_do_not_count() -> None:
    pods = [
        {"metadata": {"namespace": "a"}, "status": {"phase": phase}} for phase in ("Running", "Pending", "Succeeded")
    ]
    assert servers(pods) == {"a": 2}


@pytest.mark.parametrize(
    ("version", "count"), [("1.15", 0), ("1.16", 1), ("1.21.9", 1), ("1.22.0-gke.1", 2), ("1.35", 3)]
)
def test_removed_versions_by_release(version: str, count: int) -> None:
    manifest = (
        "apiVersion: apps/v1beta2\nkind: Deployment\nmetadata: {name: hub}\n---\n"
        "apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: hub}\n---\n"
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: cull}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: hub}\n---\n# nothing\n"
    )
    assert len(list(removed_in(objects(manifest), version))) == count


@pytest.mark.parametrize(
    ("constraint", "well"),
    [
        (">=1.28.0-0", True), (">= 1.28.0-0, < 1.34.0", False), (">=1.28-0 <1.35", True), (">1.34", False),
        ("^1.20.0", True), ("~1.34", True), ("~1.33", False), ("1.34.x", True), ("1.33.x || >=1.34.0", True),
        ("=1.34.2", True), ("!=1.34.2", False), ("*", True), ("", True), ("1.x", True), ("^2", False),
        ("about 1.34", None), ("2.0.0 || about", None),
    ],
)  # fmt: skip
def test_kube_version_in_helms_words(constraint: str, well: bool | None) -> None:
    assert fits("1.34.2-gke.300", constraint) is well


@given(st.text(max_size=20))
def test_no_constraint_breaks_it(text: str) -> None:
    assert fits("1.34.2", text) in (True, False, None)


@pytest.mark.parametrize(
    ("written", "pinned"),
    [("1.33", "1.34"), ("1.33.5", "1.34.2"), ("1.33.5-gke.100", "1.34.2-gke.300"), ("1", "1")],
)
def test_pin_has_as_many_parts_as_before(written: str, pinned: str) -> None:
    assert like(written, "1.34.2-gke.300") == pinned


def test_equal_as_far_as_the_cloud_tells() -> None:
    assert same("1.34", "1.34.2-gke.300")
    assert not same("1.34.1-gke.300", "1.34.2-gke.300")
    assert not same("1.33", "1.34.2")


NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90m", 5400), ("4h", 14400), ("2 d", 172800), ("45", 45), ("2027-01-01T01:00+00:00", 3600),
     ("2027-01-01T02:00:00+01:00", 3600), ("2027-01-01T01:00Z", 3600)],
)  # fmt: skip
def test_deadlines(text: str, seconds: int) -> None:
    assert moment(text, NOW) - NOW == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "-4h", "4w", "2027-01-02T01:00", "31d", "9" * 30, "2026-12-31T00:00Z", "2030-01-01T00:00Z"]
)
def test_deadlines_that_are_none(text: str) -> None:
    with pytest.raises(WrongUsage, match="--deadline"):
        moment(text, NOW)
