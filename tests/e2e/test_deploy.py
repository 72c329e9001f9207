"""The deploy workflow on a real cluster: install, no change, a change, failures that are undone, interruptions."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubfleet import process
from hubfleet.runs import start
from hubfleet.runs.lock import locked
from hubfleet.toolchain import tool
from hubfleet.tools.age import make_key
from hubfleet.workflows.deploy import database

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
VALUES = "clusters/local/staging.values.yaml"
SECRETS_LINE = "values: [staging.values.yaml]\n    secrets: [staging.secret.values.yaml]"
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
    assert "+      timeout: 1234" in plan
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
    good = values.read_text()
    staging.inv("deploy-hub", "local", "staging", "--check", "quick")
    schema = database.schema_now(staging.kube, "staging", "test")
    change(values, BROKEN)
    done = staging.inv("deploy-hub", "local", "staging", ok=1)
    assert "NameError: name 'no_such_name' is not defined" in done.stderr
    assert "serves again" in done.stderr
    line = next(number for number, text in enumerate(values.read_text().splitlines(), 1) if "broken: |" in text)
    assert f"mend hub.extraConfig.broken at clusters/local/staging.values.yaml:{line}" in done.stderr
    assert database.schema_now(staging.kube, "staging", "test") == schema
    staging.inv("check-hub", "local", "staging")
    assert staging.hub("staging")["in_sync"] is False
    values.write_text(good)  # the change is taken back: what serves is what the files say
    assert staging.hub("staging")["in_sync"] is True
    assert staging.json("deploy-hub", "local", "staging")["action"] == "skip"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_cancelled_job_end_with_the_old_one(staging: Place, values: Path, number: signal.Signals) -> None:
    change(values, f"  cull: {{timeout: {990 + number}}}\n")
    running = staging.start("deploy-hub", "local", "staging")
    read_until(running, "wait for hub and proxy")
    running.send_signal(number)
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
    again = staging.inv("deploy-hub", "local", "staging", "--check", "quick")
    assert "whose process has ended" in again.stderr, "the lock of the dead one does not last"
    assert staging.hub("staging")["in_sync"] is True
    staging.inv("check-hub", "local", "staging")


def test_what_never_passed_its_check_is_not_taken_for_good(place: Place) -> None:
    """A production hub, where a change that users' servers do not see is checked from outside only."""
    values = place.file("clusters/local/demo.values.yaml")
    good, revision = values.read_text(), place.hub("demo")["revision"]
    values.write_text(good + "  singleuser: {image: {name: hubfleet.local/user, tag: nothere, pullPolicy: Never}}\n")
    try:
        running = place.start("deploy-hub", "local", "demo")
        read_until(running, "start a server")
        running.kill()
        running.communicate()
        assert (place.hub("demo")["state"], place.hub("demo")["revision"]) == ("unverified", revision + 1)

        done = place.inv("deploy-hub", "local", "demo", ok=1)

        assert "image hubfleet.local/user:nothere is not on the node" in done.stderr, "it was looked at as a user"
        assert f"revision {revision} serves again" in done.stderr
        assert place.hub("demo")["state"] == "deployed"
        assert place.hub("demo")["in_sync"] is False
    finally:
        values.write_text(good)
    assert place.hub("demo")["in_sync"] is True
    assert place.json("deploy-hub", "local", "demo")["action"] == "skip"
    place.inv("check-hub", "local", "demo", "--full")


def test_a_hub_image_that_is_not_there_is_undone(staging: Place, values: Path) -> None:
    staging.inv("deploy-hub", "local", "staging", "--check", "quick")
    change(values, "  hub: {image: {name: hubfleet.local/hub, tag: gone, pullPolicy: Never}}\n")
    done = staging.inv("deploy-hub", "local", "staging", ok=1)
    assert "serves again" in done.stderr
    assert "NOT" not in done.stderr
    assert "schema could not" not in done.stderr
    staging.inv("check-hub", "local", "staging")


def test_what_validate_knows_is_not_deployed(staging: Place, values: Path) -> None:
    revision = staging.hub("staging")["revision"]
    change(values, "  singleuser: {memory: {limit: 1Gi}}\n")
    for words in ((), ("--plan-only",)):
        done = staging.inv("deploy-hub", "local", "staging", *words, ok=4)
        assert "clusters/local/staging.values.yaml:" in done.stdout + done.stderr
        assert "1Gi" in done.stdout + done.stderr
    assert staging.hub("staging")["revision"] == revision


def test_two_engineers_at_once(staging: Place, values: Path) -> None:
    change(values, "  cull: {timeout: 777}\n")
    other = start(staging.root, "deploy-hub", "local/staging")
    with locked(staging.kube, "hub-staging", other):
        refused = staging.inv("deploy-hub", "local", "staging", ok=3)
    assert other.id in refused.stderr
    staging.inv("deploy-hub", "local", "staging", "--check", "quick")


@pytest.fixture
def secret(staging: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A value in an encrypted file of the hub, and a key for it; all taken back after the test."""
    root, cluster = staging.root, staging.file("clusters/local/cluster.yaml")
    text, value = cluster.read_text(), "open-sesame-4711-open-sesame"
    public = make_key(tmp_path / "key.txt", tool("age-keygen", root))
    file = root / "clusters/local/staging.secret.values.yaml"
    plain = f"jupyterhub:\n  hub:\n    config:\n      SomethingSecret:\n        phrase: {value}\n"
    words = [tool("sops", root), "encrypt", "--age", public, "--filename-override", file, "/dev/stdin"]
    file.write_text(process.run(words, stdin=plain.encode(), cwd=tmp_path).stdout)
    staging.replace("clusters/local/cluster.yaml", "values: [staging.values.yaml]", SECRETS_LINE)
    monkeypatch.setitem(staging.env, "SOPS_AGE_KEY_FILE", str(tmp_path / "key.txt"))
    yield value
    cluster.write_text(text)
    file.unlink()


def test_secrets_reach_the_hub_and_nothing_else(staging: Place, secret: str) -> None:
    planned = staging.inv("deploy-hub", "local", "staging", "--plan-only")
    done = staging.inv("deploy-hub", "local", "staging", "--check", "quick")
    assert secret in staging.kube.get_secret("staging", "hub")["values.yaml"]
    assert "SomethingSecret" in planned.stdout
    assert secret not in planned.stdout + planned.stderr + done.stdout + done.stderr
    assert secret not in "".join(file.read_text() for file in staging.file(".hubfleet").rglob("*") if file.is_file())
    assert staging.json("deploy-hub", "local", "staging")["action"] == "skip"


def test_without_the_key_nothing_is_changed_and_it_says_who_has_it(
    staging: Place, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(staging.env, "SOPS_AGE_KEY_FILE", "/nowhere/key.txt")
    revision = staging.hub("staging")["revision"]
    refused = staging.inv("deploy-hub", "local", "staging", "--force", ok=1)
    assert "age1" in refused.stderr
    assert staging.hub("staging")["revision"] == revision


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
