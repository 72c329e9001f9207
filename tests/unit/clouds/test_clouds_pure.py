"""What clouds say, read; what we say to them, written."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime

import pytest
from google.cloud import container_v1 as gke
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.clouds import credential, kubeconfig, numbers, one_context, prices, tags
from hubfleet.clouds.aws import found as aws_found
from hubfleet.clouds.aws import login as aws_login
from hubfleet.clouds.aws import reading as aws
from hubfleet.clouds.azure import errors as azure_errors
from hubfleet.clouds.azure import login as azure_login
from hubfleet.clouds.azure import reading as azure
from hubfleet.clouds.credential import Token
from hubfleet.clouds.gcp import reading as gcp
from hubfleet.clouds.kubeconfig import Endpoint
from hubfleet.errors import HubfleetError, WrongUsage

ONE = {
    "current-context": "b",
    "contexts": [{"name": each, "context": {"cluster": each, "user": "me"}} for each in "ab"],
    "clusters": [{"name": each, "cluster": {"server": each, "certificate-authority": "ca.crt"}} for each in "ab"],
    "users": [{"name": "me", "user": {"client-key": "/keys/me"}}, {"name": "other", "user": {"token": "secret"}}],
}


def test_what_a_control_plane_can_go_to() -> None:
    offered = ("1.35.1-gke.1", "1.34.10-gke.5", "1.34.9-gke.6", "1.33.5-gke.100", "1.33.6-gke.1", "1.32.1")

    assert numbers.reachable("1.33.5-gke.100", offered) == ("1.33.6-gke.1", "1.34.9-gke.6", "1.34.10-gke.5")


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 40), st.integers(0, 99)), max_size=8))
def test_nothing_older_and_nothing_two_minors_ahead(versions: list[tuple[int, int, int]]) -> None:
    offered = tuple(".".join(map(str, each)) for each in versions)

    found = numbers.reachable("1.20.5", offered)

    assert all((1, 20, 5) < numbers.key(each) < (1, 22) for each in found)
    assert list(found) == sorted(found, key=numbers.key)


def test_gke_pool_with_bounds_in_all() -> None:
    scaling = gke.NodePoolAutoscaling(enabled=True, total_min_node_count=1, total_max_node_count=7)
    found = gcp.pool(gke.NodePool(name="user", version="1.33.1", locations=["a", "b"], autoscaling=scaling))

    assert (found.smallest, found.largest, found.size) == (1, 7, None)


def test_gke_pool_without_autoscaling_counts_its_zones() -> None:
    found = gcp.pool(gke.NodePool(name="core", version="1.33.1", locations=["a", "b", "c"], initial_node_count=2))

    assert (found.smallest, found.largest, found.size) == (None, None, 6)


def test_gke_endpoint_by_name_is_taken_where_it_is_open() -> None:
    def cluster(*, open_to_all: bool) -> gke.Cluster:
        dns = {"endpoint": "gke-1.us-west1.gke.goog", "allow_external_traffic": open_to_all}
        return gke.Cluster(
            endpoint="192.0.2.1",
            master_auth={"cluster_ca_certificate": "QQ=="},
            control_plane_endpoints_config={"dns_endpoint_config": dns},
        )

    assert gcp.endpoint(cluster(open_to_all=True)) == Endpoint("https://gke-1.us-west1.gke.goog")
    assert gcp.endpoint(cluster(open_to_all=False)) == Endpoint("https://192.0.2.1", "QQ==")
    with pytest.raises(HubfleetError, match="no API yet"):
        gcp.endpoint(gke.Cluster(status=gke.Cluster.Status.PROVISIONING))


def test_gke_operation_that_ended_with_an_error_is_no_success() -> None:
    found = gcp.operation(gke.Operation(name="o", status=gke.Operation.Status.DONE, error={"code": 8}))

    assert (found.state, found.detail) == ("failed", "code 8")
    assert gcp.operation(gke.Operation(name="o", status=gke.Operation.Status.ABORTING)).state == "running"


@pytest.mark.parametrize(
    ("status", "state"), [("InProgress", "running"), ("Successful", "done"), ("Cancelled", "failed")]
)
def test_eks_update(status: str, state: str) -> None:
    update = {"id": "u", "status": status, "type": "VersionUpdate", "errors": []}

    found = aws.operation(update, "hubs", "user")

    assert (found.id, found.kind, found.target, found.state) == ("user/u", "upgrade pool", "user", state)
    assert aws.operation(update, "hubs", "").kind == "upgrade control plane"


@given(st.text(max_size=300))
def test_eks_token_holds_the_whole_request(url: str) -> None:
    token = aws_login.encoded(url)

    body = token.removeprefix("k8s-aws-v1.")
    assert "=" not in body
    assert base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode() == url


def test_profile_of_an_account_is_taken_only_when_it_is_the_only_one() -> None:
    profiles = {
        "sso": {"sso_account_id": "111111111111"},
        "role": {"role_arn": "arn:aws:iam::222222222222:role/engineers"},
        "one": {"sso_account_id": "333333333333"},
        "two": {"sso_account_id": "333333333333"},
    }

    accounts = ("111111111111", "222222222222", "333333333333", "444444444444")
    assert [aws_login.profile_of(each, profiles) for each in accounts] == ["sso", "role", "", ""]


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        ("arn:aws:s3:::scratch", "bucket", "scratch"),
        ("arn:aws:eks:eu-west-1:1:cluster/hubs", "cluster", "hubs"),
        ("arn:aws:rds:eu-west-1:1:db:main", "database", "main"),
        ("arn:aws:ec2:eu-west-1:1:subnet/subnet-1", None, ""),
        ("arn:aws:ec2:eu-west-1:1:volume/vol-1", None, ""),
    ],
)
def test_what_the_tagging_api_listed(arn: str, kind: str | None, name: str) -> None:
    from hubfleet.clouds.aws.leftovers import _OTHERS

    found = aws_found.other(arn, {}, _OTHERS, "eu-west-1")

    assert (found and (found.kind, found.name)) == (kind and (kind, name))


def test_aks_operation_is_judged_by_what_is_there() -> None:
    identity = azure.identity("upgrade pool", "user", "1.33.1")

    assert azure.parsed(identity) == ("upgrade pool", "user", "1.33.1")
    assert azure.operation(identity, "Upgrading", "1.33.1").state == "running"
    assert azure.operation(identity, "Succeeded", "1.33.1").state == "done"
    assert azure.operation(identity, "Failed", "1.33.1").state == "failed"
    lost = azure.operation(identity, "Succeeded", "1.32.4")
    assert (lost.state, lost.detail) == ("failed", "it ended without an effect: now 1.32.4, wanted 1.33.1")
    with pytest.raises(HubfleetError, match="no operation on AKS"):
        azure.parsed("operation-1")


def test_what_azure_identity_tried_is_told_without_its_advice() -> None:
    words = "It failed.\nAttempted:\n\tA: not set. Visit https://x to y.\nVisit https://z\n\tB: no az\nTo mitigate, ..."

    assert azure_errors.short(words) == "A: not set.\nB: no az"
    assert azure_errors.short("AADSTS1: expired") == "AADSTS1: expired"


@given(st.text())
def test_claims_of_anything(text: str) -> None:
    assert isinstance(azure_login.claims(text), dict)


@given(st.binary(max_size=200))
def test_kubeconfig_of_aks_is_read_or_refused(data: bytes) -> None:
    try:
        azure.endpoint(data)
    except HubfleetError as error:
        assert "kubeconfig" in error.what  # noqa: PT017


def test_kubeconfig_calls_this_python_and_holds_no_secret() -> None:
    argv = kubeconfig.plugin("west", "gcp", {"project": "p"})
    found = kubeconfig.document("west", Endpoint("https://192.0.2.1", "QQ=="), argv)

    command = found["users"][0]["user"]["exec"]
    assert command["args"] == ["-P", "-m", "hubfleet.clouds.credential", "west", "gcp", "project=p"]
    assert [each["name"] for each in command["env"]] == ["PYTHONPATH"]
    assert found["users"][0]["user"].keys() == {"exec"}


def test_arguments_of_the_plugin() -> None:
    assert credential.arguments(["west", "aws", "region=eu=1"]) == ("west", "aws", {"region": "eu=1"})
    for wrong in ([], ["west"], ["west", "ibm"], ["west", "aws", "region"]):
        with pytest.raises(WrongUsage):
            credential.arguments(wrong)


@pytest.mark.parametrize("info", ["", "{", "[]", '{"apiVersion": 1}', '{"apiVersion": "evil/v1"}', "null"])
def test_plugin_that_is_asked_nonsense_answers_in_v1(info: str) -> None:
    assert credential.asked(info) == "client.authentication.k8s.io/v1"


def test_answer_of_the_plugin() -> None:
    token = Token("secret", datetime(2026, 11, 24, 10, tzinfo=UTC))

    found = json.loads(credential.answer(token, "client.authentication.k8s.io/v1"))

    assert found["kind"] == "ExecCredential"
    assert found["status"] == {"token": "secret", "expirationTimestamp": "2026-11-24T10:00:00Z"}


def test_copy_of_one_context(tmp_path) -> None:
    found = one_context.only(ONE, "a", tmp_path)

    assert [len(found[part]) for part in ("contexts", "clusters", "users")] == [1, 1, 1]
    assert found["current-context"] == "a"
    assert found["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.crt")
    assert found["users"][0]["user"]["client-key"] == "/keys/me"
    assert one_context.only(ONE, "", tmp_path)["current-context"] == "b"


def test_prices() -> None:
    assert prices.per_month("aws/gp3", 50) == 4.0
    assert prices.per_month("aws/load-balancer") == 16.43
    assert prices.per_month("aws/gp3") is None, "without a size there is no price"
    assert prices.per_month("aws/nothing", 50) is None
    assert all(each.dollars > 0 for each in prices.PRICES.values())


@pytest.mark.parametrize(
    ("found", "hub"),
    [
        ({"hubfleet-hub": "lab", "kubernetes.io/created-for/pvc/namespace": "other"}, "lab"),
        ({"kubernetes.io/created-for/pvc/namespace": "college"}, "college"),
        ({"kubernetes.io/service-name": "support/ingress"}, "support"),
        ({"hubfleet-cluster": "west"}, ""),
    ],
)
def test_hub_of_a_thing(found: dict[str, str], hub: str) -> None:
    assert tags.hub(found) == hub


def test_end_of_support_of_eks() -> None:
    known = [("1.33", date(2026, 7, 29)), ("1.34", None)]

    assert aws.end_of_support("1.33", known) == date(2026, 7, 29)
    assert aws.end_of_support("1.20", known) is None
