"""A hub's own file server: which hubs have one, what its chart is told, and which addresses are free."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.home_server import free_address, static_addresses
from hubfleet.fleet.layers import lookup
from hubfleet.fleet.model import ChartPin

OUTPUTS = "services_range: 10.64.32.0/19\nhubs: {{college: {{disk: {{id: {id}, size_gb: 100{zone}}}}}}}\n"
DISKS = {"storage": {"kind": "disk", "size_gb": 100}}
OURS = {"kind": "nfs", "server": "10.64.32.16", "quota": "10Gi"}
AWS = {"name": "west", "provider": "aws", "aws": {"account": "1" * 12, "region": "us-west-2", "cluster": "hubs"}}
AZURE = {
    "name": "west",
    "provider": "azure",
    "azure": {"subscription": "12345678-90ab-cdef-1234-567890abcdef", "resource_group": "hubs", "cluster": "hubs"},
}


@pytest.fixture
def ours(tree):
    tree.hub["homes"] = dict(OURS)
    tree.cluster["infrastructure"] = DISKS
    tree.file("clusters/west/outputs.yaml", OUTPUTS.format(id="disk-1", zone=", zone: us-west1-b"))
    return tree


def server(tree, **more):
    return tree.resolve(**more).values.get("jupyterhub-home-nfs")


@pytest.mark.parametrize(("cluster", "key"), [({}, "gke"), (AWS, "eks"), (AZURE, "azure")])
def test_the_chart_is_told_the_disk_the_quota_and_the_zone(ours, cluster, key):
    ours.cluster.update(cluster)
    if cluster:
        del ours.cluster["gcp"]
    assert server(ours) == {
        "enabled": True,
        key: {"enabled": True, "volumeId": "disk-1"},
        "quotaEnforcer": {"config": {"QuotaManager": {"hard_quota": 10}}},
        "nodeSelector": {
            "hub.jupyter.org/node-purpose": "core",
            "topology.kubernetes.io/zone": "us-west1-b",
        },
    }
    assert lookup(ours.resolve().values, ("basehub", "homes", "nfs")) == {"server": "10.64.32.16", "path": "/"}


def test_each_value_is_explained_by_the_file_that_says_it(ours):
    found = ours.resolve()
    disk, quota = (found.origins(f"jupyterhub-home-nfs.{key}")[-1] for key in ("gke.volumeId", "quotaEnforcer"))
    assert (disk.file, disk.line) == ("clusters/west/outputs.yaml", 2)
    assert quota.file == "clusters/west/cluster.yaml"


@pytest.mark.parametrize("zone", ["", ", zone: none"])
def test_a_disk_in_no_zone_is_reached_from_all(ours, zone):
    ours.file("clusters/west/outputs.yaml", OUTPUTS.format(id="disk-1", zone=zone))
    assert server(ours)["nodeSelector"] == {"hub.jupyter.org/node-purpose": "core"}


@pytest.mark.parametrize(("quota", "gibibytes"), [("10Gi", 10), ("1Ti", 1024), ("512Mi", 0.5), (None, 0)])
def test_quotas_are_in_gibibytes_and_none_is_no_limit(ours, quota, gibibytes):
    ours.hub["homes"] = {key: value for key, value in {**OURS, "quota": quota}.items() if value}
    found = server(ours)["quotaEnforcer"]["config"]["QuotaManager"]["hard_quota"]
    assert found == gibibytes
    assert isinstance(found, int) is (found == int(found))


def test_a_larger_disk_redeploys_nothing(ours):
    before = ours.resolve().digest_material
    ours.file(
        "clusters/west/outputs.yaml", OUTPUTS.format(id="disk-1", zone=", zone: us-west1-b").replace("100", "900")
    )
    assert ours.resolve().digest_material == before


def test_somebody_elses_file_server_stays_theirs(ours):
    ours.hub["homes"] = {"kind": "nfs", "server": "files.example.org", "path": "/export"}
    found = ours.resolve().values
    assert "jupyterhub-home-nfs" not in found
    assert lookup(found, ("basehub", "homes", "nfs")) == {"server": "files.example.org", "path": "/export"}
    assert ours.load().cluster("west").hub("college").home_server is None


def test_a_disk_that_is_still_to_be_made_is_a_warning_and_keeps_the_hub_from_being_deployed(ours):
    ours.file("clusters/west/outputs.yaml", "services_range: 10.64.32.0/19\n")
    with pytest.raises(InvalidConfiguration) as caught:
        ours.resolve()
    (found,) = caught.value.findings
    assert (found.severity, found.rule, found.path) == ("warning", "no-homes", "hubs[0].homes.kind")
    assert "infra-apply" in found.hint


@pytest.mark.parametrize(
    ("cluster", "hint"),
    [
        (
            {"infrastructure": {"storage": {"kind": "filestore", "size_gb": 1024}}},
            "infrastructure.hubs.college.size_gb",
        ),
        ({"infrastructure": {"hubs": {"college": {"size_gb": 100}}}}, "infra-apply"),
        ({"provider": "kubeconfig", "kubeconfig": {"context": "theirs"}}, "homes.path"),
    ],
)
def test_without_a_disk_the_hint_says_what_makes_one(ours, cluster, hint):
    ours.cluster.update(cluster)
    ours.file("clusters/west/outputs.yaml", "services_range: 10.64.32.0/19\n")
    with pytest.raises(InvalidConfiguration) as caught:
        ours.resolve()
    assert hint in caught.value.findings[0].hint


def test_a_retired_hub_may_have_lost_its_disk(ours):
    ours.hub["state"] = "retired"
    ours.file("clusters/west/outputs.yaml", "services_range: 10.64.32.0/19\n")
    assert "jupyterhub-home-nfs" not in ours.resolve().values


def test_the_pin_is_fleet_yamls_or_the_clusters(ours):
    text = (ours.root / "fleet.yaml").read_text()
    ours.file("fleet.yaml", text.replace("charts:", "charts:\n  jupyterhub-home-nfs: {version: 1.2.0}"))
    assert ours.load().cluster("west").hub("college").home_server == ChartPin("1.2.0")
    ours.cluster["charts"] = {"jupyterhub-home-nfs": {"source": "mirror/it.tgz"}}
    assert ours.load().cluster("west").hub("college").home_server == ChartPin("1.2.0", "mirror/it.tgz")


@pytest.mark.parametrize(
    ("services", "first", "last"),
    [
        ("10.96.0.0/24", "10.96.0.16", "10.96.0.16"),
        ("10.96.0.0/20", "10.96.0.16", "10.96.1.0"),
        ("172.20.0.0/16", "172.20.0.16", "172.20.1.0"),
        ("10.96.0.0/28", None, None),
    ],
)
def test_static_addresses_are_those_of_kubernetes_own_examples(services, first, last):
    """https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation, without the first fifteen."""
    found = list(static_addresses(services))
    assert (found[0], found[-1]) == (first, last) if first else found == []


def test_a_free_address_is_one_that_no_hub_has():
    def cluster(services, *servers):
        hubs = [SimpleNamespace(homes=SimpleNamespace(server=each)) for each in servers]
        return SimpleNamespace(outputs=SimpleNamespace(services_range=services), hubs=hubs)

    assert free_address(cluster("10.96.0.0/20")) == "10.96.0.16"
    assert free_address(cluster("10.96.0.0/20", "10.96.0.16", "10.96.0.18")) == "10.96.0.17"
    assert free_address(cluster("10.96.0.0/24", "10.96.0.16")) == ""
    assert free_address(cluster("")) == ""
