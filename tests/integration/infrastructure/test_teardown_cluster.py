"""Taking a whole cluster down: what refuses, what fails, what is left and costs money. EKS is moto's: a Kubernetes that
is gone, or one that does not answer. That support goes first is
shown on a real Kubernetes: tests/e2e/test_cluster_down.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from jsonschema import Draft202012Validator
from moto.eks.models import eks_backends

from tests.fakes import aws
from tests.fakes.aws import FakeAws
from tests.integration.infrastructure.conftest import ROOT, Desk

pytestmark = pytest.mark.integration
SCHEMA = Draft202012Validator(yaml.safe_load((ROOT / "schemas/infra.schema.yaml").read_text()))


@pytest.fixture
def clients(fake_aws: FakeAws) -> Iterator[Any]:
    """boto3's clients."""
    made = []

    def client(name: str) -> Any:
        made.append(boto3.client(
            name, endpoint_url=fake_aws.address, region_name=aws.REGION, aws_access_key_id="AKIATEST",
            aws_secret_access_key="secret-key",
        ))  # fmt: skip
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def made(desk: Desk) -> Desk:
    """With the cluster made."""
    desk.inv("infra-plan", "ireland")
    desk.inv("infra-apply", "ireland")
    return desk


def disk(clients: Any) -> str:
    """A disk that carries the cluster's tag, as Kubernetes' storage leaves them."""
    tags = [{"Key": "hubfleet-cluster", "Value": "ireland"}]
    found = clients("ec2").create_volume(
        AvailabilityZone=f"{aws.REGION}a", Size=100, VolumeType="gp3",
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )  # fmt: skip
    return str(found["VolumeId"])


def test_a_cluster_goes_and_what_is_left_has_a_price(made: Desk, clients: Any) -> None:
    left = disk(clients)
    looked = made.data("teardown-cluster", "ireland", "--plan-only")
    SCHEMA.validate(looked)
    assert len(looked["changes"]) == 3
    assert "nobody confirmed it" in made.inv("teardown-cluster", "ireland", code=3).stderr
    assert len(made.held()) == 3

    done = made.inv("teardown-cluster", "ireland", "--confirm", "ireland")

    assert "the Kubernetes is gone already" in done.stderr
    assert "ireland is down: 3 resources destroyed" in done.stderr
    assert left in done.stdout
    assert "about 8.00 $ a month" in done.stderr
    assert made.held() == []
    again = made.data("teardown-cluster", "ireland", "--confirm", "ireland")
    SCHEMA.validate(again)
    assert (again["gone"], again["failed"], len(again["left"]["leftovers"])) == (0, "", 1)


def test_a_part_that_fails_does_not_hide_the_rest(made: Desk, clients: Any) -> None:
    left = disk(clients)
    made.say("refuse")

    failed = made.inv("teardown-cluster", "ireland", "--confirm", "ireland", code=1)

    assert "1 of 3 resources are gone, 2 are left" in failed.stderr
    assert left in failed.stdout, "what is left is told all the same"
    made.unsay("refuse")
    done = made.inv("teardown-cluster", "ireland", "--confirm", "ireland")
    assert "the last teardown-cluster failed" in done.stderr
    assert made.held() == []


def test_a_kubernetes_that_does_not_answer_is_not_taken_for_an_empty_one(made: Desk, clients: Any) -> None:
    clients("eks").create_cluster(name="hubs", roleArn="arn:aws:iam::123456789012:role/r", resourcesVpcConfig={})
    cluster = eks_backends[aws.ACCOUNT][aws.REGION].clusters["hubs"]
    cluster.endpoint, cluster.certificateAuthority = "https://127.0.0.1:1", {"data": ""}

    refused = made.inv("teardown-cluster", "ireland", "--confirm", "ireland", code=3)

    assert "does not answer, so nobody can say who is still on it" in refused.stderr
    assert "--skip-support" in refused.stderr
    assert len(made.held()) == 3
    made.inv("teardown-cluster", "ireland", "--confirm", "ireland", "--skip-support")
    assert made.held() == []
