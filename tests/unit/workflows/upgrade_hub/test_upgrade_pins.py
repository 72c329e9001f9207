"""Where pins are found, what is refused, and what is known of the chart's releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubfleet.errors import Refused, WrongUsage
from hubfleet.fleet import load_fleet
from hubfleet.workflows.upgrade_hub import Request, plan, request_of
from hubfleet.workflows.upgrade_hub.notes import notes_between, parts, warnings
from hubfleet.workflows.upgrade_hub.pins import image_name
from hubfleet.workflows.upgrade_hub.rehearsal import rehearsed
from tests.unit.fleet.conftest import Tree

DIGESTS = {version: f"sha256:{number * 64}" for version, number in (("4.3.3", "3"), ("4.3.5", "5"), ("4.4.0", "4"))}
FLEET = f"""\
tools: {{helm: 4.3.1}}
charts:
  jupyterhub:
    version: 4.3.3
    digest: {DIGESTS["4.3.3"]}
    digests: {{4.3.5: {DIGESTS["4.3.5"]}}}
    repository: https://hub.example.org/charts
stages: [production]
rounds:
  - {{version: 4.4.0, digest: {DIGESTS["4.4.0"]}, from: 2027-01-01, hubs: [west]}}
"""
VALUES = """\
jupyterhub:
  singleuser:
    image: {name: quay.io/example/notebook, tag: "2026-01"}   # agreed with Ada
    profileList:
      - display_name: R
        kubespawner_override: {image: 'quay.io/example/r:1'}
    initContainers:
      - {name: quay.io/example/notebook, image: quay.io/example/notebook:2026-01@sha256:abc}
