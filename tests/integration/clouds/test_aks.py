"""An AKS cluster through the real SDK against a fake resource manager."""

from __future__ import annotations

import json
from datetime import date

import pytest

from hubfleet.clouds.azure import Aks
from hubfleet.clouds.interface import LoginNeeded
from hubfleet.clouds.waiting import OperationFailed, wait
from hubfleet.errors import Refused
from hubfleet.fleet import load_fleet
from hubfleet.runs import Step
from tests.fakes.azure import SUBSCRIPTION, FakeAzure, FakeCredential

pytestmark = pytest.mark.integration


def test_versions(aks: Aks) -> None:
    found = aks.versions()

    assert (found.control_plane, found.available) == ("1.32.4", ("1.32.6", "1.33.1")), "no previews"
    assert found.end_of_support == date(2026, 3, 31)
    assert [(each.name, each.version, each.largest, each.user) for each in found.pools] == [
        ("core", "1.32.4", 5, False),
        ("user", "1.32.4", 5, True),
    ]


def test_upgrades_and_bounds(aks: Aks, fake_azure: FakeAzure, step: Step) -> None:
    fake_azure.looks = 4
    operation = aks.upgrade_control_plane("1.33.1")
    assert [each.id for each in aks.running_operations()] == [operation.id]
    wait(aks, operation, step, lambda _: False)
    assert fake_azure.pools["user"]["orchestratorVersion"] == "1.32.4", "pools stay"
    wait(aks, aks.upgrade_pool("user", "1.33.1"), step, lambda _: False)
    wait(aks, aks.resize_pool("user", smallest=2, largest=20), step, lambda _: False)

    found = aks.versions()
    assert (found.control_plane, found.pools[1].version) == ("1.33.1", "1.33.1")
    assert (found.pools[1].smallest, found.pools[1].largest) == (2, 20)


def test_failing_upgrade(aks: Aks, fake_azure: FakeAzure, step: Step) -> None:
    fake_azure.fail_next = True

    with pytest.raises(OperationFailed) as caught:
        wait(aks, aks.upgrade_control_plane("1.33.1"), step, lambda _: False)
    assert "now: control plane 1.32.4" in caught.value.evidence


def test_change_at_the_same_moment_is_refused(aks: Aks, fake_azure: FakeAzure) -> None:
    fake_azure.faults += [("nothing", 500, {})]
    read = aks._pool("user")
    fake_azure.pools["user"]["maxCount"] = 9

    with pytest.raises(Refused, match="somebody else changed user"):
        aks._begin("resize pool", "user", "0-5", read)


def test_busy_api_is_waited_out(aks: Aks, fake_azure: FakeAzure, step: Step, hurried: list[float]) -> None:
    operation = aks.upgrade_control_plane("1.33.1")
    fake_azure.faults += [("managedClusters", 503, {})] * 2

    assert wait(aks, operation, step, lambda _: False).state == "done"
    fake_azure.faults += [("managedClusters", 429, {"Retry-After": "1"})]
    assert aks.versions().control_plane == "1.33.1", "the SDK itself asks again"


def test_expired_login(aks: Aks, credential: FakeCredential) -> None:
    credential.expired = True

    with pytest.raises(LoginNeeded) as caught:
        aks.check()
    assert caught.value.next_step == f"az login && az account set --subscription {SUBSCRIPTION}"


def test_login_that_does_not_reach_the_subscription(root, fake_azure: FakeAzure, credential: FakeCredential) -> None:
    from azure.mgmt.containerservice import ContainerServiceClient

    file = root / "clusters/europe/cluster.yaml"
    other = SUBSCRIPTION.replace("1", "2")
    file.write_text(file.read_text().replace(SUBSCRIPTION, other))
    client = fake_azure.client(credential)
    assert isinstance(client, ContainerServiceClient)

    with pytest.raises(Refused, match=f"do not reach the subscription {other}") as caught:
        Aks(load_fleet(root).cluster("europe"), credential, client).check()
    assert caught.value.where == "ada@example.org"


def test_kubeconfig_has_the_address_and_no_login(aks: Aks) -> None:
    found = json.loads(aks.access().kubeconfig.read_text())

    assert found["clusters"][0]["cluster"]["server"] == "https://hubs.example.org:443"
    assert found["users"][0]["user"]["exec"]["args"][3:] == ["europe", "azure", f"subscription={SUBSCRIPTION}"]


def test_cluster_without_entra_id_is_refused(aks: Aks, fake_azure: FakeAzure) -> None:
    fake_azure.entra = False

    with pytest.raises(Refused, match="certificates that never end"):
        aks.access()
