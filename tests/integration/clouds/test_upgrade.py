"""Upgrading a cluster: the real clients of GKE (gRPC) and EKS (boto3) against stand-ins that fail, lose and refuse.

The Kubernetes API is tests/fakes/kubernetes.py here; tests/e2e/test_drain.py has a real one.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import grpc
import pytest

from hubfleet import clouds, process
from hubfleet.clouds.access import Access
from hubfleet.clouds.interface import Versions
from hubfleet.clouds.waiting import OperationFailed
from hubfleet.errors import Interrupted, Refused, WrongUsage
from hubfleet.fleet import Cluster, load_fleet
from hubfleet.process import pause
from hubfleet.runs import resume_or_start
from hubfleet.workflows import upgrade_cluster as work
from hubfleet.workflows.upgrade_cluster import Options, Upgraded
from hubfleet.workflows.upgrade_cluster.drain import NotEmptied, Pace
from tests.fakes import kubernetes
from tests.fakes.aws import ACCOUNT, REGION, FakeAws
from tests.fakes.gke import FakeGke, Fault
from tests.fakes.kubernetes import FakeKube
from tests.integration.clouds.conftest import said

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
OLD, NEWER = "1.33.5-gke.100", "1.34.2-gke.300"
NOW = Options(deadline="0", pace=Pace(patience=5))
ON_FAKE = """\
import sys
from pathlib import Path
from hubfleet import clouds
from hubfleet.clouds.access import Access
file = Path(sys.argv.pop(1))
clouds.access = lambda cluster: Access(cluster.name, file)
from hubfleet.cli.program import main
sys.argv[0] = "inv"
main()
"""


@dataclass
class Place:
    """A cluster in the fake cloud, and its fake Kubernetes API."""

    root: Path
    kube: FakeKube
    kubeconfig: Path

    def upgrade(self, name: str = "west", to: str = "1.34", options: Options = NOW) -> Upgraded:
        """As the task does it, in this process."""
        planned = work.plan(self.root, name, to)
        run = resume_or_start(self.root, "upgrade-cluster", f"{name} to {planned.to}")
        self.run = run
        with run.ending():
            return work.upgrade_cluster(run, self.root, planned, options)

    def words(self, *words: str) -> list[str]:
        """The command line of a process of its own that does it."""
        return [sys.executable, "-c", ON_FAKE, str(self.kubeconfig), "--search-root", str(ROOT), *words]

    def inv(self, *words: str, ok: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.words(*words), cwd=self.root, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == ok, done.stderr
        return done

    @property
    def file(self) -> Path:
        return self.root / "clusters/west/cluster.yaml"


@pytest.fixture
def place(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    def short(seconds: float) -> None:
        pause(min(seconds, 0.01))

    for module in ("drain", "health"):
        monkeypatch.setattr(f"hubfleet.workflows.upgrade_cluster.{module}.pause", short)
    with kubernetes.served(tmp_path) as (fake, kubeconfig):
        made: list[Access] = []

        def access(cluster: Cluster) -> Access:
            made.append(Access(cluster.name, kubeconfig))
            return made[-1]

        monkeypatch.setattr(clouds, "access", access)
        yield Place(root, fake, kubeconfig)
        for each in made:
            each.kube.close()
        process._interrupted.clear()


def pools(versions: Versions) -> dict[str, str]:
    return {each.name: each.version for each in versions.pools}


def test_control_plane_then_core_then_users(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")

    done = place.upgrade()

    assert done.versions.control_plane == NEWER
    assert pools(done.versions) == {"core": NEWER, "user": NEWER}
    names = [name for name, _ in done.steps if name.startswith("upgrade") and "operation" not in name]
    assert names == [
        f"upgrade control plane from {OLD} to {NEWER}",
        f"upgrade pool core from {OLD} to {NEWER}",
        f"upgrade pool user from {OLD} to {NEWER}",
    ]
    assert place.inv("upgrade-cluster", "west", "--to", "1.34", "--json").stdout.count('"nothing"') == 1


def test_plan_changes_nothing_and_names_what_stops_it(fake_gke: FakeGke, place: Place) -> None:
    old = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: first}\n"
    place.kube.add_release("demo", old, kube_version=">=1.28.0-0 <1.34.0-0")
    place.kube.add_budget("hub", allowed=0, pods=1)
    place.kube.add_node("u1")
    place.kube.add_pod("jupyter-ada", "u1")

    done = place.inv("upgrade-cluster", "west", "--to", "1.34", "--plan-only", "--json")

    found = json.loads(done.stdout)
    assert [(each["target"], each["waits_for_users"]) for each in found["tasks"]] == [
        ("hubs", False), ("core", False), ("user", True),
    ]  # fmt: skip
    told = [(each["stops"], each["where"]) for each in found["concerns"]]
    assert told == [
        (True, "release demo/demo"), (True, "release demo/demo"), (True, "disruption budget demo/hub"), (False, "user"),
    ]  # fmt: skip
    assert "v1beta3 is gone since 1.32" in found["concerns"][0]["what"]
    refused = place.inv("upgrade-cluster", "west", "--to", "1.34", ok=3)
    assert "3 reasons" in refused.stderr
    assert not any(call.startswith("update") for call in fake_gke.calls)
    assert not any(call.startswith(("POST", "PATCH", "PUT")) for call in place.kube.calls)


def test_unknown_versions_list_what_can_be_had(fake_gke: FakeGke, place: Place) -> None:
    with pytest.raises(WrongUsage) as caught:
        work.plan(place.root, "west", "1.36")
    assert f"1.33.6-gke.10, 1.34.1-gke.200, {NEWER}" in caught.value.evidence
    assert "version" in place.inv("upgrade-cluster", "west", ok=2).stderr
    with pytest.raises(WrongUsage, match="newer than"):
        work.plan(place.root, "west", "1.32")


def test_pin_follows_with_as_many_parts_and_its_comment(fake_gke: FakeGke, place: Place) -> None:
    text = place.file.read_text() + "infrastructure:\n  kubernetes_version: '1.33'   # with the winter break\n"
    place.file.write_text(text)

    done = place.upgrade()

    assert done.pinned == "clusters/west/cluster.yaml"
    assert place.file.read_text() == text.replace("'1.33'", "'1.34'")


def test_lost_operation_without_effect_stops_and_the_next_run_begins_it_anew(fake_gke: FakeGke, place: Place) -> None:
    fake_gke.lose_next = "without effect"

    with pytest.raises(OperationFailed, match="the cloud has lost: upgrade control plane hubs"):
        place.upgrade()
    assert "update_node_pool" not in fake_gke.calls, "nothing further was begun"

    assert pools(place.upgrade().versions) == {"core": NEWER, "user": NEWER}


def test_lost_operation_with_its_effect_goes_on(fake_gke: FakeGke, place: Place) -> None:
    fake_gke.lose_next = "with its effect"

    assert place.upgrade().versions.control_plane == NEWER
    assert fake_gke.calls.count("update_cluster") == 1


def test_failing_pool_tells_the_truth_and_nothing_further_is_begun(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")
    begin = fake_gke.update_node_pool

    def failing(request):  # type: ignore[no-untyped-def]
        fake_gke.fail_next = "quota exceeded for CPUS"
        return begin(request)

    fake_gke.update_node_pool = failing  # type: ignore[method-assign]
    with pytest.raises(OperationFailed, match="could not finish: upgrade pool core") as caught:
        place.upgrade()
    assert "quota exceeded for CPUS" in caught.value.evidence
    assert f"now: control plane {NEWER}; pools: core {OLD}, user {OLD}" in caught.value.evidence
    assert fake_gke.calls.count("update_node_pool") == 1
    assert place.kube.closed() == []

    fake_gke.update_node_pool = begin  # type: ignore[method-assign]
    assert pools(place.upgrade().versions) == {"core": NEWER, "user": NEWER}
    assert fake_gke.calls.count("update_cluster") == 1, "what was done is not done again"


def test_failing_user_pool_is_open_again(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")
    fake_gke.clusters["hubs"].current_master_version = NEWER
    fake_gke.clusters["hubs"].node_pools[0].version = NEWER
    fake_gke.fail_next = "no machines"

    with pytest.raises(OperationFailed):
        place.upgrade()

    assert "PATCH /api/v1/nodes/u1" in place.kube.calls, "it was closed"
    assert place.kube.closed() == []


def test_busy_cloud_is_waited_out(fake_gke: FakeGke, place: Place, hurried: list[float]) -> None:
    fake_gke.faults += [
        Fault("update_cluster", grpc.StatusCode.UNAVAILABLE),
        Fault("get_operation", grpc.StatusCode.UNAVAILABLE),
        Fault("update_node_pool", grpc.StatusCode.UNAVAILABLE, late=True),
        Fault("get_operation", grpc.StatusCode.RESOURCE_EXHAUSTED, "slow down", retry_after=77),
    ]

    assert pools(place.upgrade().versions) == {"core": NEWER, "user": NEWER}
    assert fake_gke.calls.count("update_node_pool") == 2, "one for each pool: the lost answer was found again"
    assert any(seconds >= 77 for seconds in hurried)


def test_what_another_machine_began_is_waited_for_first(fake_gke: FakeGke, place: Place, west: Cluster) -> None:
    clouds.cloud(west).upgrade_control_plane(NEWER)

    done = place.upgrade()

    assert "go on with what is under way: upgrade control plane hubs" in dict(done.steps)
    assert fake_gke.calls.count("update_cluster") == 1


def test_users_are_waited_for_and_go_by_themselves(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")
    place.kube.add_pod("jupyter-ada", "u1")
    place.kube.add_pod("agent", "u1", server=False, owner="DaemonSet")

    def leave(call: str) -> None:
        if place.kube.calls.count("GET /api/v1/pods") == 6:
            place.kube.pods.pop("demo/jupyter-ada", None)

    place.kube.on_call = leave
    place.upgrade(options=replace(NOW, deadline="4h"))

    assert not any("eviction" in call for call in place.kube.calls)
    assert any("1 users' servers run; waiting until" in line for line in said(place.run))


def test_after_the_deadline_users_are_asked_to_leave_and_budgets_are_respected(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")
    place.kube.add_node("c1", pool="core")
    place.kube.add_pod("jupyter-ada", "u1")
    place.kube.add_pod("hub", "c1", server=False)
    place.kube.refuse_eviction = 2

    place.upgrade()

    evictions = [call for call in place.kube.calls if "eviction" in call]
    assert evictions == ["POST /api/v1/namespaces/demo/pods/jupyter-ada/eviction"] * 3
    assert any("may not leave yet: Cannot evict pod" in line for line in said(place.run))


def test_server_that_never_ends_stops_it_before_the_pool_is_touched(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")
    place.kube.add_pod("jupyter-ada", "u1")
    place.kube.stuck.add("demo/jupyter-ada")

    with pytest.raises(NotEmptied, match="1 pods do not leave pool user") as caught:
        place.upgrade(options=replace(NOW, pace=Pace(patience=0.05)))
    assert "demo/jupyter-ada: was asked to leave" in caught.value.evidence
    assert place.kube.closed() == []
    assert fake_gke.calls.count("update_node_pool") == 1, "core only"


def test_ctrl_c_while_users_are_waited_for_leaves_their_nodes_open(fake_gke: FakeGke, place: Place) -> None:
    place.kube.add_node("u1")
    place.kube.add_pod("jupyter-ada", "u1")

    place.kube.on_call = interrupting(place.kube, "GET /api/v1/pods", 9)
    with pytest.raises(Interrupted):
        place.upgrade(options=replace(NOW, deadline="4h"))
    assert place.kube.closed() == [], "users can go on working"


def interrupting(kube: FakeKube, call: str, number: int):  # type: ignore[no-untyped-def]
    """Ctrl-C at the n-th of these calls, as another thread passes it on."""

    def interrupt(made: str) -> None:
        if kube.calls.count(call) == number and made == call:
            process._interrupted.set()

    return interrupt


def test_kubernetes_out_of_reach_begins_nothing(fake_gke: FakeGke, place: Place) -> None:
    place.kube.faults.append(("poddisruptionbudgets", 503))

    done = place.inv("upgrade-cluster", "west", "--to", "1.34", ok=1)

    assert "list the disruption budgets" in done.stderr
    assert not any(call.startswith("update") for call in fake_gke.calls)


@pytest.mark.parametrize("machine", ["the same machine", "another machine"])
@pytest.mark.parametrize("at", ["update_cluster", "update_node_pool"])
def test_killed_at_an_operation_and_given_again(fake_gke: FakeGke, place: Place, at: str, machine: str) -> None:
    place.kube.add_node("u1")
    fake_gke.looks = 10_000
    if at == "update_node_pool":
        fake_gke.clusters["hubs"].current_master_version = NEWER
    running = subprocess.Popen(
        place.words("upgrade-cluster", "west", "--to", "1.34", "--deadline", "0"),
        cwd=place.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: at in fake_gke.calls and "get_operation" in fake_gke.calls)
    running.send_signal(signal.SIGKILL)
    running.wait()
    for work_of in fake_gke._works.values():
        work_of.looks = 2
    fake_gke.looks = 2
    if machine == "another machine":
        place.kube.objects = {path: each for path, each in place.kube.objects.items() if "leases" not in path}
        (place.root / ".hubfleet").rename(place.root / "gone")

    done = place.upgrade()

    assert (done.versions.control_plane, pools(done.versions)) == (NEWER, {"core": NEWER, "user": NEWER})
    assert fake_gke.calls.count("update_cluster") == (at == "update_cluster")
    assert fake_gke.calls.count("update_node_pool") == 2
    assert place.kube.closed() == ["u1"], "closed for the operation that replaces it"


def until(holds) -> None:  # type: ignore[no-untyped-def]
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_two_engineers_at_once(fake_gke: FakeGke, place: Place) -> None:
    from hubfleet.runs import start
    from hubfleet.runs.lock import locked

    kube = clouds.access(load_fleet(place.root).cluster("west")).kube
    with (
        locked(kube, "cluster-upgrade", start(place.root, "upgrade-cluster", "other")),
        pytest.raises(Refused, match="being worked on by somebody else"),
    ):
        place.upgrade()
    assert not any(call.startswith("update") for call in fake_gke.calls)


@pytest.fixture
def groups(fake_aws: FakeAws) -> FakeAws:
    """An EKS cluster with two node groups."""
    eks, ec2 = boto3.client("eks", region_name=REGION), boto3.client("ec2", region_name=REGION)
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    role = f"arn:aws:iam::{ACCOUNT}:role/eks"
    eks.create_cluster(name="hubs", version="1.33", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    for name in ("core", "user"):
        eks.create_nodegroup(
            clusterName="hubs", nodegroupName=name, subnets=subnets, nodeRole=role, version="1.33",
            labels={"hub.jupyter.org/node-purpose": name}, instanceTypes=["m5.xlarge"],
            scalingConfig={"minSize": 0, "maxSize": 10, "desiredSize": 3},
        )  # fmt: skip
    return fake_aws


def test_eks_control_plane_and_node_groups(groups: FakeAws, place: Place) -> None:
    groups.faults += [("/updates/", 503, "ServiceUnavailableException", {})]

    done = place.upgrade("ireland", "1.34")

    assert (done.versions.control_plane, pools(done.versions)) == ("1.34", {"core": "1.34", "user": "1.34"})
    begun = [
        call for call in groups.calls if call.startswith("POST") and call.endswith(("/updates", "/update-version"))
    ]
    assert begun == [
        "POST /clusters/hubs/updates",
        "POST /clusters/hubs/node-groups/core/update-version",
        "POST /clusters/hubs/node-groups/user/update-version",
    ]


def test_eks_budget_that_does_not_give_way_stops_it_and_it_goes_on_later(groups: FakeAws, place: Place) -> None:
    cloud = clouds.cloud(load_fleet(place.root).cluster("ireland"))
    operation = cloud.upgrade_control_plane("1.34")
    while cloud.operation(operation.id).state == "running":
        pass
    groups.fail_next = "Reached max retries while trying to evict pods"

    with pytest.raises(OperationFailed, match="upgrade pool core") as caught:
        place.upgrade("ireland", "1.34")
    assert "PodEvictionFailure" in caught.value.evidence

    assert pools(place.upgrade("ireland", "1.34").versions) == {"core": "1.34", "user": "1.34"}
