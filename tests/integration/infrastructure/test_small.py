"""Plan, apply what was planned, and everything that is refused: with real terraform and its own resources."""

from __future__ import annotations

import os
import signal
import stat

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.fakes.aws import FakeAws
from tests.integration.infrastructure.conftest import ROOT, Desk, terraforms, wait_for

pytestmark = pytest.mark.integration
SCHEMA = Draft202012Validator(yaml.safe_load((ROOT / "schemas/infra.schema.yaml").read_text()))
STATE = {"state": {"path": "state/ireland.tfstate"}}


def test_what_is_applied_is_what_was_planned(desk: Desk) -> None:
    planned = desk.data("infra-plan", "ireland")
    SCHEMA.validate(planned)
    assert [each["action"] for each in planned["changes"]] == ["create"] * 3
    assert stat.S_IMODE((desk.home / "plan").stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.home.stat().st_mode) == 0o700
    assert desk.state() == {}, "planning changes nothing"

    applied = desk.inv("infra-apply", "ireland")

    assert "clusters/ireland/outputs.yaml was written" in applied.stderr
    assert len(desk.held()) == 3
    assert not (desk.home / "plan").exists(), "a plan holds secrets and is of no use any more"
    written = yaml.safe_load((desk.root / "clusters/ireland/outputs.yaml").read_text())
    assert written["registry"] == "registry of hubs"
    assert "hubs" not in written
    inputs = [*desk.root.glob(".hubfleet/runs/*/inputs.tfvars.json")]
    assert [stat.S_IMODE(each.stat().st_mode) for each in inputs] == [0o600]
    assert "the cloud is as the files say" in desk.inv("infra-plan", "ireland").stderr
    again = desk.inv("infra-apply", "ireland", code=3)
    assert "no plan of ireland is saved" in again.stderr
    assert not [*(desk.root / "terraform").rglob(".terraform*")], "nothing is written into the sources"


def test_outputs_are_written_though_the_last_run_died_before_that(desk: Desk) -> None:
    desk.inv("infra-plan", "ireland")
    desk.inv("infra-apply", "ireland")
    outputs = desk.root / "clusters/ireland/outputs.yaml"
    outputs.unlink()

    assert "writes outputs.yaml" in desk.inv("infra-plan", "ireland").stderr
    desk.inv("infra-apply", "ireland")

    assert "registry of hubs" in outputs.read_text()


def test_a_change_is_shown_with_what_changes(desk: Desk) -> None:
    desk.inv("infra-plan", "ireland")
    desk.inv("infra-apply", "ireland")
    desk.cluster(infrastructure={**STATE, "tags": {"size": "large"}})

    planned = desk.data("infra-plan", "ireland")

    SCHEMA.validate(planned)
    assert [(each["action"], each["address"]) for each in planned["changes"]] == [("update", "terraform_data.cluster")]
    assert {"path": "input.size", "before": "small", "after": "large", "replaces": False} in planned["changes"][0][
        "attributes"
    ]
    looked = desk.data("infra-apply", "ireland", "--plan-only")
    assert looked["changes"] == planned["changes"]
    assert "nothing was changed" in desk.inv("infra-apply", "ireland", "--plan-only").stderr


@pytest.mark.parametrize("changed", ["cluster.yaml", "terraform", "state", "plan", "account"])
def test_a_plan_is_for_these_files_this_state_and_this_account(desk: Desk, changed: str) -> None:
    desk.inv("infra-plan", "ireland")
    if changed == "cluster.yaml":
        desk.cluster(infrastructure={**STATE, "tags": {"size": "large"}})
    elif changed == "terraform":
        with (desk.root / "terraform/aws/main.tf").open("a") as file:
            file.write("\n# another thought\n")
    elif changed == "state":  # somebody else applied something meanwhile
        other = desk.copy()
        other.inv("infra-plan", "ireland")
        other.inv("infra-apply", "ireland")
    elif changed == "plan":
        with (desk.home / "plan").open("ab") as file:
            file.write(b"x")
    else:
        account = {"account": "210987654321", "region": "eu-west-1", "cluster": "hubs"}
        desk.cluster(aws=account, infrastructure=STATE)

    refused = desk.inv("infra-apply", "ireland", code=3)

    words = {
        "cluster.yaml": "changed since the plan was made", "terraform": "changed since the plan was made",
        "state": "somebody else applied something", "plan": "not the one that was shown",
        "account": "these credentials are for the AWS account 123456789012, not for 210987654321",
    }  # fmt: skip
    assert words[changed] in refused.stderr
    assert len(desk.held()) == (3 if changed == "state" else 0)
    assert not (desk.folder / "begun").exists() or changed == "state"


def test_an_expired_login_is_said_before_anything_runs(desk: Desk, fake_aws: FakeAws) -> None:
    fake_aws.faults.append(("/sts/", 403, "ExpiredToken", {}))
    refused = desk.inv("infra-plan", "ireland", code=1)
    assert "the login to AWS has expired" in refused.stderr
    assert "aws configure sso" in refused.stderr
    assert not (desk.home / "terraform").exists()


