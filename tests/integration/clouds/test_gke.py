"""A GKE cluster through the real client over gRPC."""

from __future__ import annotations

from datetime import date

import grpc
import pytest

from hubfleet.clouds import cloud
from hubfleet.clouds.interface import LoginNeeded, Missing, Operation, Versions
from hubfleet.clouds.waiting import OperationFailed, carried_out, wait
from hubfleet.errors import HubfleetError, Interrupted, Refused, WrongUsage
from hubfleet.fleet import Cluster
from hubfleet.runs import Step
from tests.fakes.gke import FakeGke, Fault
from tests.fakes.google import ACCOUNT, FakeGoogle
from tests.integration.clouds.conftest import run_of, said

pytestmark = pytest.mark.integration
NEWER = "1.34.2-gke.300"


def on(version: str):
    return lambda versions: versions.control_plane == version


def test_versions(fake_gke: FakeGke, west: Cluster) -> None:
    found = cloud(west).versions()

    assert found.control_plane == "1.33.5-gke.100"
    assert found.available == ("1.33.6-gke.10", "1.34.1-gke.200", NEWER), "of the channel, not two minors ahead"
    assert (found.end_of_support, found.channel) == (date(2027, 2, 27), "regular")
    assert [(each.name, each.smallest, each.largest, each.user) for each in found.pools] == [
        ("core", 0, 10, False),
        ("user", 0, 10, True),
    ]


def test_upgrade_of_the_control_plane_is_begun_and_waited_for(fake_gke: FakeGke, west: Cluster, step: Step) -> None:
    gke = cloud(west)

    operation = gke.upgrade_control_plane(NEWER)
    assert gke.running_operations() == (operation,)
    done = wait(gke, operation, step, on(NEWER))

    assert (done.state, done.kind, done.target) == ("done", "upgrade control plane", "hubs")
    assert fake_gke.clusters["hubs"].current_master_version == NEWER
    assert gke.running_operations() == ()
    assert any("NODES_LEFT 1" in line for line in said(step.run))


def test_upgrade_of_a_pool(fake_gke: FakeGke, west: Cluster, step: Step) -> None:
    gke = cloud(west)

    wait(gke, gke.upgrade_pool("user", "1.33.6-gke.10"), step, lambda _: False)

    assert {each.name: each.version for each in gke.versions().pools} == {
        "core": "1.33.5-gke.100",
        "user": "1.33.6-gke.10",
    }


def test_bounds_of_a_pool_are_in_all_and_gke_counts_by_zone(fake_gke: FakeGke, west: Cluster, step: Step) -> None:
    gke = cloud(west)

    wait(gke, gke.resize_pool("user", smallest=2, largest=20), step, lambda _: False)

    scaling = fake_gke.clusters["hubs"].node_pools[1].autoscaling
    assert (scaling.min_node_count, scaling.max_node_count) == (1, 10)
    with pytest.raises(WrongUsage, match="by zone, in 2 zones"):
        gke.resize_pool("user", smallest=1, largest=20)
    with pytest.raises(Missing, match="no node pool nobody"):
        gke.resize_pool("nobody", smallest=1, largest=20)


def test_failing_operation_is_told_with_the_clouds_words_and_the_real_versions(
    fake_gke: FakeGke, west: Cluster, step: Step
) -> None:
    gke = cloud(west)
    fake_gke.fail_next = "quota exceeded for CPUS"

    with pytest.raises(OperationFailed) as caught:
        wait(gke, gke.upgrade_control_plane(NEWER), step, on(NEWER))

    assert "quota exceeded for CPUS" in caught.value.evidence
    assert "control plane 1.33.5-gke.100" in caught.value.evidence


@pytest.mark.parametrize("effect", ["with its effect", "without effect"])
def test_lost_operation_is_judged_by_what_is_there(effect: str, fake_gke: FakeGke, west: Cluster, step: Step) -> None:
    gke = cloud(west)
    fake_gke.lose_next = effect
    operation = gke.upgrade_control_plane(NEWER)

    if effect == "with its effect":
        done = wait(gke, operation, step, on(NEWER))
        assert f"no longer knows the operation; control plane {NEWER}" in done.detail
    else:
        with pytest.raises(OperationFailed, match="the cloud has lost: upgrade control plane hubs") as caught:
            wait(gke, operation, step, on(NEWER))
        assert "1.33.5-gke.100" in caught.value.evidence


def test_busy_and_silent_apis_are_waited_out(
    fake_gke: FakeGke, west: Cluster, step: Step, hurried: list[float]
) -> None:
    gke = cloud(west)
    operation = gke.upgrade_control_plane(NEWER)
    fake_gke.faults += [
        Fault("get_operation", grpc.StatusCode.UNAVAILABLE),
        Fault("get_operation", grpc.StatusCode.RESOURCE_EXHAUSTED, "slow down", retry_after=77),
    ]

    assert wait(gke, operation, step, on(NEWER)).state == "done"
    assert any(seconds >= 77 for seconds in hurried), "GKE asked for 77 s"


