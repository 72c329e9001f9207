"""One cluster's mistake stops nobody who works on another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetWarning, InvalidConfiguration
from hubfleet.fleet import load_fleet, load_whole_fleet
from hubfleet.workflows.leftovers import leftovers
from tests.unit.cli.conftest import Inv

WARNING = "! left out, because its files are wrong: example-gcp; ./inv validate shows why\n"


@pytest.fixture
def broken(fleet: Path) -> Path:
    file = fleet / "clusters/example-gcp/cluster.yaml"
    file.write_text(f"{file.read_text()}nonsense: [\n")
    return fleet


def test_work_on_another_cluster_goes_on_with_one_line(broken: Path, inv: Inv):
    done = inv("explain-hub", "local", "demo", "--key", "jupyterhub.proxy.service.type")
    assert (done.returncode, done.stderr.count(WARNING)) == (0, 1), done.stderr
    done = inv("status", "-s", "local/demo", "--json")
    assert (done.returncode, done.stderr) == (1, WARNING), "1: the local cluster does not run; 4: it was not looked at"
    assert [each["hub"] for each in json.loads(done.stdout)["hubs"]] == ["demo"]


def test_who_names_the_broken_cluster_hears_what_is_wrong(broken: Path, inv: Inv):
    for words in (("explain-hub", "example-gcp", "college"), ("status", "-s", "example-gcp/college")):
        done = inv(*words)
        assert done.returncode == 4
        assert "✗ the cluster example-gcp has 1 mistake\n  clusters/example-gcp/cluster.yaml:" in done.stderr


def test_a_look_at_the_whole_fleet_shows_the_rest(broken: Path, inv: Inv):
    done = inv("list-hubs")
    assert (done.returncode, done.stderr) == (0, WARNING)
    assert "example-aws\tcollege" in done.stdout
    # `status` of everything would ask the clouds: only what is on this machine is left.
    for name in ("example-aws", "example-azure"):
        (broken / "clusters" / name).rename(broken / name)
    done = inv("status", "--json")
    rows = {(each["cluster"], each["hub"]): each for each in json.loads(done.stdout)["hubs"]}
    assert done.returncode == 0, "as for a cluster that can not be reached"
    assert rows["example-gcp", "?"]["state"] == "unreadable"
    assert ("local", "demo") in rows
    assert inv("status", "-s", "stage=staging").returncode == 1, "one that was asked for may be among them"


def test_leftovers_that_nobody_looked_at_are_told(fleet: Path):
    for name in ("example-aws", "example-azure", "example-gcp"):
        (fleet / "clusters" / name / "cluster.yaml").write_text("[\n")
    with pytest.warns(HubfleetWarning, match="their files are wrong: example-aws, example-azure, example-gcp"):
        found = leftovers(fleet, [])
    assert [(each.cluster, each.complete) for each in found] == [
        ("example-aws", False), ("example-azure", False), ("example-gcp", False)
    ]  # fmt: skip


def test_what_compares_clusters_sees_all_or_nothing(broken: Path, inv: Inv):
    with pytest.raises(InvalidConfiguration, match="1 mistake"):
        load_whole_fleet(broken)
    with pytest.warns(HubfleetWarning):
        assert "local" in {each.name for each in load_fleet(broken).clusters}
    entry = ["--use-case", "event", "--community-type", "event", "--contact", "Ada <a@example.org>", "--admin", "ada"]
    done = inv("new-hub", "local/fair", "--display-name", "Fair", *entry)
    assert done.returncode == 4, "its domain may be one of a hub that can not be read"
    assert not (broken / "clusters/local/fair.values.yaml").exists()
