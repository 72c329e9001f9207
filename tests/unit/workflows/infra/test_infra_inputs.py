"""From cluster.yaml to terraform's inputs, and where the state is: the contract of terraform/README.md."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet import Cluster, load_whole_fleet
from hubfleet.workflows.infra.backend import backend, usual_bucket
from hubfleet.workflows.infra.credentials import azure_environment
from hubfleet.workflows.infra.inputs import gibibytes, inputs, text

ROOT = Path(__file__).parents[4]
FLEET = """\
tools: {helm: 4.3.1, kubernetes: 1.35.4}
charts: {jupyterhub: {version: 4.3.3, source: embedded}}
stages: [production]
staff: {admins: [grace]}
"""
PLACES: dict[str, dict[str, str]] = {
    "gcp": {"project": "example-hubs", "location": "us-west1", "cluster": "hubs"},
    "aws": {"account": "123456789012", "region": "eu-west-1", "cluster": "hubs"},
    "azure": {"subscription": "12345678-90ab-cdef-1234-567890abcdef", "resource_group": "hubs", "cluster": "hubs"},
}
POOLS = {
    "core": {"purpose": "core", "machine_type": "m", "min": 1, "max": 3},
    "user": {"purpose": "user", "machine_type": "m", "max": 9},
}


def hub(name: str, **more: Any) -> dict[str, Any]:
    community = {"type": "research-team", "name": "Ocean Lab", "contacts": [{"name": "S", "email": "s@example.org"}]}
    return {
        "name": name, "domain": f"{name}.example.org", "use_case": "research", "stage": "production",
        "access": "members", "community": community, "homes": {"kind": "pvc", "quota": "10Gi"}, **more,
    }  # fmt: skip


def cluster(
    root: Path, provider: str = "aws", hubs: tuple[dict[str, Any], ...] = (), own: Any = None, **infrastructure: Any
) -> Cluster:
    infrastructure |= {"hubs": own} if own else {}
    document = {
        "name": "west", "provider": provider, provider: PLACES[provider], "hubs": list(hubs),
        "infrastructure": {"node_pools": POOLS, **infrastructure},
    }  # fmt: skip
    (root / "clusters/west").mkdir(parents=True, exist_ok=True)
    (root / "fleet.yaml").write_text(FLEET)
    (root / "clusters/west/cluster.yaml").write_text(yaml.safe_dump(document))
    return load_whole_fleet(root).cluster("west")


def test_a_cluster(tmp_path: Path) -> None:
    found = inputs(cluster(tmp_path, kubernetes_version="1.35", tags={"team": "hubs"}))
    assert (found["cluster"], found["kubernetes_name"]) == ("west", "hubs")
    assert found["place"] == {"account": "123456789012", "region": "eu-west-1"}
    assert found["deletion_protection"] is True
    assert (found["node_pools"], found["tags"], found["kubernetes_version"]) == (POOLS, {"team": "hubs"}, "1.35")
    assert "budget" not in found, "what is not said is left to terraform's defaults"
    assert inputs(cluster(tmp_path), protected=False)["deletion_protection"] is False


def test_hubs(tmp_path: Path) -> None:
    pool = {"machine_type": "g5", "max": 4, "disk": "100Gi", "gpu": {"type": "a10g", "count": 1}}
    hubs = (
        hub("lab", namespace="ocean", homes={"kind": "nfs", "server": "x", "path": "/homes", "quota": "1500Mi"},
            node_pool=pool),
        hub("second", homes={"shared-with": "lab"}),
        hub("gone", state="retired"),
    )  # fmt: skip
    own = {"lab": {"size_gb": 500, "scratch_buckets": {"scratch": {"expire_days": 7}}, "read_buckets": ["ocean-data"]}}
    found = inputs(cluster(tmp_path, hubs=hubs, own=own))["hubs"]
    assert set(found) == {"lab", "second"}, "what is a retired hub's goes"
    down = inputs(cluster(tmp_path, hubs=hubs, own=own), protected=False)["hubs"]
    assert set(down) == {"lab", "second", "gone"}, "lifting a protection destroys nothing"
    assert found["lab"] == {
        "community": "Ocean Lab", "use_case": "research", "namespace": "ocean",
        "homes": {"kind": "nfs", "quota_gb": 2, "size_gb": 500},
        "node_pool": {"machine_type": "g5", "min": 0, "max": 4, "spot": False, "disk_gb": 100,
                      "gpu": {"type": "a10g", "count": 1}},
        "scratch_buckets": {"scratch": {"expire_days": 7}}, "read_buckets": ["ocean-data"],
    }  # fmt: skip
    assert found["second"]["homes"] == {"kind": "none"}, "it uses another hub's homes"


@pytest.mark.parametrize("provider", PLACES)
def test_every_input_is_one_that_terraform_knows(tmp_path: Path, provider: str) -> None:
    more: dict[str, Any] = {"location": "westeurope"} if provider == "azure" else {}
    everything = {
        "kubernetes_version": "1.35", "release_channel": "", "network": {"cidr": "10.64.0.0/16"}, "registry": True,
        "storage": {"kind": "none"}, "archive": {"keep_days": 9}, "budget": {"amount": 9, "emails": ["a@b.org"]},
        "tags": {}, **more,
    }  # fmt: skip
    found = inputs(cluster(tmp_path, provider, hubs=(hub("lab"),), **everything))
    sources = (ROOT / f"terraform/{provider}/variables.tf").read_text()
    known = set(re.findall(r'^variable "(\w+)"', sources, re.MULTILINE))
    assert set(found) <= known
    assert known - set(found) <= {"addons"}


def test_azure_needs_a_location(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        inputs(cluster(tmp_path, "azure"))
    assert "infrastructure.location" in str(caught.value.findings[0])
    found = inputs(cluster(tmp_path, "azure", location="westeurope"))["place"]
    assert found == {"subscription": PLACES["azure"]["subscription"], "resource_group": "hubs",
                     "location": "westeurope"}  # fmt: skip


def test_the_same_inputs_are_the_same_text(tmp_path: Path) -> None:
    found = inputs(cluster(tmp_path))
    assert text(found) == text(dict(reversed(found.items())))
    assert json.loads(text(found)) == found


@pytest.mark.parametrize(("amount", "gib"), [("10Gi", 10), ("1500Mi", 2), ("1Ti", 1024), ("100G", 100)])
def test_gibibytes(amount: str, gib: int) -> None:
    assert gibibytes(amount) == gib


def test_the_state_is_where_its_clusters_name_says(tmp_path: Path) -> None:
    aws = backend(cluster(tmp_path), tmp_path)
    assert (aws.kind, aws.bucket) == ("s3", "hubfleet-state-123456789012-eu-west-1")
    assert aws.settings["key"] == "west/terraform.tfstate"
    assert aws.settings["use_lockfile"] == "true"
    gcp = backend(cluster(tmp_path, "gcp"), tmp_path)
    assert (gcp.kind, dict(gcp.settings)) == ("gcs", {"bucket": "example-hubs-hubfleet-state", "prefix": "west"})
    azure = backend(cluster(tmp_path, "azure", location="westeurope"), tmp_path)
    digits = hashlib.sha256(PLACES["azure"]["subscription"].encode()).hexdigest()[:16]
    assert (azure.kind, azure.settings["storage_account_name"]) == ("azurerm", f"hubfleet{digits}")
    assert azure.settings["key"] == "west.tfstate"


@pytest.mark.parametrize("provider", PLACES)
def test_the_bucket_is_the_one_that_terraform_makes(tmp_path: Path, provider: str) -> None:
    """terraform/state/<provider> computes the same name."""
    made = (ROOT / f"terraform/state/{provider}/main.tf").read_text()
    formula = {
        "gcp": "${var.place.project}-hubfleet-state",
        "aws": "hubfleet-state-${var.place.account}-${var.place.region}",
        "azure": "hubfleet${substr(sha256(var.place.subscription), 0, 16)}",
    }[provider]
    assert f'"{formula}"' in made
    found = usual_bucket(cluster(tmp_path, provider))
    for name, value in PLACES[provider].items():
        formula = formula.replace(f"${{var.place.{name}}}", value)
    if provider != "azure":
        assert found == formula


def test_the_state_can_be_elsewhere(tmp_path: Path) -> None:
    other = backend(cluster(tmp_path, state={"bucket": "our-states"}), tmp_path)
    assert (other.bucket, other.settings["bucket"]) == ("our-states", "our-states")
    file = backend(cluster(tmp_path, state={"path": "states/west.tfstate"}), tmp_path)
    assert (file.kind, file.bucket) == ("local", str(tmp_path / "states/west.tfstate"))
    with pytest.raises(InvalidConfiguration):
        cluster(tmp_path, state={"bucket": "our-states", "path": "x"})


def test_a_misspelt_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        cluster(tmp_path, registri=True)
    assert "registry" in str(caught.value.findings[0])


def test_azures_names_of_credentials() -> None:
    found = azure_environment({"AZURE_CLIENT_ID": "a", "AZURE_FEDERATED_TOKEN_FILE": "/token"}, "sub")
    assert found["ARM_CLIENT_ID"] == found["AZURE_CLIENT_ID"] == "a"
    assert (found["ARM_OIDC_TOKEN_FILE_PATH"], found["ARM_USE_OIDC"]) == ("/token", "true")
    assert found["ARM_SUBSCRIPTION_ID"] == "sub"
    assert "ARM_USE_OIDC" not in azure_environment({}, "sub"), "a person is logged in with az"
