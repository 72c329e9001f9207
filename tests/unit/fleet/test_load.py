"""Loading: everything checked first, all mistakes at once, then dataclasses."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubfleet.errors import InvalidConfiguration, WrongUsage
from hubfleet.fleet.load import load_fleet, load_whole_fleet, read_fleet
from hubfleet.fleet.model import ChartPin

ROOT = Path(__file__).parents[3]


def findings(tree):
    tree.write()
    with pytest.raises(InvalidConfiguration) as caught:
        load_whole_fleet(tree.root)
    return caught.value.findings


def test_the_repositorys_own_clusters_load():
    fleet = load_fleet(ROOT)
    assert {"demo", "staging"} <= {hub.name for hub in fleet.cluster("local").hubs}
    assert {hub.use_case for hub in fleet.cluster("example-gcp").hubs} == {"education", "research", "event"}


def test_everything_that_a_hub_can_say(tree):
    tree.hub |= {
        "state": "read-only", "display_name": "College", "aliases": ["b.example.org"], "namespace": "college-ns",
        "homes": {"kind": "nfs", "server": "10.0.0.1", "path": "/export", "quota": "5Gi"},
        "node_pool": {"machine_type": "n2-highmem-8", "max": 3, "gpu": {"type": "nvidia-l4", "count": 1}},
        "chart": "4.3.2", "common_values": False, "values": ["college.values.yaml"],
        "secrets": ["x.secret.values.yaml"],
        "events": [{"name": "Exam", "start": "2027-06-01", "end": "2027-06-02T12:00:00+02:00", "people": 300}],
    }  # fmt: skip
    tree.cluster |= {"staff": {"admins": ["linus", "grace"]}, "limits": {"memory": "8Gi", "images": ["a/*"]}}
    cluster = tree.load().cluster("west")
    hub = cluster.hub("college")
    assert (hub.release, hub.namespace, hub.state, hub.common_values) == ("college", "college-ns", "read-only", False)
    assert hub.domains == ("college.hubs.example.org", "b.example.org")
    assert (hub.homes.kind, hub.homes.server, hub.homes.quota) == ("nfs", "10.0.0.1", "5Gi")
    assert hub.node_pool is not None
    assert (hub.node_pool.gpu_type, hub.node_pool.min) == ("nvidia-l4", 0)
    assert hub.chart == ChartPin("4.3.2", "embedded")
    assert hub.values == (tree.root / "clusters/west/college.values.yaml",)
    assert hub.events[0].start == datetime(2027, 6, 1, tzinfo=UTC)
    assert hub.events[0].end == datetime(2027, 6, 2, 10, tzinfo=UTC)
    assert str(hub.at).startswith("clusters/west/cluster.yaml:")
    assert cluster.admins == ("grace", "linus")
    assert cluster.limits.images == ("a/*",)


def test_what_a_hub_need_not_say(tree):
    hub = tree.load().cluster("west").hub("college")
    assert (hub.state, hub.namespace, hub.display_name, hub.common_values) == ("active", "college", "college", True)
    assert hub.chart == ChartPin("4.3.3", "embedded")


def test_fleet_defaults_are_below_what_a_hub_says(tree):
    tree.file("fleet.yaml", (tree.root / "fleet.yaml").read_text() + "defaults: {common_values: false}\n")
    assert tree.load().cluster("west").hub("college").common_values is False
    tree.hub["common_values"] = True
    assert tree.load().cluster("west").hub("college").common_values is True


def test_another_version_is_another_package_so_the_digest_goes(tree):
    digest = f"sha256:{'0' * 64}"
    tree.file("fleet.yaml", (tree.root / "fleet.yaml").read_text().replace("4.3.3,", f"4.3.3, digest: '{digest}',"))
    assert tree.load().cluster("west").hub("college").chart.digest == digest
    tree.hub["chart"] = "4.3.2"
    assert tree.load().cluster("west").hub("college").chart.digest == ""


def test_files_beside_a_hub_are_found_by_name(tree):
    tree.file("clusters/west/college.community.yaml", "admins: [ada]\n")
    tree.file("clusters/west/college.override.values.yaml", "{}\n")
    tree.file("clusters/west/common.values.yaml", "{}\n")
    cluster = tree.load().cluster("west")
    assert cluster.common_values == tree.root / "clusters/west/common.values.yaml"
    assert cluster.hub("college").community_file is not None
    assert cluster.hub("college").override_file is not None


def test_all_mistakes_of_all_files_at_once(tree):
    tree.file("clusters/east/cluster.yaml", "name: east\nprovider: local\nhubs: []\nhubz: []\n")
    tree.file("clusters/north/cluster.yaml", "name: north\nname: north\n")
    tree.file("clusters/empty/readme.txt", "")
    tree.hub["stage"] = 1
    found = findings(tree)
    assert [(each.file, each.rule) for each in found] == [
        ("clusters/east/cluster.yaml", "unknown-key"),
        ("clusters/empty/cluster.yaml", "unreadable-file"),
        ("clusters/north/cluster.yaml", "duplicate-key"),
        ("clusters/west/cluster.yaml", "wrong-type"),
    ]


def test_the_clusters_that_are_right_can_be_read_beside_those_that_are_wrong(tree):
    tree.load()
    tree.file("clusters/east/cluster.yaml", "name: [\n")
    reading = read_fleet(tree.root)
    assert reading.fleet is not None
    assert [cluster.name for cluster in reading.fleet.clusters] == ["west"]
    assert [each.file for each in reading.findings] == ["clusters/east/cluster.yaml"]


def test_without_fleet_yaml_there_is_no_fleet(tree):
    (tree.root / "fleet.yaml").unlink()
    assert findings(tree)[0].file == "fleet.yaml"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda tree: tree.cluster.update(name="east"), "cluster-name"),
        (lambda tree: tree.more_hubs.append({**tree.hub, "domain": "b.example.org"}), "duplicate-hub"),
        (lambda tree: tree.hub.update(events=[_event("2027-02-30", "2027-03-01")]), "no-such-day"),
        (lambda tree: tree.hub.update(events=[_event("2027-03-02", "2027-03-01")]), "event-ends-early"),
        (lambda tree: tree.file("clusters/west/outputs.yaml", "ingres: x\n"), "unknown-key"),
    ],
)
def test_what_would_leave_it_unclear_what_is_meant(tree, change, rule):
    change(tree)
    (found,) = findings(tree)
    assert found.rule == rule


def _event(start, end):
    return {"name": "Exam", "start": start, "end": end, "people": 3}


def test_an_event_of_one_day_lasts_the_day(tree):
    tree.hub["events"] = [_event("2027-03-01", "2027-03-01")]
    event = tree.load().cluster("west").hub("college").events[0]
    assert (event.end - event.start).days == 1


def test_unknown_names_say_what_was_meant(tree):
    fleet = tree.load()
    with pytest.raises(WrongUsage) as caught:
        fleet.cluster("wset")
    assert caught.value.next_step == "did you mean west?"
    with pytest.raises(WrongUsage) as caught:
        fleet.cluster("west").hub("colege")
    assert caught.value.next_step == "did you mean college?"


def test_warnings_do_not_stop_loading(tree):
    tree.load()
    path = tree.root / "clusters/west/cluster.yaml"
    path.write_text(path.read_text() + "display_name: West\n" + "staff:\n  admins: []\n")
    path.write_text(path.read_text().replace("quota: 10Gi", "quota: 10Gi\n  common_values: on"))
    reading = read_fleet(tree.root)
    assert [(each.severity, each.rule) for each in reading.findings] == [("warning", "yaml-1.1-value")]
    assert load_fleet(tree.root).cluster("west").hub("college").common_values is True
