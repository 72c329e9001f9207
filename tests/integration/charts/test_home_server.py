"""A hub whose homes are on its own disk: what its files become, rendered with the real helm.

Nothing is mounted here: the kernels that these tests run on have neither an NFS client nor XFS's quotas. What the
objects say is checked, and not that files arrive. The server's chart is a stand-in (home_server_chart.py), and the true
one where HUBFLEET_HOME_NFS_CHART names it.
"""

from __future__ import annotations

import json
import os
import shutil
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet.charts import ChartSource, package, package_with_home_server
from hubfleet.fleet import load_fleet
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.process import ProcessFailed
from hubfleet.workflows.deploy.watch import SERVING_HOMES
from tests.integration.charts.home_server_chart import NAME, written

pytestmark = pytest.mark.integration
TRUE, UPSTREAM = "HUBFLEET_HOME_NFS_CHART", "HUBFLEET_UPSTREAM_CHART"
ADDRESS = "10.64.32.16"
CLOUDS = {
    "gcp": ("pd.csi.storage.gke.io", "projects/example-hubs/zones/us-west1-b/disks/homes", "us-west1-b"),
    "aws": ("ebs.csi.aws.com", "vol-0123456789abcdef0", "us-west-2a"),
    "azure": (
        "disk.csi.azure.com",
        "/subscriptions/1/resourceGroups/hubs/providers/Microsoft.Compute/disks/homes",
        "westeurope-1",
    ),
}
PLACES = {
    "gcp": {"project": "example-hubs", "location": "us-west1", "cluster": "hubs"},
    "aws": {"account": "012345678901", "region": "us-west-2", "cluster": "hubs"},
    "azure": {
        "subscription": "12345678-90ab-cdef-1234-567890abcdef", "resource_group": "hubs", "cluster": "hubs",
    },
}  # fmt: skip


@pytest.fixture(params=["stand-in", "true"])
def server_chart(request, tmp_path) -> Path:
    """The chart of the server: ours of the same keys, and 2i2c's where it is at hand."""
    if request.param == "stand-in":
        return written(tmp_path)
    if not os.environ.get(TRUE):
        pytest.skip(f"{TRUE} names no chart of {NAME}")
    return Path(os.environ[TRUE]).resolve()


@pytest.fixture
def values(root, tmp_path):
    """The values of a hub of tests/examples/valid/own-disks on a cloud."""

    def made(cloud: str = "gcp", hub: str = "lab") -> dict[str, Any]:
        fleet = tmp_path / "fleet"
        shutil.copytree(root / "tests/examples/valid/own-disks", fleet, dirs_exist_ok=True)
        _, disk, zone = CLOUDS[cloud]
        written_down = fleet / "clusters/north/cluster.yaml"
        cluster = yaml.safe_load(written_down.read_text())
        cluster = {**{key: value for key, value in cluster.items() if key != "gcp"}, "provider": cloud}
        written_down.write_text(json.dumps({**cluster, cloud: PLACES[cloud]}))
        lab = {"disk": {"id": disk, "zone": zone, "size_gb": 500}}
        outputs = {"services_range": "10.64.32.0/19", "hubs": {"lab": lab}}
        (fleet / "clusters/north/outputs.yaml").write_text(json.dumps(outputs))
        found = load_fleet(fleet)
        north = found.cluster("north")
        images = "registry.example.org/{}:1".format
        return resolve(found, north, north.hub(hub), secrets=placeholders, images=images).values

    return made


