"""How people get into a hub: said when it is made, and when it is deployed; no password is ever in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.fleet import load_fleet
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.workflows import way_in
from tests.unit.cli.conftest import Inv

ADA = ["--use-case", "research", "--contact", "Ada <ada@example.org>", "--admin", "ada"]
PASSWORDS = (
    "the password is in the cluster: ./inv cluster-shell local, and there\n"
    "    kubectl -n {hub} get secret shared-password -o go-template='{{{{index .data \"password\" | base64decode}}}}'\n"
    "    kubectl -n {hub} get secret shared-password -o go-template="
    "'{{{{index .data \"admin-password\" | base64decode}}}}'    administrators have this one"
)


def test_a_new_hub_on_this_machine(inv: Inv):
    said = inv("new-hub", "local/ocean", *ADA).stderr
    assert "next: have it reviewed, then\n      ./inv deploy-hub local ocean\n" in said, "nothing is to be decided"
    assert "http://ocean.localhost:30000/ leads there after ./inv deploy-support local\n" in said
    assert PASSWORDS.format(hub="ocean") in said


def test_a_new_hub_elsewhere(inv: Inv, fleet: Path):
    for name in ("example-gcp", "example-aws", "example-azure"):
        (fleet / "clusters" / name).rename(fleet / name)
    place = ["--provider", "kubeconfig", "--context", "kind", "--domain", "east.example.org"]
    assert "next: decide what is marked DECIDE, put" in inv("new-cluster", "east", *place).stderr
    said = inv("new-hub", "east/ocean", *ADA).stderr
    assert "next: decide what is marked DECIDE, have it reviewed, then\n" in said
    assert "password" not in said
    assert "deploy-support" not in said


@pytest.mark.parametrize(
    ("hub", "installed", "closed"),
    [("demo", {}, False), ("ocean", {}, True), ("ocean", {("support", "support"): object()}, False),
     ("ocean", None, False)],
)  # fmt: skip
def test_after_a_deploy(inv: Inv, fleet: Path, monkeypatch, hub: str, installed: dict | None, *, closed: bool):
    """The cluster's list of releases is pretended; None: it does not answer any more."""

    def releases(_: object) -> dict:
        if installed is None:
            raise HubfleetError("the cluster does not answer")
        return installed

    inv("new-hub", "local/ocean", *ADA)
    monkeypatch.setattr(way_in.releases, "releases", releases)
    found = load_fleet(fleet)
    cluster = found.cluster("local")
    one = cluster.hub(hub)
    values = resolve(found, cluster, one, secrets=placeholders, images=lambda name: name).values
    lines = way_in.after_deploy(cluster, one, values, kube=None)  # type: ignore[arg-type]
    assert ("not reachable before ./inv deploy-support local" in lines) is closed
    assert "\n".join(lines).endswith(PASSWORDS.format(hub=hub))