"""


@pytest.fixture
def upstream(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.file("fleet.yaml", FLEET)
    tree.file("clusters/west/college.values.yaml", VALUES)
    tree.hub["values"] = ["college.values.yaml"]
    tree.load()
    return tree


def after(tree: Tree, chart: str = "", **images: str) -> str:
    planned = plan(tree.root, "west", "college", Request(chart, images))
    return "".join(line for change in planned.changes for line in change.diff.splitlines(keepends=True)[2:])


@pytest.mark.parametrize("version", ["4.3.5", "4.4.0"])
def test_chart_of_a_hub_is_pinned_where_its_digest_is_known(upstream: Tree, version: str) -> None:
    planned = plan(upstream.root, "west", "college", Request(version))

    assert [str(pin) for pin in planned.pins] == [
        f"clusters/west/cluster.yaml: hubs[0].chart: (not set) -> {version}",
    ]
    with rehearsed(upstream.root, planned.changes) as root:
        pin = load_fleet(root).cluster("west").hub("college").chart
    assert (pin.version, pin.digest) == (version, DIGESTS[version])
    assert load_fleet(upstream.root).cluster("west").hub("college").chart.version == "4.3.3", "nothing was written"


def test_unknown_package_is_refused(upstream: Tree) -> None:
    with pytest.raises(Refused, match=r"no digest of the JupyterHub chart 4\.5\.0") as caught:
        plan(upstream.root, "west", "college", Request("4.5.0"))
    assert caught.value.evidence == "known versions: 4.3.3, 4.3.5, 4.4.0"
    assert "4.5.0: sha256:" in caught.value.next_step


def test_embedded_chart_has_no_versions(tree: Tree) -> None:
    tree.load()
    with pytest.raises(WrongUsage, match="embedded chart"):
        plan(tree.root, "west", "college", Request("4.4.0"))


def test_version_that_the_hub_has_already_needs_no_pin(upstream: Tree) -> None:
    assert plan(upstream.root, "west", "college", Request("4.3.3")).pins == ()


def test_every_way_to_name_an_image_keeps_its_comments(upstream: Tree) -> None:
    planned = plan(upstream.root, "west", "college", request_of("", ["quay.io/example/notebook=2026-02"]))

    (change,) = planned.changes
    assert change.after.decode() == VALUES.replace('"2026-01"', '"2026-02"').replace(
        "notebook:2026-01@sha256:abc", "notebook:2026-02"
    )


def test_image_in_a_string_and_by_digest(upstream: Tree) -> None:
    images = ["quay.io/example/r=sha256:" + "a" * 64]
    planned = plan(upstream.root, "west", "college", request_of("", images))

    assert [pin.after for pin in planned.pins] == ["quay.io/example/r@sha256:" + "a" * 64]


def test_digest_where_a_tag_stands_is_refused(upstream: Tree) -> None:
    with pytest.raises(WrongUsage, match="takes no digest"):
        plan(upstream.root, "west", "college", request_of("", ["quay.io/example/notebook=sha256:" + "a" * 64]))


def test_communitys_choice_is_found(upstream: Tree) -> None:
    upstream.file("clusters/west/college.community.yaml", "image: quay.io/example/community:1  # ours\n")
    planned = plan(upstream.root, "west", "college", request_of("", ["quay.io/example/community=2"]))

    assert planned.changes[0].after == b"image: quay.io/example/community:2  # ours\n"


def test_unknown_image_lists_the_known(upstream: Tree) -> None:
    with pytest.raises(WrongUsage, match="names an image nobody") as caught:
        plan(upstream.root, "west", "college", request_of("", ["nobody=1"]))
    assert "quay.io/example/notebook, quay.io/example/r" in caught.value.evidence


def test_what_is_of_other_hubs_too_is_refused(upstream: Tree) -> None:
    upstream.more_hubs.append({**upstream.hub, "name": "lab", "domain": "lab.hubs.example.org"})
    upstream.load()
    with pytest.raises(Refused, match="also of other hubs: lab"):
        plan(upstream.root, "west", "college", request_of("", ["quay.io/example/notebook=2"]))

    common = "jupyterhub: {singleuser: {image: {name: quay.io/example/all, tag: '1'}}}\n"
    upstream.file("clusters/west/common.values.yaml", common)
    with pytest.raises(Refused, match="for every hub of west, not for college alone") as caught:
        plan(upstream.root, "west", "college", request_of("", ["quay.io/example/all=2"]))
    assert caught.value.where == "clusters/west/common.values.yaml"


@pytest.mark.parametrize(
    "images", [["notebook"], ["=1"], ["notebook="], ["a b=1"], ["a=No.Such/tag"], ["a=-1"], ["a=x:y"]]
)
def test_words_that_are_no_image(images: list[str]) -> None:
    with pytest.raises(WrongUsage, match="is not NAME=TAG"):
        request_of("", images)


def test_nothing_asked_for() -> None:
    with pytest.raises(WrongUsage, match="nothing to upgrade"):
        request_of("", [])


@pytest.mark.parametrize(
    ("reference", "name"),
    [("a/b:1", "a/b"), ("a", "a"), ("host:5000/a/b", "host:5000/a/b"), ("host:5000/a:1@sha256:x", "host:5000/a")],
)
def test_name_of_an_image(reference: str, name: str) -> None:
    assert image_name(reference) == name


def test_notes_are_of_the_releases_on_the_way() -> None:
    assert [note.version for note in notes_between("4.3.3", "4.4.0")] == ["4.3.4", "4.3.5", "4.4.0"]
    assert notes_between("4.4.0", "4.3.3") == ()
    assert [note.version for note in notes_between("3.0.0", "4.0.0-beta.1")] == []


def test_warnings() -> None:
    assert "goes back" in warnings("4.4.0", "4.3.3")[0]
    assert "skips a major" in warnings("2.0.0", "4.0.0")[0]
    assert "nothing is known" in warnings("4.4.0", "5.0.0")[0]
    assert warnings("4.3.3", "4.4.0") == ()
    assert parts("4.0.0-beta.1") < parts("4.0.0") < parts("4.0.1+build")
