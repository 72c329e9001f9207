"""What follows from cluster.yaml and outputs.yaml, and where each generated value comes from."""

import pytest

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.layers import lookup
from hubfleet.fleet.made import image_parts

CUSTOM = ("jupyterhub", "custom", "basehub")
OUTPUTS = """\
homes: {server: 10.0.0.2, path: /homes}
hubs:
  college:
    identity: college@example-hubs.iam.gserviceaccount.com
    buckets: {scratch: example-scratch, raw-data: example-raw}
"""


def generated(tree, **arguments):
    resolved = tree.resolve(**arguments)
    return next(layer for layer in resolved.layers if layer.kind == "generated")


@pytest.mark.parametrize(("access", "all_may"), [("members", False), ("public", True), ("staff", False)])
def test_nobody_may_log_in_by_omission(tree, access, all_may):
    tree.hub["access"] = access
    values = generated(tree).values
    assert lookup(values, ("jupyterhub", "hub", "config", "Authenticator")) == {
        "allow_all": all_may,
        "allow_existing_users": False,
    }
    assert lookup(values, (*CUSTOM, "access")) == access
    assert lookup(values, (*CUSTOM, "staff")) == ["grace"]


def test_every_domain_gets_a_host_and_a_certificate(tree):
    tree.hub["aliases"] = ["jupyter.example.edu"]
    hosts = ["college.hubs.example.org", "jupyter.example.edu"]
    assert lookup(generated(tree).values, ("jupyterhub", "ingress")) == {
        "enabled": True,
        "hosts": hosts,
        "tls": [{"hosts": hosts, "secretName": "college-tls"}],
    }


def test_on_this_machine_a_node_port_leads_to_the_hub_and_the_ingress_too(tree):
    tree.cluster = {"name": "west", "provider": "local"}
    values = generated(tree).values
    assert lookup(values, ("jupyterhub", "proxy", "service", "type")) == "NodePort"
    assert lookup(values, ("jupyterhub", "ingress")) == {
        "enabled": True,
        "ingressClassName": "local",
        "hosts": ["college.hubs.example.org"],
    }


def test_a_name_below_localhost_needs_no_ingress_on_any_cluster(tree):
    tree.hub["domain"] = "college.localhost"
    values = generated(tree).values
    assert lookup(values, ("jupyterhub", "proxy", "service", "type")) == "NodePort"
    assert lookup(values, ("jupyterhub", "ingress")) == {"enabled": False}


def test_values_know_the_line_that_asked_for_them(tree):
    tree.file("clusters/west/outputs.yaml", OUTPUTS)
    tree.hub["display_name"] = "College"
    tree.hub["homes"] = {"kind": "filestore"}
    layer = generated(tree)
    lines = (tree.root / "clusters/west/cluster.yaml").read_text().splitlines()

    def line(*path):
        at = layer.locate(path)
        assert at.file == "clusters/west/cluster.yaml"
        return lines[at.line - 1].strip()

    assert line(*CUSTOM, "access") == "access: members"
    assert line("jupyterhub", "ingress", "hosts", 0) == "domain: college.hubs.example.org"
    assert line(*CUSTOM, "identity", "displayName") == "display_name: College"
    assert line("jupyterhub", "singleuser", "storage", "type") == "homes:"
    assert str(layer.locate((*CUSTOM, "staff"))) == "fleet.yaml:6"
    bucket = layer.locate(("jupyterhub", "singleuser", "extraEnv", "SCRATCH_BUCKET"))
    assert str(bucket) == "clusters/west/outputs.yaml:5"


def test_identity_and_buckets_come_from_outputs(tree):
    tree.file("clusters/west/outputs.yaml", OUTPUTS)
    values = generated(tree).values
    annotation = {"iam.gke.io/gcp-service-account": "college@example-hubs.iam.gserviceaccount.com"}
    assert lookup(values, ("basehub", "userServiceAccount", "annotations")) == annotation
    assert lookup(values, ("jupyterhub", "singleuser", "extraEnv")) == {
        "SCRATCH_BUCKET": "gs://example-scratch",
        "RAW_DATA_BUCKET": "gs://example-raw",
    }


def test_on_azure_pods_ask_for_the_identity(tree):
    tree.file("clusters/west/outputs.yaml", OUTPUTS)
    assert "extraLabels" not in lookup(generated(tree).values, ("jupyterhub", "singleuser"))
    place = {"subscription": "12345678-90ab-cdef-1234-567890abcdef", "resource_group": "hubs", "cluster": "hubs"}
    tree.cluster = {"name": "west", "provider": "azure", "azure": place}
    singleuser = lookup(generated(tree).values, ("jupyterhub", "singleuser"))
    assert singleuser["extraLabels"] == {"azure.workload.identity/use": "true"}
    tree.file("clusters/west/outputs.yaml", "hubs: {college: {buckets: {scratch: example}}}\n")
    assert "extraLabels" not in lookup(generated(tree).values, ("jupyterhub", "singleuser"))


@pytest.mark.parametrize("state", ["read-only", "retired"])
def test_a_hub_that_is_not_active_starts_no_server(tree, state):
    assert "readOnly" not in lookup(generated(tree).values, CUSTOM)
    tree.hub["state"] = state
    assert "can not be started" in lookup(generated(tree).values, (*CUSTOM, "readOnly"))


