"""The deploy workflow on a real cluster: install, no change, a change, failures that are undone, interruptions."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubfleet.runs import start
from hubfleet.runs.lock import locked
from hubfleet.workflows.deploy import database

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
VALUES = "clusters/local/staging.values.yaml"
BROKEN = """
  hub:
    extraConfig:
      broken: |
        import sqlite3
        db = sqlite3.connect("/srv/jupyterhub/jupyterhub.sqlite")
        db.execute("update alembic_version set version_num = 'ffffffffffff'")
        db.commit()
        c.JupyterHub.something = no_such_name
"""


@pytest.fixture(scope="module")
def staging(place: Place) -> Place:
    """The hub `staging`, deployed with the quick check."""
    place.inv("deploy-hub", "local", "staging", "--check", "quick")
    return place


@pytest.fixture
def values(place: Place) -> Iterator[Path]:
    """The hub's file of values, put back after the test."""
    file = place.file(VALUES)
    text = file.read_text()
    yield file
    file.write_text(text)


def change(file: Path, more: str) -> None:
    file.write_text(file.read_text().rstrip("\n") + "\n" + more.lstrip("\n"))


def test_what_was_deployed_is_in_sync_and_names_who_and_which_commit(staging: Place) -> None:
    found = staging.hub("staging")
    assert (found["state"], found["in_sync"], found["operator"]) == ("deployed", True, "e2e-example.org")
    assert found["commit"]
    assert found["url"] == "http://staging.localhost:30081/"


def test_nothing_changed_nothing_done(staging: Place) -> None:
    revision = staging.hub("staging")["revision"]
    assert staging.json("deploy-hub", "local", "staging")["action"] == "skip"
    assert staging.hub("staging")["revision"] == revision


def test_plan_only_shows_the_change_and_changes_nothing(staging: Place, values: Path) -> None:
    revision = staging.hub("staging")["revision"]
    change(values, "  cull: {timeout: 1234}\n")
    plan = staging.inv("deploy-hub", "local", "staging", "--plan-only").stdout
    assert "+    timeout: 1234" in plan
    secrets = staging.kube.get_secret("staging", "hub")
    assert all(value not in plan for key, value in secrets.items() if key.endswith(("apiToken", "secret", "keys")))
    assert staging.hub("staging")["revision"] == revision


def test_a_change_is_deployed_and_its_secrets_survive(staging: Place, values: Path) -> None:
    before = staging.hub("staging")["revision"]
    tokens = staging.kube.get_secret("staging", "hub")["hub.services.hubfleet-check.apiToken"]
    change(values, "  cull: {timeout: 4321}\n")
    done = staging.json("deploy-hub", "local", "staging", "--check", "quick")
    assert (done["action"], done["revision"]) == ("upgrade", before + 1)
    assert {each["name"] for each in done["changes"]} >= {"Secret/hub", "Deployment/hub"}
    assert staging.hub("staging")["in_sync"] is True
    assert staging.kube.get_secret("staging", "hub")["hub.services.hubfleet-check.apiToken"] == tokens


def test_a_failing_change_is_explained_and_undone_with_its_database(staging: Place, values: Path) -> None:
    schema = database.schema_now(staging.kube, "staging", "test")
    change(values, BROKEN)
    done = staging.inv("deploy-hub", "local", "staging", ok=1)
    assert "NameError: name 'no_such_name' is not defined" in done.stderr
    assert "serves again" in done.stderr
    assert "next:" in done.stderr
    assert database.schema_now(staging.kube, "staging", "test") == schema
    staging.inv("check-hub", "local", "staging")
    assert staging.hub("staging")["in_sync"] is False


def test_taking_the_change_back_needs_no_deploy(staging: Place) -> None:
    assert staging.json("deploy-hub", "local", "staging", "--check", "quick")["action"] == "skip"
    assert staging.hub("staging")["in_sync"] is True


def test_ctrl_c_while_the_hub_comes_up_ends_with_the_old_one(staging: Place, values: Path) -> None:
    change(values, "  cull: {timeout: 999}\n")
    running = staging.start("deploy-hub", "local", "staging")
    read_until(running, "wait for hub and proxy")
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=200)
    assert running.returncode == 130, out
    assert "serves again" in out
    staging.inv("check-hub", "local", "staging")


def test_after_kill_minus_9_the_next_deploy_puts_it_right(staging: Place, values: Path) -> None:
    change(values, "  cull: {timeout: 888}\n")
    running = staging.start("deploy-hub", "local", "staging")
    read_until(running, "helm upgrade")
    time.sleep(0.4)
    running.kill()
    running.communicate()
    refused = staging.inv("deploy-hub", "local", "staging", ok=3)
    assert "is being worked on" in refused.stderr
    time.sleep(61)  # until the lease of the dead one is over
    staging.inv("deploy-hub", "local", "staging", "--check", "quick")
    assert staging.hub("staging")["in_sync"] is True
    staging.inv("check-hub", "local", "staging")


def test_two_engineers_at_once(staging: Place, values: Path) -> None:
    change(values, "  cull: {timeout: 777}\n")
    other = start(staging.root, "deploy-hub", "local/staging")
    with locked(staging.kube, "hub-staging", other):
        refused = staging.inv("deploy-hub", "local", "staging", ok=3)
    assert other.id in refused.stderr
    staging.inv("deploy-hub", "local", "staging", "--check", "quick")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("deploy-hub", "local", "stagging"), 2, "staging"),
        (("deploy-hub", "lokal", "staging"), 2, "local"),
        (("deploy-hub", "local"), 2, "hub"),
        (("deploy-hub", "local", "staging", "--check", "loud"), 2, "quick"),
        (("deploy-hub", "example-gcp", "college"), 1, "next:"),
        (("deploy-hubb", "local", "staging"), 2, "deploy-hub"),
    ],
)
def test_wrong_words_are_answered_and_change_nothing(
    place: Place, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in place.inv(*words, ok=code).stderr


def test_a_retired_hub_is_not_deployed(staging: Place) -> None:
    file = "clusters/local/cluster.yaml"
    text = staging.file(file).read_text()
    staging.replace(file, "  - name: staging\n", "  - name: staging\n    state: retired\n")
    try:
        refused = staging.inv("deploy-hub", "local", "staging", ok=3)
    finally:
        staging.file(file).write_text(text)
    assert "is retired" in refused.stderr
    assert "clusters/local/cluster.yaml:" in refused.stderr


def read_until(running: object, word: str) -> None:
    """Read a task's lines until one has the word."""
    for line in running.stdout:  # type: ignore[attr-defined]
        if word in line:
            return
    pytest.fail(f"it ended before it said {word!r}")
