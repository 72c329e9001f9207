"""What is dangerous, what is refused, what a saved plan is bound to."""

from __future__ import annotations

import dataclasses
import json
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.errors import Refused, WrongUsage
from hubfleet.tools.terraform import Attribute, Change, Instance, State
from hubfleet.workflows.infra import progress, protection, saved
from hubfleet.workflows.infra.adopt import resources
from hubfleet.workflows.infra.destroy import refuse_unconfirmed
from hubfleet.workflows.infra.outputs import filled, text
from hubfleet.workflows.infra.risk import RISKS, STATEFUL, judged, refuse_losses, risk

ROOT = Path(__file__).parents[4]
DISK = Change('module.homes.aws_ebs_volume.homes["college"]', "aws_ebs_volume", "destroy")
CLUSTER = Change("module.cluster.aws_eks_cluster.this", "aws_eks_cluster", "replace")
POOL = Change("aws_eks_node_group.user", "aws_eks_node_group", "replace")
VPC = Change("aws_vpc.this", "aws_vpc", "update")
NEW = Change("aws_ebs_volume.new", "aws_ebs_volume", "create")
CHANGES = st.builds(
    Change, address=st.uuids().map(str), type=st.sampled_from(["aws_ebs_volume", "aws_vpc"]),
    action=st.sampled_from(["create", "update", "replace", "destroy", "import", "forget"]),
)  # fmt: skip


def test_what_holds_data_is_what_the_readme_of_terraform_says() -> None:
    section = (ROOT / "terraform/README.md").read_text().partition("## What holds data")[2].partition("\n## ")[0]
    assert set(re.findall(r"`((?:google|aws|azurerm)_\w+)`", section)) == STATEFUL


def test_everything_in_terraform_that_sounds_like_data_is_known_to_hold_some() -> None:
    kinds = {
        kind
        for file in (ROOT / "terraform").rglob("*.tf")
        for kind in re.findall(r'^resource "(\w+)"', file.read_text(), re.MULTILINE)
    }
    sounds = re.compile(
        r"(?<!policy)(_disk|_volume|_bucket|_instance|_file_system|_vault|_registry|_repository|_cluster|_database)$"
    )
    assert {kind for kind in kinds if sounds.search(kind)} <= STATEFUL


def test_order() -> None:
    found = judged([NEW, VPC, POOL, CLUSTER, DISK])
    assert [each.risk for each in found] == ["data", "data", "loss", "change", "creation"]
    assert risk(dataclasses.replace(DISK, action="update")) == "change"
    assert risk(dataclasses.replace(NEW, action="import")) == "creation"


@given(st.lists(CHANGES))
def test_nothing_is_lost_and_the_dangerous_is_first(changes: list[Change]) -> None:
    found = judged(changes)
    assert sorted(each.change.address for each in found) == sorted(each.address for each in changes)
    assert [RISKS.index(each.risk) for each in found] == sorted(RISKS.index(each.risk) for each in found)


@given(st.lists(CHANGES, unique_by=lambda each: each.address), st.data())
def test_data_goes_only_where_each_address_is_named(changes: list[Change], data: st.DataObject) -> None:
    dangerous = [each.address for each in changes if each.type == "aws_ebs_volume" and each.action in
                 ("destroy", "replace")]  # fmt: skip
    named = data.draw(st.lists(st.sampled_from(dangerous), unique=True)) if dangerous else []
    if set(named) == set(dangerous):
        refuse_losses(changes, named, "x")
    else:
        with pytest.raises(Refused):
            refuse_losses(changes, named, "x")


def test_a_refusal_says_all_and_the_command() -> None:
    with pytest.raises(Refused) as caught:
        refuse_losses([DISK, CLUSTER, POOL], [CLUSTER.address], "./inv infra-apply west")
    assert caught.value.exit_code == 3
    assert caught.value.evidence == f"destroy {DISK.address}"
    assert f"--allow-destroy '{DISK.address}'" in caught.value.next_step
    assert f"--allow-destroy {CLUSTER.address}" in caught.value.next_step, "what was named stays in the command"


@pytest.mark.parametrize("address", ["module.homes", DISK.address[:-2], POOL.address, "*"])
def test_only_exact_addresses_of_what_holds_data_are_taken(address: str) -> None:
    with pytest.raises(WrongUsage):
        refuse_losses([DISK, POOL], [address], "x")


ABOUT = saved.Saved(
    "west", "aws", "123456789012", "arn:ada", "ada", "s3 states west", "one/7", "abc", "def",
    "2026-11-25T09:00:00+00:00", "1a2b", {},
)  # fmt: skip


