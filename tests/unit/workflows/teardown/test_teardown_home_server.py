"""Taking down a hub that serves its homes from its own disk: they are archived as the share that people see.

A stand-in answers for the API: what is shown is which claims count, not how they are read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hubfleet.fleet import load_fleet
from hubfleet.workflows.teardown import closing, removing
from hubfleet.workflows.teardown.inventory import Claim, Inventory, Volume

EXAMPLE = Path(__file__).parents[4] / "tests/examples/valid/own-disks"
DISK = "projects/example-hubs/zones/us-west1-b/disks/homes-north-lab-0a1b2c3d"


def site(hub: str = "lab", pods: tuple[Any, ...] = ()) -> Any:
    cluster = load_fleet(EXAMPLE).cluster("north")
    kube = SimpleNamespace(list_json=lambda *_: list(pods))
    return SimpleNamespace(hub=cluster.hub(hub), cluster=cluster, kube=kube, subject=f"north/{hub}")


def claim(name: str) -> Claim:
    return Claim(name, f"uid-{name}", "", "1Ti", "Bound", "Filesystem", f"v-{name}", "Retain", {})


def inventory(*claims: str, disk: str = "") -> Inventory:
    share = Volume("lab-homes", "homes", "Bound", "Retain", "10.64.32.16:/", "", ours=True)
    return Inventory(
        "Active", "deployed", 1, (), tuple(map(claim, claims)), (share,), "none", (), (), (), {}, {}, "", disk
    )


def pod(name: str, claim_name: str) -> dict[str, Any]:
    volumes = [{"name": "it", "persistentVolumeClaim": {"claimName": claim_name}}]
    return {"metadata": {"name": name}, "status": {"phase": "Running"}, "spec": {"volumes": volumes}}


def test_the_homes_are_archived_and_the_disk_behind_them_is_not_read_twice() -> None:
    found = inventory("home-nfs", "homes", "hub-db-dir")
    assert [each.name for each in removing.to_archive(site(), found)] == ["homes", "hub-db-dir"]


def test_the_claim_is_like_any_other_where_the_hub_has_no_such_server() -> None:
    here = site()
    here.hub = replace(here.hub, home_server=None)
    assert [each.name for each in removing.to_archive(here, inventory("home-nfs"))] == ["home-nfs"]


def test_homes_that_are_another_hubs_are_left_alone() -> None:
    assert removing.to_archive(site("lab-staging"), inventory("homes")) == ()


def test_the_server_may_run_while_homes_are_archived_and_nobody_else() -> None:
    server = pod("home-nfs-1", "home-nfs")
    assert closing.in_use(site(pods=(server,))) == {}
    assert closing.in_use(site(pods=(server, pod("jupyter-ada", "homes")))) == {"homes": ("jupyter-ada",)}


@pytest.mark.parametrize("disk", [DISK, ""])
def test_the_disk_is_told_with_what_a_person_does_about_it(disk: str) -> None:
    found = {each.kind: each.name for each in removing.outside(inventory(disk=disk))}
    assert found.get("disk of the homes", "") == disk
