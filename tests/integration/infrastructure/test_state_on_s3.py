"""The state where a team has it: in a bucket that infra-bootstrap makes, with a lock that outlives whoever held it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.fakes import aws
from tests.fakes.aws import FakeAws
from tests.integration.infrastructure.conftest import ROOT, Desk, terraforms, with_provider

pytestmark = pytest.mark.integration
BUCKET = f"hubfleet-state-{aws.ACCOUNT}-{aws.REGION}"


@pytest.fixture
def s3(fake_aws: FakeAws) -> Iterator[Any]:
    client = boto3.client(
        "s3", endpoint_url=fake_aws.address, region_name=aws.REGION, aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret-key",
    )  # fmt: skip
    yield client
    client.close()


@pytest.fixture
def team(desk: Desk) -> Desk:
    """A desk whose state is where cluster.yaml's place says."""
    with_provider(desk, "state/aws")
    desk.cluster()
    return desk


def test_the_place_for_states_is_made_once(team: Desk, s3: Any) -> None:
    missing = team.inv("infra-plan", "ireland", code=1)
    assert f"there is no place for the state of ireland yet: {BUCKET}" in missing.stderr
    assert "./inv infra-bootstrap ireland" in missing.stderr
    planned = team.data("infra-bootstrap", "ireland", "--plan-only")
    assert {each["action"] for each in planned["changes"]} == {"create"}
    assert s3.list_buckets()["Buckets"] == []

    made = team.inv("infra-bootstrap", "ireland")

    assert f"{BUCKET} keeps the states now" in made.stderr
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert "is there and as it should be" in team.inv("infra-bootstrap", "ireland").stderr
    # Somebody who died half-way, or switched something off:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=BUCKET)
    team.inv("infra-bootstrap", "ireland")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]


def test_a_lock_whose_holder_died(team: Desk, s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.REGION})
    team.inv("infra-plan", "ireland")
    team.say("wait")
    going = team.start("infra-apply", "ireland")
    team.until("begun")
    for process in terraforms(team.root):
        os.kill(process, signal.SIGKILL)
    going.kill()
    going.communicate()
    team.unsay("wait")
    team.env["HUBFLEET_LOCK_SECONDS"] = "1"

    refused = team.inv("infra-plan", "ireland", code=3)

    assert "the state is locked" in refused.stderr
    assert "held by" in refused.stderr
    assert "apply, id " in refused.stderr
    identity = refused.stderr.rpartition("--id ")[2].split()[0]
    assert f"./inv infra-unlock ireland --id {identity}" in refused.stderr
    other = team.inv("infra-unlock", "ireland", "--id", "0", "--confirm", "ireland", code=3)
    assert "another lock" in other.stderr
    assert "nobody confirmed" in team.inv("infra-unlock", "ireland", "--id", identity, code=3).stderr
    assert "not the name" in team.inv("infra-unlock", "ireland", "--id", identity, "--confirm", "x", code=2).stderr
    freed = team.inv("infra-unlock", "ireland", "--id", identity, "--confirm", "ireland")
    assert "the lock is free; it was held by" in freed.stderr
    assert "nobody holds the lock" in team.inv("infra-unlock", "ireland", "--id", identity).stderr
    assert "the last infra-apply was killed" in team.inv("infra-plan", "ireland").stderr
    team.inv("infra-apply", "ireland")
    assert "the cloud is as the files say" in team.inv("infra-plan", "ireland").stderr


def test_a_lock_that_is_held_on_another_machine(team: Desk, s3: Any) -> None:
    """A second clone stands for another machine: nothing but the state is shared."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.REGION})
    team.inv("infra-plan", "ireland")
    other = team.copy(state=None)
    other.env = {**team.env, "HUBFLEET_LOCK_SECONDS": "1"}
    team.say("wait")
    going = team.start("infra-apply", "ireland")
    team.until("begun")
    assert "the state is locked" in other.inv("infra-plan", "ireland", code=3).stderr
    team.unsay("wait")
    going.communicate(timeout=60)
    assert going.returncode == 0
    assert "the cloud is as the files say" not in other.inv("infra-plan", "ireland").stderr, "outputs.yaml is missing"


def test_sources_are_ours() -> None:
    assert (ROOT / "terraform/state/aws/main.tf").is_file()