def test_ctrl_c_reaches_terraform_once_and_is_awaited(desk: Desk) -> None:
    desk.inv("infra-plan", "ireland")
    desk.say("wait")
    going = desk.start("infra-apply", "ireland")
    desk.until("begun")
    for _ in range(3):  # a nervous person
        going.send_signal(signal.SIGINT)
    _, said = going.communicate(timeout=60)

    assert going.returncode == 130, said
    assert "terraform has ended what it had begun" in said
    log = "".join(path.read_text() for path in desk.root.glob(".hubfleet/runs/*/terraform.log"))
    assert log.count("Interrupt received") == 1, log
    assert "Two interrupts received" not in log
    assert not terraforms(desk.root)
    assert "terraform_data.network" in desk.held(), "what was begun is in the state"
    desk.unsay("wait")
    planned = desk.data("infra-plan", "ireland")
    assert "terraform_data.network" not in {each["address"] for each in planned["changes"]}
    assert (planned["earlier"]["ended"], planned["earlier"]["workflow"]) == ("interrupted", "infra-apply")
    desk.inv("infra-apply", "ireland")
    assert len(desk.held()) == 3


def test_hubfleet_killed_while_applying(desk: Desk) -> None:
    """terraform hears of it, and ends in good order what it had begun."""
    desk.inv("infra-plan", "ireland")
    desk.say("wait")
    going = desk.start("infra-apply", "ireland")
    desk.until("begun")
    going.kill()
    going.communicate()
    desk.unsay("wait")
    wait_for(lambda: not terraforms(desk.root), "the end of terraform")

    refused = desk.inv("infra-apply", "ireland", code=3)

    assert "the state has changed since" in refused.stderr
    planned = desk.data("infra-plan", "ireland")
    SCHEMA.validate(planned)
    assert planned["earlier"]["ended"] == "killed"
    assert "terraform_data.network" in planned["earlier"]["done"]
    assert planned["earlier"]["open"] == ["terraform_data.cluster"], "nobody was there to hear how it ended"
    desk.inv("infra-apply", "ireland")
    assert len(desk.held()) == 3
    assert desk.data("infra-plan", "ireland")["earlier"] is None


def test_everything_killed_while_applying(desk: Desk) -> None:
    """As when the machine loses power: the plan says what is known, and the next apply completes."""
    desk.inv("infra-plan", "ireland")
    desk.say("wait")
    going = desk.start("infra-apply", "ireland")
    desk.until("begun")
    for process in terraforms(desk.root):
        os.kill(process, signal.SIGKILL)
    going.kill()
    going.communicate()
    desk.unsay("wait")

    told = desk.inv("infra-plan", "ireland").stderr

    assert "the last infra-apply was killed" in told
    assert "begun, end unknown: terraform_data.cluster" in told
    desk.inv("infra-apply", "ireland")
    assert len(desk.held()) == 3


def test_a_part_that_fails(desk: Desk) -> None:
    desk.inv("infra-plan", "ireland")
    desk.say("fail")

    failed = desk.inv("infra-apply", "ireland", code=1)

    assert "terraform_data.cluster" in failed.stderr
    assert "infra-plan ireland shows what is left" in failed.stderr
    assert not (desk.root / "clusters/ireland/outputs.yaml").exists()
    desk.unsay("fail")
    planned = desk.data("infra-plan", "ireland")
    assert planned["earlier"]["failed"] == ["terraform_data.cluster"]
    assert {each["address"]: each["action"] for each in planned["changes"]} == {
        "terraform_data.cluster": "replace", "terraform_data.pool": "create",
    }  # fmt: skip
    desk.inv("infra-apply", "ireland")
    assert len(desk.held()) == 3


def test_two_at_once_on_one_machine(desk: Desk) -> None:
    desk.inv("infra-plan", "ireland")
    desk.say("wait")
    going = desk.start("infra-apply", "ireland")
    desk.until("begun")
    refused = desk.inv("infra-plan", "ireland", code=3)
    assert "another process on this machine" in refused.stderr
    desk.unsay("wait")
    going.communicate(timeout=60)
    assert going.returncode == 0


def test_a_broken_file_of_inputs_is_told_by_terraform(desk: Desk) -> None:
    main = desk.root / "terraform/aws/main.tf"
    main.write_text(main.read_text().replace('variable "hubs" { type = any }', 'variable "hubs" { type = string }'))
    failed = desk.inv("infra-plan", "ireland", code=1)
    assert "terraform could not make a plan" in failed.stderr
    assert "string required" in failed.stderr
    desk.inv("infra-apply", "ireland", code=3)


def test_wrong_words(desk: Desk) -> None:
    (desk.root / "clusters/here").mkdir()
    (desk.root / "clusters/here/cluster.yaml").write_text("{name: here, provider: local, hubs: []}")
    assert "is in no cloud" in desk.inv("infra-plan", "here", code=2).stderr
    assert "did you mean" in desk.inv("infra-plan", "irland", code=2).stderr
    assert "nothing is named" in desk.inv("infra-import", "ireland", code=2).stderr
    desk.inv("infra-plan", "ireland")
    assert "nothing that holds data" in desk.inv(
        "infra-apply", "ireland", "--allow-destroy", "terraform_data.pool", code=2
    ).stderr  # fmt: skip
    assert desk.held() == []


def test_adopting_what_exists_already(desk: Desk) -> None:
    planned = desk.data("infra-import", "ireland", "--resource", "terraform_data.pool=pool-17")
    found = {each["address"]: each for each in planned["changes"]}
    assert found["terraform_data.pool"]["imported"] == "pool-17"
    assert found["terraform_data.network"]["action"] == "create"
    assert desk.held() == []

    desk.inv("infra-apply", "ireland")

    pool = next(each for each in desk.state()["resources"] if each["name"] == "pool")
    assert pool["instances"][0]["attributes"]["id"] == "pool-17"