@pytest.fixture
def rendered(helm, root, objects, tmp_path, server_chart):
    """Render the chart of a hub with a server of its own."""

    def render(values: dict[str, Any], source: str = "embedded") -> Any:
        server = ChartSource.of(root, source=str(server_chart), name=NAME)
        jupyterhub = ChartSource.of(root, source=source)
        packed = package_with_home_server(root, jupyterhub, server, tmp_path / "cache")
        return objects(helm.template(packed.path, "lab", "lab-space", values))

    return render


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_claim_gets_the_hubs_disk_and_no_other(rendered, values, cloud) -> None:
    found = rendered(values(cloud))
    driver, disk, _ = CLOUDS[cloud]
    volume = found.get("PersistentVolume", "lab-home-nfs")["spec"]
    claim = found.get("PersistentVolumeClaim", "home-nfs")["spec"]
    assert (volume["csi"]["driver"], volume["csi"]["volumeHandle"]) == (driver, disk)
    assert volume["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["storageClassName"] == claim["storageClassName"] == ""
    assert volume["capacity"]["storage"] == claim["resources"]["requests"]["storage"]
    named = claim.get("volumeName") == "lab-home-nfs"
    assert named or volume["claimRef"] == {"namespace": "lab-space", "name": "home-nfs"}


def test_on_azure_the_disk_is_mounted_with_quotas(rendered, values) -> None:
    volume = rendered(values("azure")).get("PersistentVolume", "lab-home-nfs")["spec"]
    assert volume["csi"]["fsType"] == volume["csi"]["volumeAttributes"]["fsType"] == "xfs"
    assert "pquota" in volume["mountOptions"]


def test_two_servers_never_have_the_disk_at_the_same_time(rendered, values) -> None:
    """Kubernetes starts a second pod with a ReadWriteOncePod claim only when the first one is gone."""
    found = rendered(values())
    assert found.get("PersistentVolume", "lab-home-nfs")["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert found.get("PersistentVolumeClaim", "home-nfs")["spec"]["accessModes"] == ["ReadWriteOncePod"]
    server = found.get("Deployment", "home-nfs")["spec"]
    assert server["replicas"] == 1
    claims = [each["persistentVolumeClaim"]["claimName"] for each in server["template"]["spec"]["volumes"]
              if "persistentVolumeClaim" in each]  # fmt: skip
    assert claims == ["home-nfs"]


def test_a_larger_disk_changes_nothing_that_kubernetes_refuses(rendered, values) -> None:
    """A claim without a storage class can not be resized: its size says nothing about the disk's."""
    sizes = values("aws")["jupyterhub-home-nfs"].get("persistentVolume", {})
    assert "size" not in sizes
    assert rendered(values("aws")).get("PersistentVolumeClaim", "home-nfs")["spec"]["resources"] == {
        "requests": {"storage": "1M"}
    }


def test_volumes_name_the_address_where_the_server_answers(rendered, values) -> None:
    found = rendered(values())
    service = found.get("Service", "homes-server")["spec"]
    assert found.get("PersistentVolume", "lab-space-homes")["spec"]["nfs"] == {"server": ADDRESS, "path": "/"}
    assert service["clusterIP"] == ADDRESS
    assert [each["port"] for each in service["ports"]] == [2049]
    labels = found.pod("home-nfs")["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_server_is_where_its_disk_is(rendered, values, cloud) -> None:
    pod = rendered(values(cloud)).pod("home-nfs")
    assert pod["spec"]["nodeSelector"] == {
        "hub.jupyter.org/node-purpose": "core", "topology.kubernetes.io/zone": CLOUDS[cloud][2],
    }  # fmt: skip
    assert pod["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    server = next(each for each in pod["spec"]["containers"] if each["name"] == "nfs-server")
    assert {"cpu", "memory"} <= server["resources"]["requests"].keys()


def test_a_deploy_finds_the_server_that_it_waits_for(rendered, values) -> None:
    (selector,) = SERVING_HOMES
    key, _, value = selector.partition("=")
    found = rendered(values()).get("Deployment", "home-nfs")
    assert found["metadata"]["labels"][key] == value
    assert found["spec"]["template"]["metadata"]["labels"][key] == value


def test_each_user_gets_the_quota_and_everything_is_the_users(rendered, values) -> None:
    config = yaml.safe_load(rendered(values()).secret("home-nfs")["chart-config.yaml"])["config"]["QuotaManager"]
    assert (config["hard_quota"], config["uid"], config["gid"]) == (50, 1000, 100)
    assert config["paths"] == ["/export"]


def test_no_two_objects_have_one_name(rendered, values) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered(values("azure")).all]
    assert len(names) == len(set(names))


def reached(policy: dict[str, Any], address: str, labels: dict[str, str], port: int) -> bool:
    """Whether a policy lets pods reach an address, or a pod of its own namespace with these labels, at a port."""

    def leads(to: dict[str, Any]) -> bool:
        block = to.get("ipBlock")
        if block:
            inside = ip_address(address) in ip_network(block["cidr"])
            return inside and not any(ip_address(address) in ip_network(each) for each in block.get("except", []))
        return "namespaceSelector" not in to and to["podSelector"]["matchLabels"].items() <= labels.items()

    def open_port(rule: dict[str, Any]) -> bool:
        return "ports" not in rule or any(each["port"] == port for each in rule["ports"])

    return any(open_port(rule) and any(leads(to) for to in rule.get("to", [])) for rule in policy["spec"]["egress"])


@pytest.mark.parametrize("source", ["embedded", "upstream"])
def test_users_servers_do_not_reach_the_server(rendered, values, source) -> None:
    """Nodes do: what they mount goes past the policies of pods. It asks nobody who they are."""
    chart = source if source == "embedded" else os.environ.get(UPSTREAM, "")
    if not chart:
        pytest.skip(f"{UPSTREAM} names no chart of zero-to-jupyterhub")
    found = rendered(values(), chart)
    policy = found.get("NetworkPolicy", "singleuser")
    labels = found.pod("home-nfs")["metadata"]["labels"]
    assert not reached(policy, ADDRESS, labels, 2049)
    assert not reached(policy, "10.64.130.7", labels, 2049), "the pod's own address"
    assert reached(policy, "192.0.2.1", labels, 2049), "the internet: the question is one that can be answered with yes"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"jupyterhub": {"singleuser": {"networkPolicy": {"egressAllowRules": {"privateIPs": True}}}}}, "could reach"),
        ({"jupyterhub": {"singleuser": {"networkPolicy": {"enabled": False}}}}, "could reach"),
        ({NAME: {"persistentVolume": {"accessModes": ["ReadWriteOnce"]}}}, "two servers can write to one disk"),
        ({NAME: {"eks": {"enabled": True, "volumeId": "vol-1"}}}, "the one disk"),
        ({NAME: {"gke": {"enabled": False}}}, "the one disk"),
        ({NAME: {"fullnameOverride": "other"}}, "must stay empty"),
        ({"basehub": {"homes": {"nfs": {"server": "home-nfs"}}}}, "a free address"),
        ({"basehub": {"homes": {"nfs": {"path": "/export"}}}}, "a free address"),
    ],
)
def test_what_would_lose_homes_or_show_them_is_refused(rendered, values, merge, wrong, words) -> None:
    with pytest.raises(ProcessFailed) as caught:
        rendered(merge(values(), wrong))
    assert words in caught.value.evidence


