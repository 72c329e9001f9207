"""Taking down: shown, confirmed, goes on where it was. With real terraform and its own resources."""

from __future__ import annotations

import os
import signal

import pytest

from tests.integration.infrastructure.conftest import Desk, terraforms

pytestmark = pytest.mark.integration
HUB = {
    "name": "lab", "domain": "lab.example.org", "use_case": "research", "stage": "production", "access": "members",
    "community": {"type": "research-team", "contacts": [{"name": "S", "email": "s@example.org"}]},
    "homes": {"kind": "pvc", "quota": "10Gi"},
}  # fmt: skip
STATE = {"state": {"path": "state/ireland.tfstate"}}


@pytest.fixture
def made(desk: Desk) -> Desk:
    """With the cluster made."""
    desk.inv("infra-plan", "ireland")
    desk.inv("infra-apply", "ireland")
    return desk


def test_shown_confirmed_and_gone(made: Desk) -> None:
    looked = made.data("infra-destroy", "ireland", "--plan-only")
    assert [each["action"] for each in looked["changes"]] == ["destroy"] * 3
    assert "nobody confirmed it" in made.inv("infra-destroy", "ireland", code=3).stderr
    assert "not the name" in made.inv("infra-destroy", "ireland", "--confirm", "irland", code=2).stderr
    assert len(made.held()) == 3

    done = made.inv("infra-destroy", "ireland", "--confirm", "ireland")

    assert "3 resources destroyed" in done.stderr
    assert made.held() == []
    assert not (made.home / "plan").exists()
    assert not (made.root / "clusters/ireland/outputs.yaml").exists(), "it would tell of what is gone"
    assert "nothing is left" in made.inv("infra-destroy", "ireland", "--confirm", "ireland").stderr


def test_refused_while_hubs_are_there(made: Desk) -> None:
    made.cluster(infrastructure=STATE, hubs=[HUB])
    refused = made.inv("infra-destroy", "ireland", "--confirm", "ireland", code=3)
    assert "lab is active" in refused.stderr
    assert "./inv teardown-hub ireland lab" in refused.stderr
    made.cluster(infrastructure=STATE, hubs=[{**HUB, "state": "retired"}])
    made.inv("infra-destroy", "ireland", "--confirm", "ireland")


def test_one_that_refuses_to_go(made: Desk) -> None:
    """What can go goes, what is left is named with its reason, and the next run completes."""
    made.say("refuse")

    failed = made.inv("infra-destroy", "ireland", "--confirm", "ireland", code=1)

    assert "1 of 3 resources are gone, 2 are left" in failed.stderr
    assert "left: terraform_data.cluster, terraform_data.network" in failed.stderr
    assert "local-exec provisioner error" in failed.stderr
    made.unsay("refuse")
    looked = made.data("infra-destroy", "ireland", "--plan-only")
    assert len(looked["changes"]) == 2
    assert looked["earlier"]["failed"] == ["terraform_data.cluster"]
    assert "2 resources destroyed" in made.inv("infra-destroy", "ireland", "--confirm", "ireland").stderr


def test_killed_while_destroying(made: Desk) -> None:
    made.say("wait")
    going = made.start("infra-destroy", "ireland", "--confirm", "ireland")
    made.until("going")
    for process in terraforms(made.root):
        os.kill(process, signal.SIGKILL)
    going.kill()
    going.communicate()
    made.unsay("wait")

    told = made.inv("infra-destroy", "ireland", "--confirm", "ireland")

    assert "the last infra-destroy was killed" in told.stderr
    assert made.held() == []