def test_a_node_pool_is_for_this_hub_alone(tree):
    tree.hub["node_pool"] = {"machine_type": "g2-standard-4", "max": 2, "gpu": {"type": "nvidia-l4", "count": 1}}
    singleuser = lookup(generated(tree).values, ("jupyterhub", "singleuser"))
    assert singleuser["nodeSelector"] == {"hubfleet/pool": "college"}
    assert singleuser["extraTolerations"][0]["value"] == "college"
    assert singleuser["extraResource"] == {"limits": {"nvidia.com/gpu": "1"}}


@pytest.mark.parametrize(
    ("homes", "storage"),
    [
        ({"kind": "pvc", "quota": "5Gi"}, {"type": "dynamic", "capacity": "5Gi"}),
        ({"kind": "pvc", "storage_class": "fast"}, {"type": "dynamic", "dynamic": {"storageClass": "fast"}}),
        ({"kind": "none"}, {"type": "none"}),
        (
            {"kind": "nfs", "server": "10.0.0.9", "path": "/export"},
            {"type": "static", "static": {"pvcName": "homes", "subPath": "{username}"}},
        ),
    ],
)
def test_homes(tree, homes, storage):
    tree.hub["homes"] = homes
    values = generated(tree).values
    assert lookup(values, ("jupyterhub", "singleuser", "storage")) == storage
    if homes["kind"] == "nfs":
        assert lookup(values, ("basehub", "homes", "nfs")) == {"server": "10.0.0.9", "path": "/export"}


def test_a_file_store_has_a_folder_for_each_hub(tree):
    tree.file("clusters/west/outputs.yaml", OUTPUTS)
    tree.hub["homes"] = {"kind": "filestore"}
    tree.more_hubs = [{**tree.hub, "name": "staging", "domain": "s.example.org", "homes": {"shared-with": "college"}}]
    wanted = {"server": "10.0.0.2", "path": "/homes/college", "root": "/homes"}
    for hub in ("college", "staging"):
        assert lookup(generated(tree, hub=hub).values, ("basehub", "homes", "nfs")) == wanted


@pytest.mark.parametrize(("exported", "path"), [("/", "/college"), ("/a/b", "/a/b/college")])
def test_the_folder_on_the_store_is_below_what_it_exports(tree, exported, path):
    tree.file("clusters/west/outputs.yaml", f"homes: {{server: 10.0.0.2, path: {exported}}}\n")
    tree.hub["homes"] = {"kind": "efs"}
    wanted = {"server": "10.0.0.2", "path": path, "root": exported}
    assert lookup(generated(tree).values, ("basehub", "homes", "nfs")) == wanted
    tree.hub["homes"] = {"kind": "efs", "path": "/there/already"}
    assert "root" not in lookup(generated(tree).values, ("basehub", "homes", "nfs"))


@pytest.mark.parametrize(
    ("homes", "others", "words"),
    [
        ({"kind": "filestore"}, {}, "no filestore is known"),
        ({"shared-with": "lab"}, {"homes": {"kind": "pvc"}}, "volumes of single users"),
        ({"shared-with": "lab"}, {"homes": {"shared-with": "college"}}, "no hub lab with homes of its own"),
        ({"shared-with": "gone"}, {}, "no hub gone"),
    ],
)
def test_homes_that_can_not_be_had_are_found_at_their_line(tree, homes, others, words):
    tree.more_hubs = [{**tree.hub, "name": "lab", "domain": "lab.example.org", **others}]
    tree.hub["homes"] = homes
    with pytest.raises(InvalidConfiguration) as caught:
        tree.resolve()
    (found,) = caught.value.findings
    assert words in found.message
    assert found.path.startswith("hubs[0].homes")
    assert "homes" in (tree.root / found.file).read_text().splitlines()[found.line - 2 : found.line].__str__()


def test_images_of_our_own_are_named_for_the_embedded_chart_alone(tree):
    def images(name):
        return f"hubfleet.local/{name}:0123"

    values = generated(tree, images=images).values
    assert lookup(values, ("jupyterhub", "hub", "image")) == {"name": "hubfleet.local/hub", "tag": "0123"}
    assert lookup(values, ("jupyterhub", "proxy", "chp", "image", "name")) == "hubfleet.local/proxy"
    assert lookup(values, ("jupyterhub", "singleuser", "image", "name")) == "hubfleet.local/user"
    tree.cluster["charts"] = {"jupyterhub": {"source": "upstream"}}
    assert "image" not in lookup(generated(tree, images=images).values, ("jupyterhub", "hub"))


@pytest.mark.parametrize(
    "reference",
    [
        "quay.io/jupyter/scipy-notebook:2026-11-02",
        "registry.example.org:5000/a/b:1",
        "quay.io/a/b@sha256:00ff",
        "quay.io/a/b:1@sha256:00ff",
    ],
)
def test_name_and_tag_make_the_reference_again(reference):
    parts = image_parts(reference)
    assert f"{parts['name']}:{parts['tag']}" == reference


def test_a_reference_without_a_tag_means_latest():
    assert image_parts("registry.example.org:5000/a/b") == {"name": "registry.example.org:5000/a/b", "tag": "latest"}
