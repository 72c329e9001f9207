"""The modules: valid for the real providers, the same words on every cloud, and what their own tests promise."""

import json
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.process import environment

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
CLOUDS = ("gcp", "aws", "azure")
AWS_INPUTS = ROOT / "tests/integration/infra/aws.tfvars.json"
# What only one cloud has, and what each cloud has its own rules and words for.
ONE_CLOUDS_OWN = {"addons"}
OWN_TYPE = {"place"}


def variables(root):
    """Name of each variable, with its text."""
    text = (ROOT / "terraform" / root / "variables.tf").read_text()
    return dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))


def type_of(text):
    """The type of a variable, without its spaces."""
    typed = re.search(r"^  type\s*= (.*?)^  (?:default|nullable|validation)", text, re.MULTILINE | re.DOTALL)
    return re.sub(r"\s+", "", typed.group(1))


def test_the_inputs_are_the_same_on_every_cloud():
    found = {cloud: variables(cloud) for cloud in CLOUDS}
    assert {name for names in found.values() for name in names} - ONE_CLOUDS_OWN == set(found["gcp"])
    for name in set(found["gcp"]) - OWN_TYPE:
        assert len({type_of(found[cloud][name]) for cloud in CLOUDS}) == 1, name


def test_every_variable_and_output_is_described_and_what_can_be_wrong_is_validated():
    for file in sorted((ROOT / "terraform").rglob("variables.tf")):
        for name, text in re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', file.read_text(), re.MULTILINE | re.DOTALL):
            assert re.search(r"^  description = ", text, re.MULTILINE), (file, name)
            assert re.search(r"^  type\s+= ", text, re.MULTILINE), (file, name)
            assert "= bool" in text or "error_message" in text, (file, name)
    for file in sorted((ROOT / "terraform").rglob("outputs.tf")):
        for name, text in re.findall(r'^output "(\w+)" \{\n(.*?)^\}', file.read_text(), re.MULTILINE | re.DOTALL):
            assert re.search(r"^  description = ", text, re.MULTILINE), (file, name)


def test_the_sources_are_formatted(terraform):
    process.run([terraform, "fmt", "-check", "-recursive", "-no-color", ROOT / "terraform"], env=environment())


@pytest.mark.parametrize("root", [*CLOUDS, *(f"state/{cloud}" for cloud in CLOUDS)])
def test_a_root_is_valid_for_the_real_provider(sources, root):
    found = json.loads(sources.run(root, "validate", "-json").stdout)
    assert found["valid"], found["diagnostics"]
    assert not found["diagnostics"]


@pytest.mark.parametrize("root", CLOUDS)
def test_a_root_does_what_its_own_tests_say(sources, root):
    done = sources.run(root, "test", "-no-color", ok=(0, 1))
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_on_azure_that_can_carry_tags_carries_them(sources):
    said = sources.run("state/azure", "providers", "schema", "-json").stdout
    schema = json.loads(said)["provider_schemas"]["registry.terraform.io/hashicorp/azurerm"]["resource_schemas"]
    seen = 0
    for file in [*(ROOT / "terraform/modules").glob("azure-*/*.tf"), ROOT / "terraform/azure/main.tf"]:
        for kind, text in re.findall(
            r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', file.read_text(), re.MULTILINE | re.DOTALL
        ):
            if "tags" in schema[kind]["block"]["attributes"]:
                seen += 1
                assert re.search(r"^  tags\s*= .*(tags|merge\()", text, re.MULTILINE), (file, kind)
    assert seen > 10


@pytest.fixture
def aws_server(tmp_path):
    """AWS's API on loopback, which remembers what is made and makes nothing: see tests/fakes/moto_corrected.py."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, ROOT / "tests/fakes/moto_corrected.py", "-H", "127.0.0.1", "-p", str(port)]
    env = environment(MOTO_IAM_LOAD_MANAGED_POLICIES="true")
    said = []
    with process.running(argv, env=env, on_line=said.append, cwd=tmp_path) as runs:
        address = f"http://127.0.0.1:{port}"
        while not answers(f"{address}/moto-api/"):
            assert runs(), said
            time.sleep(0.1)
        yield address


def answers(address):
    """Whether a server is there."""
    try:
        urllib.request.urlopen(address, timeout=5).close()  # noqa: S310
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def test_a_cluster_on_aws_is_made_and_everything_carries_cluster_hub_and_community(sources, aws_server, tmp_path):
    access = {"AWS_ENDPOINT_URL": aws_server, "AWS_ACCESS_KEY_ID": "mock", "AWS_SECRET_ACCESS_KEY": "mock"}
    access |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    made, changed = sources.made("aws", AWS_INPUTS, tmp_path, **access)
    assert changed == ""
    taggable = {address: after["tags_all"] for address, after in made.items() if "tags_all" in after}
    assert len(taggable) > 20
    assert {address for address, tags in taggable.items() if tags.get("hubfleet-cluster") != "aws-test"} == set()
    lab = [address for address in taggable if address.startswith('module.hub["lab"]') or "hub-lab" in address]
    assert lab
    for address in (*lab, 'module.homes.aws_ebs_volume.homes["college"]'):
        assert taggable[address]["hubfleet-hub"] in {"lab", "college"}, address
        assert taggable[address]["hubfleet-community"], address
    open_to_all = [address for address, after in made.items() if after.get("map_public_ip_on_launch")]
    assert open_to_all == []


def test_everything_on_google_cloud_that_can_carry_labels_carries_the_cluster(sources, tmp_path):
    inputs = tmp_path / "inputs.tfvars.json"
    inputs.write_text(json.dumps(GCP_INPUTS))
    made = sources.planned("gcp", inputs, tmp_path, GOOGLE_OAUTH_ACCESS_TOKEN="mock")
    labelled = {address: after["effective_labels"] for address, after in made.items() if "effective_labels" in after}
    assert len(labelled) >= 5
    assert {address for address, labels in labelled.items() if labels.get("hubfleet-cluster") != "gcp-test"} == set()
    disk = labelled['module.homes.google_compute_disk.homes["college"]']
    assert (disk["hubfleet-hub"], disk["hubfleet-community"]) == ("college", "st-john-s-college-")


GCP_INPUTS = {
    "cluster": "gcp-test",
    "kubernetes_name": "hubs",
    "place": {"project": "example-hubs", "location": "us-west1-b"},
    "node_pools": {
        "core": {"purpose": "core", "machine_type": "n2-highmem-4", "min": 1, "max": 3},
        "user": {"purpose": "user", "machine_type": "n2-highmem-16", "max": 20},
    },
    "hubs": {
        "college": {
            "community": "St. John's College!",
            "use_case": "education",
            "namespace": "college",
            "homes": {"kind": "nfs", "quota_gb": 10, "size_gb": 500},
            "scratch_buckets": {"scratch": {"expire_days": 7}},
        },
    },
    "storage": {"kind": "filestore", "size_gb": 1024},
    "registry": True,
    "archive": {"keep_days": 730},
    "tags": {"team": "Hubs"},
}
