"""The words that terraform gets, and what is made of its answers; recorded from terraform 1.11.4."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.process import Completed, ProcessFailed
from hubfleet.tools.terraform import LockHeld, Terraform
from hubfleet.tools.terraform.events import TerraformEvent

LOCK_DETAIL = """\
operation error S3: PutObject, https response error StatusCode: 412, PreconditionFailed
Lock Info:
  ID:        c0ffee00-0000-1111-2222-333344445555
  Path:      hubfleet-state-123456789012-eu-west-1/ireland/terraform.tfstate
  Operation: OperationTypeApply
  Who:       ada@laptop
  Version:   1.11.4
  Created:   2026-11-25 09:00:00.123456789 +0000 UTC
  Info:      

Terraform acquires a state lock to protect the state from being written
by multiple users at the same time."""  # noqa: W291
LOCK_TEXT = "╷\n│ Error: Error acquiring the state lock\n│ \n" + "".join(f"│ {e}\n" for e in LOCK_DETAIL.splitlines())


def diagnostic(summary: str, detail: str = "", address: str = "") -> str:
    found = {"severity": "error", "summary": summary, "detail": detail, "address": address}
    return json.dumps({"@message": f"Error: {summary}", "type": "diagnostic", "diagnostic": found})


def hook(kind: str, address: str, **more: str) -> str:
    return json.dumps({"@message": f"{address}: {kind}", "type": kind, "hook": {"resource": {"addr": address}, **more}})


class Recorder:
    """Gives the same answer to each call, line by line, and keeps what was asked."""

    def __init__(self, *lines: str, code: int = 0, stderr: str = "") -> None:
        self.lines, self.code, self.stderr = lines, code, stderr
        self.argv: tuple[str, ...] = ()
        self.asked: Mapping[str, Any] = {}

    def __call__(self, argv: Any, **asked: Any) -> Completed:
        self.argv, self.asked = tuple(str(word) for word in argv), asked
        for line in self.lines:
            if asked.get("on_line"):
                asked["on_line"](line)
        done = Completed(self.argv, self.code, "\n".join(self.lines), self.stderr, 0.0)
        if self.code not in asked["ok"]:
            raise ProcessFailed("terraform failed", done)
        return done


def terraform(recorder: Recorder, tmp_path: Path) -> Terraform:
    return Terraform(
        Path("terraform"), tmp_path, tmp_path / "data", {"AWS_PROFILE": "hubs"}, tmp_path / "plugins", run=recorder
    )


def test_it_never_asks_always_locks_and_gets_an_environment_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_WORKSPACE", "production")
    recorder = Recorder()
    terraform(recorder, tmp_path).plan(tmp_path / "plan", tmp_path / "in.tfvars.json", on_event=print, destroy=True)

    assert "-input=false" in recorder.argv
    assert "-lock=false" not in recorder.argv
    assert any(word.startswith("-lock-timeout=") for word in recorder.argv)
    assert "-destroy" in recorder.argv
    env = recorder.asked["env"]
    assert env["TF_DATA_DIR"] == str(tmp_path / "data")
    assert env["AWS_PROFILE"] == "hubs"
    assert "TF_WORKSPACE" not in env
    assert recorder.asked["grace"] > 1800, "a cluster takes half an hour, and its end must be written down"
    assert stat.S_IMODE((tmp_path / "plan").stat().st_mode) == 0o600


def test_a_plan_that_fails_leaves_no_file(tmp_path: Path) -> None:
    recorder = Recorder(diagnostic("Invalid value for variable", "place.account must be 12 digits"), code=1)
    with pytest.raises(HubfleetError, match="could not make a plan") as caught:
        terraform(recorder, tmp_path).plan(tmp_path / "plan", tmp_path / "in", on_event=lambda _: None)
    assert "12 digits" in caught.value.evidence
    assert not (tmp_path / "plan").exists()


def test_what_failed_and_what_was_done(tmp_path: Path) -> None:
    seen: list[TerraformEvent] = []
    recorder = Recorder(
        hook("apply_start", "data.aws_region.this", action="read"),
        hook("apply_start", "aws_vpc.this", action="create"),
        hook("apply_complete", "aws_vpc.this", action="create", id_value="vpc-1"),
        hook("apply_start", "aws_eks_cluster.this", action="create"),
        hook("apply_errored", "aws_eks_cluster.this", action="create"),
        diagnostic("creating EKS Cluster: ResourceInUseException: already exists", address="aws_eks_cluster.this"),
        code=1,
    )
    with pytest.raises(HubfleetError) as caught:
        terraform(recorder, tmp_path).apply(tmp_path / "plan", on_event=seen.append)
    assert caught.value.where == "aws_eks_cluster.this"
    assert "infra-import" in caught.value.next_step
    assert [(each.what, each.id) for each in seen[:3]] == [("begun", ""), ("done", "vpc-1"), ("begun", "")]


@pytest.mark.parametrize("way", ["apply", "forget"])
def test_a_lock_names_its_holder(tmp_path: Path, way: str) -> None:
    """Terraform tells of a lock in two forms."""
    as_json = Recorder(diagnostic("Error acquiring the state lock", LOCK_DETAIL), code=1)
    call = {
        "apply": lambda: terraform(as_json, tmp_path).apply(tmp_path / "plan", on_event=lambda _: None),
        "forget": lambda: terraform(Recorder(code=1, stderr=LOCK_TEXT), tmp_path).forget("module.archive"),
    }[way]
    with pytest.raises(LockHeld) as caught:
        call()
    held = caught.value.info
    assert (held.who, held.id) == ("ada@laptop", "c0ffee00-0000-1111-2222-333344445555")
    assert held.created == "2026-11-25 09:00:00 +0000 UTC"
    assert "ada@laptop since 2026-11-25 09:00:00 +0000 UTC, apply" in str(caught.value.evidence)


@pytest.mark.parametrize(
    ("said", "held"),
    [("Error: Invalid target address\n\nNo matching objects found.", False), (LOCK_TEXT, True)],
)
def test_looking_at_the_lock(tmp_path: Path, said: str, held: bool) -> None:
    assert (terraform(Recorder(code=1, stderr=said), tmp_path).lock_holder() is not None) == held


def test_another_failure_is_not_taken_for_a_free_lock(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed):
        terraform(Recorder(code=1, stderr="Error: no credentials"), tmp_path).lock_holder()


def test_a_state(tmp_path: Path) -> None:
    document = {
        "serial": 7, "lineage": "one",
        "resources": [
            {"mode": "managed", "module": 'module.hub["lab"]', "type": "aws_s3_bucket", "name": "scratch",
             "instances": [{"index_key": "scratch", "attributes": {"force_destroy": False}}]},
            {"mode": "managed", "module": "module.archive[0]", "type": "aws_s3_bucket", "name": "this",
             "instances": [{"index_key": 0, "attributes": {}}]},
            {"mode": "data", "type": "aws_region", "name": "this", "instances": [{}]},
        ],
    }  # fmt: skip
    found = terraform(Recorder(json.dumps(document)), tmp_path).state()
    assert found.mark == "one/7"
    assert [each.address for each in found.instances] == [
        'module.hub["lab"].aws_s3_bucket.scratch["scratch"]', "module.archive[0].aws_s3_bucket.this[0]",
    ]  # fmt: skip
    assert terraform(Recorder(""), tmp_path).state().mark == "none"


def test_secrets_of_a_plan_are_hidden_from_then_on(tmp_path: Path) -> None:
    from hubfleet.masking import masked

    entry = {
        "address": "a.b", "mode": "managed", "type": "a",
        "change": {"actions": ["create"], "after": {"key": "only-in-this-plan"}, "after_sensitive": {"key": True}},
    }  # fmt: skip
    terraform(Recorder(json.dumps({"resource_changes": [entry]})), tmp_path).show(tmp_path / "plan")
    assert "only-in-this-plan" not in masked("error: only-in-this-plan is wrong")
