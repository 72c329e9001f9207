"""What is read from `terraform show -json`: actions, differences, and never a sensitive value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.masking import HIDDEN
from hubfleet.tools.terraform.plan import LATER, parse

SECRET = "correct horse battery staple"


def change(actions: list[str], **more: Any) -> dict[str, Any]:
    return {
        "address": "aws_eks_cluster.this", "mode": "managed", "type": "aws_eks_cluster",
        "change": {"actions": actions, "before": {}, "after": {}, "after_unknown": {}, "before_sensitive": {},
                   "after_sensitive": {}, **more},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        (["create"], "create"), (["update"], "update"), (["delete"], "destroy"), (["delete", "create"], "replace"),
        (["create", "delete"], "replace"), (["forget"], "forget"),
    ],
)  # fmt: skip
def test_actions(actions: list[str], action: str) -> None:
    assert parse({"resource_changes": [change(actions)]}).changes[0].action == action


def test_what_is_not_changed_or_not_ours_is_no_change() -> None:
    data = {**change(["create"]), "mode": "data"}
    assert parse({"resource_changes": [change(["no-op"]), change(["read"]), data]}).empty


def test_adopting_is_a_change_also_where_nothing_else_is() -> None:
    found = parse({"resource_changes": [change(["no-op"], importing={"id": "hubs"})]})
    assert (found.changes[0].action, found.changes[0].imported) == ("import", "hubs")


def test_a_deposed_object_has_a_name_of_its_own() -> None:
    entry = {**change(["delete"]), "deposed": "1a2b"}
    assert parse({"resource_changes": [entry]}).changes[0].address == "aws_eks_cluster.this (deposed 1a2b)"


def test_differences_name_the_leaf_and_why_it_is_replaced() -> None:
    entry = change(
        ["delete", "create"],
        before={"name": "old", "scaling": [{"max": 3, "min": 1}], "arn": "a", "same": 1},
        after={"name": "new", "scaling": [{"max": 5, "min": 1}], "same": 1},
        after_unknown={"arn": True, "scaling": [{}]},
        replace_paths=[["name"]],
    )
    found = {each.path: each for each in parse({"resource_changes": [entry]}).changes[0].attributes}
    assert set(found) == {"name", "scaling[0].max", "arn"}
    assert found["name"].replaces
    assert (found["scaling[0].max"].before, found["scaling[0].max"].after) == ("3", "5")
    assert not found["scaling[0].max"].replaces
    assert found["arn"].after == LATER


def test_drift_and_outputs() -> None:
    filled_in = change(["update"], before={"tags": None, "arn": ""}, after={"tags": {}, "arn": "a"})
    by_hand = {**change(["update"], before={"size": 3}, after={"size": 5}), "address": "by_hand"}
    gone = {**change(["delete"], before={"size": 3}, after=None), "address": "gone"}
    pools = {"before": {"node_pool": [{"max": 3}]}, "after": {"node_pool": [{"max": 5}]}}
    mirrored = {**change(["update"], **pools), "type": "google_container_cluster"}
    more = {**mirrored, "change": {**mirrored["change"], "after": {"node_pool": [{"max": 3}, {"max": 5}]}}}
    found = parse({
        "resource_changes": [], "resource_drift": [filled_in, by_hand, gone, mirrored, more],
        "output_changes": {"outputs": {"actions": ["update"]}, "disks": {"actions": ["no-op"]}},
    })  # fmt: skip
    assert found.drift == ("by_hand", "gone"), "what a cloud fills in by itself is nobody's change"
    assert found.outputs == ("outputs",)
    assert not found.empty


def test_a_sensitive_value_is_hidden_also_where_terraform_does_not_mark_it() -> None:
    entry = change(
        ["update"],
        before={"input": {"key": SECRET}, "output": {"key": SECRET}},
        after={"input": {"key": SECRET + "!"}, "output": {"key": "x" + SECRET}},
        before_sensitive={"input": {"key": True}},
        after_sensitive={"input": {"key": True}},
    )
    found = parse({"resource_changes": [entry]})
    assert SECRET in found.secrets
    assert SECRET not in repr(found)
    assert {each.path for each in found.changes[0].attributes} == {"input.key", "output.key"}
    assert all(each.before == HIDDEN for each in found.changes[0].attributes)


LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "eu-west-1", SECRET])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)


def marks(value: Any) -> Any:
    """As terraform marks: every place where the secret is."""
    if isinstance(value, dict):
        return {name: marks(each) for name, each in value.items()}
    if isinstance(value, list):
        return [marks(each) for each in value]
    return value == SECRET


@given(before=OBJECTS, after=OBJECTS, marked=st.sampled_from(["both", "before", "after"]), length=st.integers(0, 90))
def test_no_sensitive_value_ever_gets_out(before: Any, after: Any, marked: str, length: int) -> None:
    before["z"], after["z"] = SECRET, "x" * length + SECRET  # also where a long text is cut in the middle of it
    hidden = {
        "before_sensitive": marks(before) if marked != "after" else {"z": True},
        "after_sensitive": marks(after) if marked != "before" else {"z": True},
    }
    found = parse({"resource_changes": [change(["update"], before=before, after=after, **hidden)]})
    shown = "".join(each.before + each.after for each in found.changes[0].attributes)
    assert SECRET[:8] not in shown
    assert SECRET not in repr(found)


@given(same=OBJECTS)
def test_what_is_the_same_is_no_difference(same: Any) -> None:
    assert parse({"resource_changes": [change(["update"], before=same, after=same)]}).changes[0].attributes == ()
