"""The whole way of a cluster on Google Cloud, from new-cluster to destroyed: real terraform, its real google provider,
and tests/fakes/google_cloud.py in place of Google.

What that does not model (rights, quotas, time, most of Google's own checks) is told there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet import paths
from hubfleet.errors import HubfleetError
from hubfleet.fleet import load_fleet
from hubfleet.toolchain import tool
from tests.fakes import gke, google_cloud
from tests.fakes.gke import FakeGke
from tests.fakes.google_cloud import FakeCloud, Fault
from tests.integration.infrastructure.conftest import ROOT, Desk, with_provider

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
PLACE = ["--provider", "gcp", "--project", "example-hubs", "--location", "us-west1"]
# What a person decides, where new-cluster wrote DECIDE.
DECIDED: dict[str, Any] = {
    "network": {"authorized": ["192.0.2.0/24"]},
    "node_pools": {
        "core": {"purpose": "core", "machine_type": "n2-standard-2", "min": 1, "max": 3, "zones": ["us-west1-b"]},
        "user": {"purpose": "user", "machine_type": "n2-highmem-4", "max": 10, "zones": ["us-west1-b"]},
    },
    "storage": {"kind": "filestore", "size_gb": 1024, "snapshot_keep_days": 30},
    "registry": True,
    "archive": {"keep_days": 730},
    "budget": {"amount": 500, "emails": ["ada@example.org"]},
    "tags": {"team": "hubs"},
    "hubs": {
        "college": {"size_gb": 500},
        "lab": {"scratch_buckets": {"scratch": {"expire_days": 7}}, "read_buckets": ["ocean-data"]},
    },
}
LAB_POOL = {"machine_type": "n1-standard-8", "max": 4, "gpu": {"type": "nvidia-tesla-t4", "count": 1}}
HOLD_DATA = (
    "module.cluster.google_container_cluster.this", "module.homes.google_filestore_instance.homes[0]",
    'module.hub["lab"].google_storage_bucket.scratch["scratch"]',
    "module.registry[0].google_artifact_registry_repository.this",
)  # fmt: skip
DISK = 'module.homes.google_compute_disk.homes["college"]'


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """Google Cloud with one project, and in it a bucket of somebody else."""
    with google_cloud.served() as fake:
        fake.add_bucket("ocean-data")
        yield fake


@pytest.fixture
def fake_gke() -> Iterator[FakeGke]:
    """GKE as hubfleet sees it, with nothing in it."""
    with gke.served(FakeGke()) as fake:
        yield fake


@pytest.fixture
def desk(tmp_path: Path, cloud: FakeCloud, fake_gke: FakeGke) -> Desk:
    """Somebody who is logged in to Google Cloud, with a repository without clusters. Nothing leaves the machine."""
    for program in ("terraform", "helm"):
        try:
            tool(program, ROOT)
        except HubfleetError as error:
            pytest.skip(f"{error.what}: {error.next_step}")
    root, home = tmp_path / "fleet", tmp_path / "home"
    root.mkdir()
    (home / "runtime").mkdir(parents=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE_", "TF_", "CLOUDSDK_"))}
    env |= {
        "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "runtime"), "XDG_CACHE_HOME": str(paths.cache().parent),
        "GOOGLE_APPLICATION_CREDENTIALS": str(cloud.google.key_file(home)), "HUBFLEET_GKE_ENDPOINT": fake_gke.address,
        "NO_GCE_CHECK": "true", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
        "PYTHONPATH": str(ROOT), "GIT_CEILING_DIRECTORIES": str(tmp_path), "GITHUB_ACTOR": "ada", **cloud.endpoints(),
    }  # fmt: skip
    return Desk(root, tmp_path, env)


@pytest.fixture
def team(desk: Desk) -> Desk:
    """With the real modules, and a cluster of two hubs that new-cluster and new-hub wrote, and a person finished."""
    with_provider(desk, "gcp", "modules", "state/gcp", provider="google")
    desk.new("west", *PLACE, hubs={"college": "education", "lab": "research"})
    desk.decide(**DECIDED)
    desk.decide("college", homes={"kind": "nfs", "server": "nfs", "path": "/homes", "quota": "10Gi"})
    desk.decide("lab", homes={"kind": "filestore", "quota": "100Gi"}, node_pool=LAB_POOL)
    return desk


def test_from_new_cluster_to_destroyed(team: Desk, cloud: FakeCloud, fake_gke: FakeGke) -> None:
    assert "./inv infra-bootstrap west" in team.inv("infra-plan", "west", code=1).stderr
    print(team.inv("infra-bootstrap", "west").stderr)
    planned = team.inv("infra-plan", "west")
    print(planned.stdout, planned.stderr)
    assert cloud.of("networks") == {}, "a plan makes nothing"

    _made_in_two_goes(team, cloud)

    cluster = load_fleet(team.root).cluster("west")
    assert cluster.outputs.homes_server == "10.65.0.2"
    assert cluster.outputs.registry == "us-west1-docker.pkg.dev/example-hubs/hubfleet-west"
    assert cluster.outputs.archive in {f"gs://{name}" for name in cloud.of("b")}
    assert cluster.outputs.hubs["lab"].identity in cloud.of("serviceAccounts")
    assert set(cluster.outputs.hubs["lab"].buckets.values()) <= set(cloud.of("b"))
    assert "0 errors" in team.inv("validate", "-s", "west").stderr
    _as_the_files_say(team)
    _one_hub_changes_and_the_other_goes(team, cloud)
    fake_gke.add("west")
    _all_goes(team, cloud)


def _made_in_two_goes(team: Desk, cloud: FakeCloud) -> None:
    """Google is busy, slow, and has no machines: the truth is told, and the next run completes."""
    busy = [Fault("POST /global/networks", 503), Fault("POST /disks", 429, "Quota exceeded, rateLimitExceeded", 2)]
    no_machines = Fault("POST /nodePools", words="Insufficient quota to satisfy the request: CPUS")
    cloud.faults = [*busy, no_machines]
    cloud.looks = {"POST compute.googleapis.com/projects/example-hubs/regions/us-west1/routers": 1,
                   "POST file.googleapis.com": 1}  # fmt: skip

    failed = team.inv("infra-apply", "west", code=1)

    print(failed.stderr)
    assert {fault.times for fault in cloud.faults} == {0}
    assert "Insufficient quota to satisfy the request: CPUS" in failed.stderr
    assert "what was done is in the state; ./inv infra-plan west shows what is left" in failed.stderr
    assert len(cloud.of("nodePools")) == 2
    left = team.data("infra-plan", "west")
    assert [each["action"] for each in left["changes"]] == ["create"]
    assert "google_container_node_pool" in left["changes"][0]["address"]
    print(team.inv("infra-apply", "west").stderr)
    assert set(cloud.of("nodePools")) == {"core", "user", "hub-lab"}, "GKE's own first pool is gone"


def _as_the_files_say(team: Desk) -> None:
    """The second look finds nothing to change, and nothing that others changed."""
    said = team.inv("infra-plan", "west").stderr
    assert "the cloud is as the files say" in said
    assert "changed by others" not in said


def _one_hub_changes_and_the_other_goes(team: Desk, cloud: FakeCloud) -> None:
    """What changes in place, and a disk, that goes only by name and leaves a copy."""
    user = {**DECIDED["node_pools"]["user"], "max": 30}
    lab = {**DECIDED["hubs"]["lab"], "scratch_buckets": {"scratch": {"expire_days": 14}}}
    pools = {**DECIDED["node_pools"], "user": user}
    team.decide(node_pools=pools, hubs={**DECIDED["hubs"], "lab": lab}, tags={"team": "sea"})
    team.decide("college", state="retired")
    planned = team.inv("infra-plan", "west")
    print(planned.stdout, planned.stderr)
    assert planned.stdout.splitlines()[1].startswith("DESTROYS WHAT HOLDS DATA\tdestroy\t" + DISK)
    assert "total_max_node_count: 10 → 30" in planned.stdout
    assert "replaces" not in planned.stdout
    refused = team.inv("infra-apply", "west", code=3)
    assert f"--allow-destroy '{DISK}'" in refused.stderr
    assert len(cloud.of("disks")) == 1

    team.inv("infra-apply", "west", "--allow-destroy", DISK)

    assert (cloud.of("disks"), len(cloud.of("snapshots"))) == ({}, 1)
    assert cloud.of("nodePools")["user"]["autoscaling"]["totalMaxNodeCount"] == 30
    assert {each["labels"]["team"] for each in cloud.of("instances").values()} == {"sea"}
    _as_the_files_say(team)


def _all_goes(team: Desk, cloud: FakeCloud) -> None:
    """Its Kubernetes is at an address where nothing answers. The first word is refused: the files say something new."""
    team.decide("lab", state="retired")
    team.decide(network={"authorized": ["198.51.100.0/24"]})
    allowed = [word for address in HOLD_DATA for word in ("--allow-destroy", address)]
    go = ["teardown-cluster", "west", "--confirm", "west", "--skip-support", *allowed]
    refused = team.inv(*go, code=3)
    assert "lifting the protection would change other things too; nothing was destroyed" in refused.stderr
    state = json.loads(cloud.objects["example-hubs-hubfleet-state"]["west/default.tfstate"].content)
    assert "module.archive[0]" in {each.get("module") for each in state["resources"]}, "the cluster goes on, with it"
    team.decide(network=DECIDED["network"])

    done = team.inv(*go)

    print(done.stdout, done.stderr)
    assert "resources destroyed" in done.stderr
    kinds = {line.split("\t")[1] for line in done.stdout.splitlines() if line.startswith("west\t")}
    assert kinds == {"bucket", "snapshot"}, "the archive, and a disk's last content"
    outputs = yaml.safe_load((team.root / "clusters/west/outputs.yaml").read_text())
    assert set(outputs) == {"generated", "archive"}
    left = {path.split("/")[-2] for path in cloud.things} - {"services"}
    assert left == {"b", "snapshots"}
    assert set(cloud.of("b")) == {"ocean-data", "example-hubs-hubfleet-state", outputs["archive"].removeprefix("gs://")}
    assert not [each for policy in cloud.policies.values() for each in policy["bindings"]], "nobody has rights any more"