def test_operation_whose_answer_got_lost_is_not_begun_twice(fake_gke: FakeGke, west: Cluster) -> None:
    gke = cloud(west)
    fake_gke.faults += [Fault("update_cluster", grpc.StatusCode.UNAVAILABLE, late=True)]

    operation = gke.upgrade_control_plane(NEWER)

    assert operation.id == "operation-1"
    assert fake_gke.calls.count("update_cluster") == 1


def test_busy_api_is_asked_again_to_begin(fake_gke: FakeGke, west: Cluster) -> None:
    fake_gke.faults += [Fault("update_cluster", grpc.StatusCode.RESOURCE_EXHAUSTED)]

    assert cloud(west).upgrade_control_plane(NEWER).id == "operation-1"
    assert fake_gke.calls.count("update_cluster") == 2


def test_what_somebody_else_began_is_told(fake_gke: FakeGke, west: Cluster) -> None:
    gke = cloud(west)
    gke.upgrade_pool("core", "1.33.6-gke.10")

    with pytest.raises(HubfleetError, match="refused to upgrade control plane") as caught:
        gke.upgrade_control_plane(NEWER)
    assert "operation-1" in caught.value.evidence


def test_resumed_run_goes_on_with_the_wait(fake_gke: FakeGke, west: Cluster, hurried: list[float]) -> None:
    """Ctrl-C leaves the operation running; the journal has its id, so that nothing is begun twice."""
    run = run_of(west.folder.parents[1])
    fake_gke.looks = 3

    class Interrupting:
        def __init__(self) -> None:
            self.gke = cloud(west)

        def operation(self, identity: str) -> Operation:
            self.gke.operation(identity)
            raise KeyboardInterrupt

        def versions(self) -> Versions:
            return self.gke.versions()

    gke = cloud(west)
    with pytest.raises(Interrupted, match="the cloud goes on with: upgrade control plane hubs") as caught:
        carried_out(run, "control plane", Interrupting(), lambda: gke.upgrade_control_plane(NEWER), on(NEWER))
    assert caught.value.where == "operation operation-1"

    carried_out(run, "control plane", gke, lambda: pytest.fail("begun twice"), on(NEWER))
    assert fake_gke.clusters["hubs"].current_master_version == NEWER


def test_resumed_run_begins_anew_what_has_failed(fake_gke: FakeGke, west: Cluster) -> None:
    run = run_of(west.folder.parents[1])
    gke = cloud(west)
    fake_gke.fail_next = "quota"

    with pytest.raises(OperationFailed):
        carried_out(run, "control plane", gke, lambda: gke.upgrade_control_plane(NEWER), on(NEWER))
    done = carried_out(run, "control plane", gke, lambda: gke.upgrade_control_plane(NEWER), on(NEWER))

    assert (done.id, done.state) == ("operation-2", "done")


def test_silence_for_too_long_ends_with_the_truth(fake_gke: FakeGke, west: Cluster, step: Step) -> None:
    from hubfleet.clouds.interface import Unanswered
    from hubfleet.clouds.waiting import Patience

    gke = cloud(west)
    operation = gke.upgrade_control_plane(NEWER)
    fake_gke.faults += [Fault("get_operation", grpc.StatusCode.UNAVAILABLE) for _ in range(5)]

    with pytest.raises(Unanswered, match="no longer answers; it may go on"):
        wait(gke, operation, step, on(NEWER), Patience(silences=3))


def test_who_we_are(fake_gke: FakeGke, west: Cluster) -> None:
    found = cloud(west).check()

    assert (found.principal, found.place) == (ACCOUNT, "example-hubs")


def test_expired_login(fake_gke: FakeGke, fake_google: FakeGoogle, west: Cluster) -> None:
    fake_google.withdrawn = True

    with pytest.raises(LoginNeeded, match="has expired") as caught:
        cloud(west).check()
    assert caught.value.next_step == "gcloud auth application-default login"
    assert fake_gke.calls == []


def test_nobody_logged_in(fake_gke: FakeGke, west: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")

    with pytest.raises(LoginNeeded, match="nobody is logged in"):
        cloud(west).versions()


def test_account_without_rights_in_the_project(fake_gke: FakeGke, west: Cluster) -> None:
    fake_gke.faults += [
        Fault("get_server_config", grpc.StatusCode.PERMISSION_DENIED, "missing container.clusters.list")
    ]

    with pytest.raises(Refused, match="does not allow us to use the project") as caught:
        cloud(west).check()
    assert "container.clusters.list" in caught.value.evidence


def test_unknown_cluster(fake_gke: FakeGke, west: Cluster) -> None:
    del fake_gke.clusters["hubs"]

    with pytest.raises(Missing, match="no cluster hubs in example-hubs, us-west1"):
        cloud(west).access()
