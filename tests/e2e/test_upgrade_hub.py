"""`inv upgrade-hub` on a real cluster: an image that is there, one that is not, a plan, and a kill in the middle."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from hubfleet import images
from hubfleet.localcluster.node_images import ctr
from hubfleet.localcluster.settings import load
from hubfleet.runs import start
from hubfleet.runs.lock import locked
from hubfleet.workflows.deploy import database

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
VALUES = "clusters/local/staging.values.yaml"
NAME = "hubfleet.local/user"
IMAGE = "  singleuser:\n    image: {{name: {}, tag: {}, pullPolicy: Never}}   # agreed with Ada\n"


@pytest.fixture(scope="module")
def pinned(place: Place) -> Iterator[str]:
    """The hub `staging`, whose file pins the user image by a tag; and that tag. `second` is the same image again."""
    file = place.file(VALUES)
    before = file.read_text()
    reference = images.reference(place.root, "user")
    name, _, tag = reference.rpartition(":")
    assert name == NAME
    file.write_text(before.rstrip("\n") + "\n" + IMAGE.format(name, f'"{tag}"'))
    settings = load(place.state)
    assert settings is not None
    subprocess.run([*ctr(settings), "images", "tag", "--force", reference, f"{name}:second"], check=True)
    place.inv("deploy-hub", "local", "staging", "--check", "quick")
    yield tag
    file.write_text(before)


def test_plan_shows_files_and_objects_and_changes_nothing(place: Place, pinned: str) -> None:
    before, revision = place.file(VALUES).read_text(), place.hub("staging")["revision"]

    plan = place.inv("upgrade-hub", "local", "staging", "--image", f"{NAME}=second", "--plan-only").stdout

    assert f'-    image: {{name: {NAME}, tag: "{pinned}", pullPolicy: Never}}   # agreed with Ada' in plan
    assert f'+    image: {{name: {NAME}, tag: "second", pullPolicy: Never}}   # agreed with Ada' in plan
    assert "change Secret/hub" in plan
    assert place.file(VALUES).read_text() == before
    assert place.hub("staging")["revision"] == revision


def test_image_that_is_there(place: Place, pinned: str) -> None:
    before = place.file(VALUES).read_text()

    done = place.json("upgrade-hub", "local", "staging", "--image", f"{NAME}=second")

    assert done["action"] == "upgrade"
    assert {name for name, _ in done["steps"]} >= {"write the pins", "compare, and save the hub's database"}
    assert place.file(VALUES).read_text() == before.replace(f'"{pinned}"', '"second"')
    assert place.hub("staging")["in_sync"] is True
    assert place.json("upgrade-hub", "local", "staging", "--image", f"{NAME}=second")["action"] == "skip"


def test_image_that_is_not_there_is_undone_in_cluster_and_file(place: Place, pinned: str) -> None:
    before = place.file(VALUES).read_text()
    schema = database.schema_now(place.kube, "staging", "test")

    done = place.inv("upgrade-hub", "local", "staging", "--image", f"{NAME}=no-such-tag", ok=1)

    assert "serves again" in done.stderr
    assert f"{VALUES} is as before" in done.stderr
    assert place.file(VALUES).read_text() == before
    assert place.hub("staging")["in_sync"] is True, "the cluster and the files say the same again"
    assert database.schema_now(place.kube, "staging", "test") == schema
    place.inv("check-hub", "local", "staging")


def test_killed_and_given_again(place: Place, pinned: str) -> None:
    before = place.file(VALUES).read_text()
    tag = "second" if "second" not in before else pinned
    running = place.start("upgrade-hub", "local", "staging", "--image", f"{NAME}={tag}")
    assert running.stdout is not None
    for line in running.stdout:
        if "look at the release" in line:
            break
    running.kill()
    running.communicate()
    assert f'"{tag}"' in place.file(VALUES).read_text(), "the file says what was on its way"
    place.inv("upgrade-hub", "local", "staging", "--image", f"{NAME}={tag}")
    assert place.hub("staging")["in_sync"] is True


def test_refused_while_somebody_else_works_on_it(place: Place, pinned: str) -> None:
    before = place.file(VALUES).read_text()
    tag = "second" if "second" not in before else pinned
    with locked(place.kube, "hub-staging", start(place.root, "deploy-hub", "local/staging")):
        refused = place.inv("upgrade-hub", "local", "staging", "--image", f"{NAME}={tag}", ok=3)
    assert "is being worked on" in refused.stderr
    assert place.file(VALUES).read_text() == before, "the pin went back with it"


def test_nobody_knows_such_an_image(place: Place, pinned: str) -> None:
    refused = place.inv("upgrade-hub", "local", "staging", "--image", "nobody=1", ok=2)
    assert NAME in refused.stderr
    embedded = place.inv("upgrade-hub", "local", "staging", "--jupyterhub-chart", "4.4.0", ok=2)
    assert "embedded chart" in embedded.stderr
