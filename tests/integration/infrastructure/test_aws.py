"""The whole way of a cluster on AWS, from new-cluster to destroyed: real terraform, its real AWS provider, and moto in
place of AWS.

What moto lacks is told in tests/fakes/moto_corrected.py: no budget, no add-ons, no copies of homes. The files below go
without them; everything else of terraform/aws is there.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from hubfleet.fleet import load_fleet
from tests.fakes import aws, moto_corrected
from tests.fakes.aws import FakeAws
from tests.integration.infrastructure.conftest import Desk, with_provider

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
PLACE = ["--provider", "aws", "--account", aws.ACCOUNT, "--region", aws.REGION]
COLLEGE = {"homes": {"kind": "nfs", "server": "nfs", "path": "/homes", "quota": "10Gi"}}
LAB = {
    "homes": {"kind": "efs"}, "node_pool": {"machine_type": "g5.xlarge", "max": 4, "gpu": {"type": "a10g", "count": 1}},
    "community": {"type": "research-team", "name": "Ocean Lab (St. John's)",
                  "contacts": [{"name": "Ada", "email": "ada@example.org"}]},
}  # fmt: skip
INFRASTRUCTURE: dict[str, Any] = {
    "kubernetes_version": "1.33",
    "network": {"cidr": "10.64.0.0/16", "authorized": ["192.0.2.0/24"]},
    "node_pools": {
        "core": {"purpose": "core", "machine_type": "r6i.large", "min": 1, "max": 3},
        "user": {"purpose": "user", "machine_type": "r6i.xlarge", "max": 20},
    },
    "storage": {"kind": "efs", "snapshot_keep_days": 0},
    "registry": True,
    "archive": {"keep_days": 730},
    "tags": {"team": "hubs"},
    "addons": [],
    "hubs": {"college": {"size_gb": 500}, "lab": {"read_buckets": ["ocean-data"]}},
}
DISK = 'module.homes.aws_ebs_volume.homes["college"]'


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch, desk: Desk, fake_aws: FakeAws) -> Desk:
    """With the real modules, and a cluster of two hubs that new-cluster and new-hub wrote, and a person finished."""
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    moto_corrected.correct()
    with_provider(desk, "aws", "modules", "state/aws")
    desk.new("ireland", *PLACE, hubs={"college": "education", "lab": "research"})
    desk.decide(**INFRASTRUCTURE)
    desk.decide("college", **COLLEGE)
    desk.decide("lab", **LAB)
    return desk


def test_from_new_cluster_to_destroyed(team: Desk) -> None:
    print(team.inv("infra-bootstrap", "ireland").stderr)
    planned = team.inv("infra-plan", "ireland")
    print(planned.stdout, planned.stderr)

    applied = team.inv("infra-apply", "ireland")

    print(applied.stderr)
    cluster = load_fleet(team.root).cluster("ireland")
    assert cluster.outputs.homes_server.startswith("fs-")
    assert cluster.outputs.registry.startswith(f"{aws.ACCOUNT}.dkr.ecr")
    assert cluster.outputs.archive
    assert cluster.outputs.hubs["lab"].identity.startswith("arn:aws:iam::")
    assert "the cloud is as the files say" in team.inv("infra-plan", "ireland").stderr
    _grow(team)
    _a_hub_goes(team)
    _all_goes(team)


def _grow(team: Desk) -> None:
    """A change in place, and what terraform would replace."""
    pools = {**INFRASTRUCTURE["node_pools"], "user": {"purpose": "user", "machine_type": "r6i.xlarge", "max": 30}}
    team.decide(node_pools=pools)
    planned = team.data("infra-plan", "ireland")
    assert {each["risk"] for each in planned["changes"]} == {"change"}
    assert "20" in str(planned)
    assert "30" in str(planned)


def _a_hub_goes(team: Desk) -> None:
    """Its disk holds data: that goes only by name."""
    team.decide(**INFRASTRUCTURE)
    team.decide("college", state="retired")
    planned = team.inv("infra-plan", "ireland")
    print(planned.stdout, planned.stderr)
    assert planned.stdout.splitlines()[1].startswith("DESTROYS WHAT HOLDS DATA\tdestroy\t" + DISK)
    refused = team.inv("infra-apply", "ireland", code=3)
    print(refused.stderr)
    assert f"--allow-destroy '{DISK}'" in refused.stderr
    team.inv("infra-apply", "ireland", "--allow-destroy", DISK)
    assert "the cloud is as the files say" in team.inv("infra-plan", "ireland").stderr


def _all_goes(team: Desk) -> None:
    team.decide("lab", state="retired")
    looked = team.data("infra-destroy", "ireland", "--plan-only")
    data = [each["address"] for each in looked["changes"] if each["risk"] == "data"]
    assert {each.rpartition(".")[0].rpartition(".")[2] for each in data} >= {"aws_eks_cluster", "aws_efs_file_system"}
    assert looked["kept"]
    assert not [address for address in data if "archive" in address], "it stays"
    refused = team.inv("infra-destroy", "ireland", "--confirm", "ireland", code=3)
    print(refused.stderr)
    allowed = [word for address in data for word in ("--allow-destroy", address)]

    # moto's Kubernetes has an address at which nothing answers.
    done = team.inv("teardown-cluster", "ireland", "--confirm", "ireland", "--skip-support", *allowed)

    print(done.stdout, done.stderr)
    assert "resources destroyed" in done.stderr
    outputs = yaml.safe_load((team.root / "clusters/ireland/outputs.yaml").read_text())
    assert set(outputs) == {"generated", "archive"}
    kinds = {line.split("\t")[1] for line in done.stdout.splitlines() if line.startswith("ireland\t")}
    assert kinds == {"bucket", "snapshot"}, "the archive, and a disk's last content"
    assert "nothing is left" in team.inv("infra-destroy", "ireland", "--confirm", "ireland").stderr
