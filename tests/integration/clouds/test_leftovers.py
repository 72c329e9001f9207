"""What is found by tag, what it costs, and that nothing is ever changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from hubfleet.clouds import cloud
from hubfleet.clouds.azure import Aks
from hubfleet.errors import Refused
from hubfleet.fleet import Cluster
from hubfleet.workflows.leftovers import leftovers, scan
from tests.fakes.aws import REGION, FakeAws
from tests.fakes.azure import SUBSCRIPTION, FakeAzure
from tests.fakes.gke import FakeGke
from tests.fakes.google import FakeGoogle

pytestmark = pytest.mark.integration
OURS = {"hubfleet-cluster": "west"}
COMPUTE = "/compute.googleapis.com/compute/v1/projects/example-hubs"
LAST_COPY = "homes-d63eba28-"  # the first digits of the SHA-1 of west: terraform/modules/gcp-homes
ZONE = "https://www.googleapis.com/compute/v1/projects/example-hubs/zones/us-west1-a"


@pytest.fixture
def things(fake_gke: FakeGke, fake_google: FakeGoogle) -> dict[str, list[dict[str, Any]]]:
    """A project in which a cluster left things behind, beside those of others."""
    claim = {"kubernetes.io/created-for/pvc/namespace": "college"}
    disk = {"zone": ZONE, "type": f"{ZONE}/diskTypes/pd-ssd", "creationTimestamp": "2026-01-02T03:04:05.678-08:00"}
    fake_google.things = {
        f"{COMPUTE}/aggregated/disks": [
            {**disk, "name": "homes", "sizeGb": "100", "labels": {**OURS, "hubfleet-hub": "lab"}, "users": ["vm"]},
            {**disk, "name": "pvc-1", "sizeGb": "10", "description": json.dumps(claim),
             "labels": {"goog-k8s-cluster-name": "hubs", "goog-k8s-cluster-location": "us-west1"}},
            {**disk, "name": "twin", "sizeGb": "10",
             "labels": {"goog-k8s-cluster-name": "hubs", "goog-k8s-cluster-location": "europe-west1"}},
            {**disk, "name": "theirs", "sizeGb": "10", "labels": {"hubfleet-cluster": "east"}},
        ],
        f"{COMPUTE}/global/snapshots": [
            {"name": "snap", "labels": OURS, "storageBytes": str(20 * 2**30)},
            {"name": f"{LAST_COPY}lab-0a1b2c3d-20261124-100000", "storageBytes": "0"},
            {"name": "homes-0a1b2c3d-lab-0a1b2c3d-20261124-100000", "storageBytes": "0"},
        ],
        f"{COMPUTE}/aggregated/addresses": [
            {"name": "ip", "labels": OURS, "status": "RESERVED", "region": "r/us-west1"}
        ],
        f"{COMPUTE}/global/firewalls": [
            {"name": "k8s-fw-a1", "targetTags": ["gke-hubs-0a1b2c3d-node"]},
            {"name": "k8s-fw-a2", "targetTags": ["gke-hubs-two-0a1b2c3d-node"]},
        ],
        f"{COMPUTE}/aggregated/forwardingRules": [
            {"name": "a1", "region": "r/us-west1", "description": '{"kubernetes.io/service-name":"support/ingress"}'},
            {"name": "a2", "region": "r/us-west1", "description": '{"kubernetes.io/service-name":"support/ingress"}'},
        ],
        "/file.googleapis.com/v1/projects/example-hubs/locations/-/instances": [
            {"name": "projects/example-hubs/locations/us-west1-a/instances/nfs", "labels": OURS, "tier": "BASIC_HDD",
             "fileShares": [{"capacityGb": "1024"}]}
        ],
        "/storage.googleapis.com/storage/v1/b": [{"name": "scratch", "labels": OURS, "location": "US-WEST1"}],
    }  # fmt: skip
    return fake_google.things


def test_gcp(things: dict[str, Any], fake_google: FakeGoogle, west: Cluster) -> None:
    found = {each.name: each for each in cloud(west).leftovers()}

    assert {each.kind + " " + name for name, each in found.items()} == {
        "disk homes", "disk pvc-1", "snapshot snap", "address ip", "load balancer a1", "file store nfs",
        "bucket scratch", f"snapshot {LAST_COPY}lab-0a1b2c3d-20261124-100000",
    }  # fmt: skip
    assert (found["homes"].hub, found["homes"].dollars_per_month, found["homes"].in_use) == ("lab", 17.0, True)
    assert (found["pvc-1"].hub, found["a1"].hub) == ("college", "support")
    assert found["nfs"].dollars_per_month == 163.84
    assert found["snap"].dollars_per_month == 1.0
    data = {"homes", "pvc-1", "snap", "nfs", "scratch", f"{LAST_COPY}lab-0a1b2c3d-20261124-100000"}
    assert {name for name, each in found.items() if each.holds_data} == data
    assert found["homes"].remove == "gcloud compute disks delete homes --zone us-west1-a --project example-hubs"
    assert {each.method for each in fake_google.asked if each.path != "/token"} == {"GET"}


def test_api_that_is_switched_off_has_nothing(things: dict[str, Any], fake_google: FakeGoogle, west: Cluster) -> None:
    fake_google.switched_off = {"file.googleapis.com"}
    assert "nfs" not in {each.name for each in cloud(west).leftovers()}

    fake_google.switched_off = {"compute.googleapis.com"}
    with pytest.raises(Refused, match="does not allow us to look for leftovers"):
        cloud(west).leftovers()


def test_scan_tells_what_went_wrong_and_raises_nothing(
    fake_google: FakeGoogle, fake_gke: FakeGke, west: Cluster
) -> None:
    fake_google.withdrawn = True

    found = scan(west)

    assert (found.complete, found.next_step) == (False, "gcloud auth application-default login")
    assert "expired" in found.note


def test_aws(fake_aws: FakeAws, ireland: Cluster) -> None:
    ec2, s3, elb, efs = (boto3.client(name, region_name=REGION) for name in ("ec2", "s3", "elbv2", "efs"))
    tags = [{"Key": "hubfleet-cluster", "Value": "ireland"}, {"Key": "hubfleet-hub", "Value": "lab"}]
    theirs = [{"Key": "hubfleet-cluster", "Value": "another"}]

    def volume(tagged: list[dict[str, str]]) -> str:
        specification = [{"ResourceType": "volume", "Tags": tagged}]
        zone = f"{REGION}a"
        made = ec2.create_volume(AvailabilityZone=zone, Size=50, VolumeType="gp3", TagSpecifications=specification)
        return str(made["VolumeId"])

    disk, _ = volume(tags), volume(theirs)
    claimed = volume([{"Key": "kubernetes.io/cluster/hubs", "Value": "owned"},
                      {"Key": "kubernetes.io/created-for/pvc/namespace", "Value": "college"}])  # fmt: skip
    snapshot = ec2.create_snapshot(VolumeId=disk, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}])
    address = ec2.allocate_address(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    elb.create_load_balancer(Name="ingress", Subnets=subnets, Type="network", Tags=tags)
    store = efs.create_file_system(CreationToken="homes", Tags=tags)
    s3.create_bucket(Bucket="scratch", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_tagging(Bucket="scratch", Tagging={"TagSet": tags})
    fake_aws.calls.clear()

    found = {each.name: each for each in cloud(ireland).leftovers()}

    assert found.keys() == {
        disk, claimed, snapshot["SnapshotId"], address["AllocationId"], "ingress", store["FileSystemId"], "scratch",
    }  # fmt: skip
    assert (found[disk].kind, found[disk].hub, found[disk].dollars_per_month) == ("disk", "lab", 4.0)
    assert found[claimed].hub == "college"
    assert (found["ingress"].kind, found["ingress"].dollars_per_month) == ("load balancer", 16.43)
    assert (found["scratch"].kind, found["scratch"].holds_data) == ("bucket", True)
    assert not any(call.startswith(("DELETE", "PUT")) for call in fake_aws.calls)


def test_azure(aks: Aks, fake_azure: FakeAzure) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hubs/providers"
    tags = {"hubfleet-cluster": "europe", "hubfleet-hub": "lab"}
    fake_azure.resources = [
        {"id": f"{group}/Microsoft.Compute/disks/homes", "name": "homes", "type": "Microsoft.Compute/disks",
         "location": "westeurope", "tags": tags, "createdTime": "2026-01-02T03:04:05.1234567Z"},
        {"id": f"{group}/x/ip", "name": "ip", "type": "Microsoft.Network/publicIPAddresses", "tags": tags},
        {"id": f"{group}/x/net", "name": "net", "type": "Microsoft.Network/virtualNetworks", "tags": tags},
        {"id": f"{group}/x/other", "name": "other", "type": "Microsoft.Compute/disks", "tags": {}},
    ]  # fmt: skip

    disk, address = aks.leftovers()

    assert (disk.kind, disk.name, disk.hub, disk.holds_data, disk.dollars_per_month) == (
        "disk",
        "homes",
        "lab",
        True,
        None,
    )
    assert (address.kind, address.dollars_per_month) == ("address", 3.65)


def test_whole_fleet_in_parallel_with_one_cloud_away(things: dict[str, Any], root: Path) -> None:
    """No login on AWS and Azure: rows that say so, and the third is whole."""
    found = {each.cluster: each for each in leftovers(root, [])}

    assert (found["west"].complete, found["west"].unpriced) == (True, 1)
    assert found["west"].dollars_per_month == round(163.84 + 18.25 + 17.0 + 7.3 + 1.7 + 1.0, 2)
    assert found["west"].leftovers[0].name == "nfs", "the dearest first"
    assert not found["ireland"].complete
    assert not found["europe"].complete