@pytest.mark.parametrize(
    ("different", "words"),
    [
        ({"owner": "210987654321"}, "another place"), ({"cluster": "east"}, "another place"),
        ({"backend": "s3 states east"}, "another state"), ({"plan": "xyz"}, "not the one that was shown"),
        ({"sources": "xyz"}, "changed since"), ({"state": "one/8"}, "somebody else applied"),
        ({"state": "two/7"}, "somebody else applied"),
    ],
)  # fmt: skip
def test_a_saved_plan_is_for_one_place_and_one_state(different: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        saved.refuse_unless_same(ABOUT, dataclasses.replace(ABOUT, **different))


def test_the_same_plan_by_another_person_is_the_same() -> None:
    saved.refuse_unless_same(ABOUT, dataclasses.replace(ABOUT, principal="arn:grace", operator="grace", at="later"))


def test_a_saved_plan_is_for_its_owners_eyes_and_goes(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no plan of west"):
        saved.read(tmp_path, "west")
    saved.plan_file(tmp_path).write_bytes(b"plan")
    with pytest.raises(Refused):
        saved.read(tmp_path, "west")
    saved.keep(tmp_path, ABOUT)
    assert saved.read(tmp_path, "west") == ABOUT
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600
    saved.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_protected() -> None:
    state = State("one", 1, (
        Instance("a", "google_container_cluster", {"deletion_protection": True}),
        Instance("b", "google_container_cluster", {"deletion_protection": False}),
        Instance("c", "aws_s3_bucket", {"force_destroy": False}),
        Instance("d", "aws_s3_bucket", {"force_destroy": None}),
        Instance("e", "aws_s3_bucket", {"force_destroy": True}),
        Instance("module.archive[0].aws_s3_bucket.this", "aws_s3_bucket", {"force_destroy": False}),
        Instance("f", "azurerm_management_lock", {}),
        Instance("g", "aws_vpc", {"force_destroy": False}),
    ))  # fmt: skip
    assert protection.protected(state) == ("a", "c", "d", "f")


def test_lifting_protection_changes_nothing_else() -> None:
    bucket = Change("c", "aws_s3_bucket", "update", (Attribute("force_destroy", "false", "true"),))
    protection.refuse_more([bucket, Change("f", "azurerm_management_lock", "destroy")], "west")
    more = dataclasses.replace(bucket, attributes=(*bucket.attributes, Attribute("tags.team", "a", "b")))
    for change in (more, NEW, DISK, dataclasses.replace(bucket, action="replace")):
        with pytest.raises(Refused, match="other things"):
            protection.refuse_more([bucket, change], "west")


def test_a_destruction_does_no_more_than_was_confirmed() -> None:
    refuse_unconfirmed([DISK], [DISK, POOL], "west")
    with pytest.raises(Refused, match="more would be destroyed"):
        refuse_unconfirmed([DISK, POOL], [DISK], "west")


def run(root: Path, name: str, status: str, *lines: str, workflow: str = "infra-apply") -> None:
    folder = root / ".hubfleet/runs" / name
    folder.mkdir(parents=True)
    report = {"id": name, "workflow": workflow, "subject": "west", "operator": "ada", "started": "9:00",
              "status": status}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(report))
    if lines:
        (folder / progress.FILE).write_text("\n".join(lines))


def line(what: str, address: str) -> str:
    return json.dumps({"what": what, "address": address, "action": "create", "id": ""})


def test_what_is_known_after_a_crash(tmp_path: Path) -> None:
    assert progress.unfinished(tmp_path, "west") is None
    run(tmp_path, "1", "running", line("begun", "a"), line("done", "a"), line("begun", "b"), line("begun", "c"),
        line("failed", "c"), '{"what": "do')  # fmt: skip
    run(tmp_path, "2", "done", line("begun", "z"), workflow="infra-plan")
    run(tmp_path, "3", "failed")
    found = progress.unfinished(tmp_path, "west")
    assert found is not None
    assert (found.run, found.ended) == ("1", "killed")
    assert (found.done, found.open, found.failed) == (("a",), ("b",), ("c",))
    assert "infra-import" in "\n".join(found.lines())
    assert progress.unfinished(tmp_path, "east") is None
    run(tmp_path, "4", "done", line("begun", "b"), line("done", "b"))
    assert progress.unfinished(tmp_path, "west") is None


def test_resources_to_adopt() -> None:
    assert resources("west", ['module.hub["a"].b.c=x=y']) == {'module.hub["a"].b.c': "x=y"}
    for words in ([], ["a"], ["=b"], ["a="], ["a=b", "a=c"]):
        with pytest.raises(WrongUsage):
            resources("west", words)


def test_outputs_without_what_is_empty() -> None:
    found = filled({"registry": "r", "homes": {"server": "", "path": None}, "hubs": {"lab": {"buckets": {}}}})
    assert found == {"registry": "r"}
    assert text(found, "today").endswith("generated: today\nregistry: r\n")
