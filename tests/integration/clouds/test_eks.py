"""An EKS cluster through boto3 against moto."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from hubfleet.clouds import cloud
from hubfleet.clouds.aws import login
from hubfleet.clouds.interface import LoginNeeded, Missing
from hubfleet.clouds.waiting import OperationFailed, wait
from hubfleet.errors import Refused
from hubfleet.fleet import Cluster
from hubfleet.runs import Step
from tests.fakes.aws import ACCOUNT, REGION, FakeAws

pytestmark = pytest.mark.integration
ROLE = f"arn:aws:iam::{ACCOUNT}:role/eks"


@pytest.fixture
def fake(fake_aws: FakeAws) -> FakeAws:
    """An account with a cluster that has one node group."""
    eks = boto3.client("eks", region_name=REGION)
    ec2 = boto3.client("ec2", region_name=REGION)
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    eks.create_cluster(name="hubs", version="1.33", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName="hubs", nodegroupName="user", subnets=subnets, nodeRole=ROLE, version="1.33",
        labels={"hub.jupyter.org/node-purpose": "user"}, instanceTypes=["m5.xlarge"],
        scalingConfig={"minSize": 0, "maxSize": 10, "desiredSize": 3},
    )  # fmt: skip
    return fake_aws


def test_versions(fake: FakeAws, ireland: Cluster) -> None:
    found = cloud(ireland).versions()

    assert (found.control_plane, found.available) == ("1.33", ("1.34",))
    assert found.end_of_support == date(2026, 7, 29)
    (pool,) = found.pools
    assert (pool.name, pool.version, pool.size, pool.smallest, pool.largest) == ("user", "1.33", 3, 0, 10)
    assert (pool.machine_type, pool.user) == ("m5.xlarge", True)


def test_upgrades_and_bounds(fake: FakeAws, ireland: Cluster, step: Step) -> None:
    eks = cloud(ireland)

    operation = eks.upgrade_control_plane("1.34.1")
    assert eks.running_operations() == (operation,)
    wait(eks, operation, step, lambda _: False)
    pool = eks.upgrade_pool("user", "1.34")
    assert (pool.kind, pool.target) == ("upgrade pool", "user")
    wait(eks, pool, step, lambda _: False)
    wait(eks, eks.resize_pool("user", smallest=4, largest=6), step, lambda _: False)

    found = eks.versions()
    assert (found.control_plane, found.pools[0].version) == ("1.34", "1.34")
    assert (found.pools[0].smallest, found.pools[0].largest, found.pools[0].size) == (4, 6, 4)


def test_failing_update(fake: FakeAws, ireland: Cluster, step: Step) -> None:
    eks = cloud(ireland)
    fake.fail_next = "Reached max retries while trying to evict pods"

    with pytest.raises(OperationFailed) as caught:
        wait(eks, eks.upgrade_pool("user", "1.34"), step, lambda _: False)
    assert "PodEvictionFailure: Reached max retries" in caught.value.evidence
    assert "control plane 1.33" in caught.value.evidence


def test_lost_update(fake: FakeAws, ireland: Cluster, step: Step) -> None:
    eks = cloud(ireland)
    operation = eks.upgrade_pool("user", "1.34")
    fake.lose(operation.id.rpartition("/")[2])

    with pytest.raises(OperationFailed, match="the cloud has lost: upgrade pool user"):
        wait(eks, operation, step, lambda found: found.pools[0].version == "1.34")


def test_busy_api_is_waited_out(
    fake: FakeAws, ireland: Cluster, step: Step, hurried: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "config", lambda: Config(retries={"mode": "standard", "total_max_attempts": 1}))
    eks = cloud(ireland)
    operation = eks.upgrade_control_plane("1.34")
    fake.faults += [
        ("/updates/", 503, "ServiceUnavailableException", {}),
        ("/updates/", 429, "ThrottlingException", {"Retry-After": "33"}),
    ]

    assert wait(eks, operation, step, lambda _: False).state == "done"
    assert any(seconds >= 33 for seconds in hurried), "AWS asked for 33 s"


def test_busy_api_is_asked_again_by_boto3(fake: FakeAws, ireland: Cluster) -> None:
    fake.faults += [("/clusters/hubs", 503, "ServiceUnavailableException", {})]

    assert cloud(ireland).versions().control_plane == "1.33"


def test_another_account_is_refused_before_anything(fake: FakeAws, root: Path) -> None:
    from hubfleet.fleet import load_fleet

    file = root / "clusters/ireland/cluster.yaml"
    file.write_text(file.read_text().replace(ACCOUNT, "210987654321"))
    fake.calls.clear()

    with pytest.raises(Refused, match=f"for the AWS account {ACCOUNT}, not for 210987654321") as caught:
        cloud(load_fleet(root).cluster("ireland")).upgrade_control_plane("1.34")
    assert "unset AWS_PROFILE" in caught.value.next_step
    assert not any("update" in call for call in fake.calls)


@pytest.mark.parametrize(
    ("code", "words"), [("ExpiredToken", "has expired"), ("InvalidClientTokenId", "does not accept")]
)
def test_login_that_is_no_longer_good(code: str, words: str, fake: FakeAws, ireland: Cluster) -> None:
    fake.faults += [("/sts/", 403, code, {})]

    with pytest.raises(LoginNeeded, match=words):
        cloud(ireland).check()


def test_nobody_logged_in(fake: FakeAws, ireland: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    with pytest.raises(LoginNeeded) as caught:
        cloud(ireland).versions()
    assert ACCOUNT in caught.value.next_step
    monkeypatch.setenv("AWS_PROFILE", "work")
    with pytest.raises(LoginNeeded) as caught:
        cloud(ireland).versions()
    assert caught.value.next_step == "aws sso login --profile work"


def test_profile_for_the_account_is_found(fake: FakeAws, ireland: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    folder = Path.home() / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        f"[profile keys]\naws_access_key_id = AKIA2\naws_secret_access_key = other-secret\n"
        f"[profile hubs]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/engineers\nsource_profile = keys\n"
        "[profile other]\nrole_arn = arn:aws:iam::210987654321:role/x\nsource_profile = keys\n"
    )

    assert cloud(ireland).check().place == ACCOUNT
    assert cloud(ireland).access().extra["AWS_PROFILE"] == "hubs"


def test_unknown_cluster(fake_aws: FakeAws, ireland: Cluster) -> None:
    with pytest.raises(Missing, match=f"no cluster hubs in account {ACCOUNT}, {REGION}"):
        cloud(ireland).access()


def test_token_is_a_signed_request_for_this_cluster_alone(fake: FakeAws) -> None:
    token = login.token({"account": ACCOUNT, "region": REGION, "cluster": "hubs"})

    body = token.value.removeprefix("k8s-aws-v1.")
    assert body != token.value
    asked = urlsplit(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode())
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert (query["Action"], query["X-Amz-Expires"]) == ("GetCallerIdentity", "60")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert "secret-key" not in asked.query