def test_a_hub_that_shares_the_homes_uses_the_owners_server(helm, root, objects, values, tmp_path) -> None:
    packed = package(root, ChartSource.of(root, source="embedded"), tmp_path / "cache")
    found = objects(helm.template(packed.path, "lab-staging", "lab-staging", values(hub="lab-staging")))
    assert found.get("PersistentVolume", "lab-staging-homes")["spec"]["nfs"] == {"server": ADDRESS, "path": "/"}
    assert found.names("Deployment") == {"hub", "proxy"}
    assert "homes-server" not in found.names("Service")


def test_plain_helm_runs_no_server_unless_it_is_told(rendered, images) -> None:
    found = rendered({"jupyterhub": images})
    assert found.names("Deployment") == {"hub", "proxy"}
    assert "homes-server" not in found.names("Service")


def test_plain_helm_takes_the_chart_that_is_copied_beside_the_other(
    helm, root, objects, values, server_chart, tmp_path
) -> None:
    chart = tmp_path / "plain/basehub"
    shutil.copytree(root / "helm/basehub", chart)
    shutil.copytree(root / "helm/jupyterhub", chart / "charts/jupyterhub")
    shutil.copytree(server_chart, chart / "charts" / NAME)
    found = objects(helm.template(chart, "lab", "lab-space", values()))
    assert found.names("Deployment") == {"hub", "proxy", "home-nfs"}
    assert found.get("Service", "homes-server")["spec"]["clusterIP"] == ADDRESS
