"""Where homes are archived: cluster.yaml, else the bucket that infra-apply made, else fleet.yaml."""

import pytest

from hubfleet.fleet.model import Archive

KEY = "age1" + "q" * 58
FLEET = f"archive: {{destination: /srv/archives, recipients: [{KEY}], keep_days: 30}}\n"


@pytest.fixture
def fleet_says(tree):
    tree.file("fleet.yaml", (tree.root / "fleet.yaml").read_text() + FLEET)
    return tree


def archive(tree):
    return tree.load().cluster("west").archive


def test_nobody_says(tree):
    assert archive(tree) is None


def test_the_fleet_says(fleet_says):
    assert archive(fleet_says) == Archive("/srv/archives", (KEY,), 30, "fleet.yaml")


@pytest.mark.parametrize("bucket", ["gs://example-archive", "s3://example-archive"])
def test_the_bucket_that_was_made_for_the_cluster_is_nearer_and_encrypted_as_the_fleet_says(fleet_says, bucket):
    fleet_says.file("clusters/west/outputs.yaml", f"archive: {bucket}\n")
    fleet_says.cluster["infrastructure"] = {"archive": {"keep_days": 730}}
    assert archive(fleet_says) == Archive(bucket, (KEY,), 730, "clusters/west/outputs.yaml")


def test_a_bucket_of_a_fleet_that_says_nothing(tree):
    tree.file("clusters/west/outputs.yaml", "archive: gs://example-archive\n")
    assert archive(tree) == Archive("gs://example-archive", (), None, "clusters/west/outputs.yaml")


def test_a_container_that_hubfleet_can_not_write_to_is_no_default(fleet_says):
    fleet_says.file("clusters/west/outputs.yaml", "archive: https://archx.blob.core.windows.net/archive\n")
    assert archive(fleet_says).origin == "fleet.yaml"


def test_the_cluster_has_the_last_word(fleet_says):
    fleet_says.file("clusters/west/outputs.yaml", "archive: gs://example-archive\n")
    fleet_says.cluster["archive"] = {"destination": "s3://other-archive/hubs"}
    assert archive(fleet_says) == Archive("s3://other-archive/hubs", (), None, "clusters/west/cluster.yaml")
