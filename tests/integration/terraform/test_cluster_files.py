"""What clusters/ says is what terraform/<provider> takes: the examples, and what new-cluster writes.

The variables' own checks are run by the real terraform, without the resources and so without any provider: it shows
that inputs are accepted, not what would be made of them.
"""

import json
import shutil
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.fleet import load_fleet
from hubfleet.fleet.quantities import size
from hubfleet.process import environment
from hubfleet.workflows.new.cluster import asked_for, make

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
PLACE = {
    "gcp": ("project", "location"),
    "aws": ("account", "region"),
    "azure": ("subscription", "resource_group", "location"),
}
GIVEN = {
    "gcp": {"project": "example-hubs", "location": "us-west1"},
    "aws": {"account": "012345678901", "region": "eu-west-1"},
    "azure": {
        "subscription": "12345678-90ab-cdef-1234-567890abcdef", "resource_group": "hubs", "location": "westeurope",
    },
}  # fmt: skip


def inputs(cluster):
    """The contract of terraform/README.md, for what these clusters use of it."""
    wanted = dict(cluster.infrastructure)
    own = wanted.pop("hubs", {})
    known = {**cluster.place, **wanted}
    wanted.pop("location", None)
    return {
        **wanted,
        "cluster": cluster.name,
        "kubernetes_name": cluster.place["cluster"],
        "place": {name: known[name] for name in PLACE[cluster.provider]},
        "hubs": {hub.name: _hub(hub, own.get(hub.name, {})) for hub in cluster.hubs},
    }


def _hub(hub, own):
    pool = hub.node_pool
    machines = {"machine_type": pool.machine_type, "min": pool.min, "max": pool.max, "spot": pool.spot} if pool else {}
    return {
        "community": hub.community.name,
        "use_case": hub.use_case,
        "namespace": hub.namespace,
        "homes": {"kind": hub.homes.kind, "quota_gb": size(hub.homes.quota) / 1024**3},
        **({"node_pool": machines} if machines else {}),
        **own,
    }


def accepted(terraform, folder, provider, found):
    """What the checks of the variables say; empty when they accept all."""
    folder.mkdir()
    shutil.copy(ROOT / "terraform" / provider / "variables.tf", folder)
    (folder / "terraform.tfvars.json").write_text(json.dumps(found))
    (folder / "outputs.tf").write_text('output "pools" {\n  value = var.node_pools\n}\n')
    env = environment(CHECKPOINT_DISABLE="1")
    process.run([terraform, "init", "-input=false", "-no-color"], cwd=folder, env=env)
    try:
        process.run([terraform, "plan", "-input=false", "-no-color"], cwd=folder, env=env)
    except HubfleetError as error:
        return error.completed.stderr
    return ""


@pytest.mark.parametrize("provider", PLACE)
def test_the_example_is_accepted(terraform, tmp_path, provider):
    cluster = load_fleet(ROOT).cluster(f"example-{provider}")
    assert {hub.use_case for hub in cluster.hubs} == {"education", "research", "event"}
    assert accepted(terraform, tmp_path / "it", provider, inputs(cluster)) == ""


@pytest.mark.parametrize("provider", PLACE)
def test_a_new_cluster_is_accepted(terraform, tmp_path, provider):
    root = tmp_path / "fleet"
    shutil.copytree(ROOT / "tests/examples/valid/one-hub", root)
    make(root, asked_for(root, "west", {"provider": provider, **GIVEN[provider]}, None))
    found = inputs(load_fleet(root).cluster("west"))
    assert accepted(terraform, tmp_path / "it", provider, found) == ""
    found["node_pools"]["core"]["min"] = 0
    assert "core" in accepted(terraform, tmp_path / "wrong", provider, found), "the checks do run"
