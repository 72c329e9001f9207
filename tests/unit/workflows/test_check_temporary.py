"""What a check may delete: only what is certainly a temporary user's."""

from __future__ import annotations

from typing import Any

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.workflows.checks.deadline import Deadline
from hubfleet.workflows.checks.temporary import Cleaner, is_temporary, label_selector, new_name, owner

NAME = "hubfleet-check-0123abcd"


def claim(**changes: Any) -> dict[str, Any]:
    """A claim as KubeSpawner makes it."""
    parts = {"name": f"claim-{NAME}", "component": "singleuser-storage", "username": NAME} | changes
    return {
        "metadata": {
            "name": parts["name"],
            "labels": {"component": parts["component"], "app": "jupyterhub"},
            "annotations": {"hub.jupyter.org/username": parts["username"]},
        }
    }


def test_names_are_new_each_time_and_recognised() -> None:
    names = {new_name() for _ in range(50)}
    assert len(names) == 50
    assert all(is_temporary(name) for name in names)


@pytest.mark.parametrize("name", ["ada", "hubfleet-check-", "hubfleet-check-0123abcg", "hubfleet-check-0123abcde",
                                  "xhubfleet-check-0123abcd", "hubfleet-check-0123abcd\n", ""])  # fmt: skip
def test_any_other_name_is_a_persons(name: str) -> None:
    assert not is_temporary(name)


def test_a_claim_of_the_temporary_user_is_recognised_in_both_ways_to_write_names() -> None:
    assert owner(claim(), "singleuser-storage") == NAME
    assert owner(claim(name="claim-hubfleet-2dcheck-2d0123abcd"), "singleuser-storage") == NAME


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "ada"},
        {"username": ""},
        {"name": "claim-ada"},
        {"name": "hub-db-dir"},
        {"component": "hub"},
        {"username": "hubfleet-check-ada"},
    ],
)
def test_a_claim_in_doubt_belongs_to_nobody(changes: dict[str, str]) -> None:
    assert owner(claim(**changes), "singleuser-storage") == ""


def test_things_without_labels_or_annotations_belong_to_nobody() -> None:
    assert owner({"metadata": {"name": f"claim-{NAME}"}}, "singleuser-storage") == ""


def test_a_persons_account_is_never_removed() -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name} was used")

    cleaner = Cleaner(Untouchable(), "demo", print)  # type: ignore[arg-type]
    with pytest.raises(HubfleetError, match="left alone"):
        cleaner.remove(Untouchable(), "ada", Deadline.within(1))  # type: ignore[arg-type]


def test_the_selector_finds_both_ways_to_write_a_name_as_a_label() -> None:
    assert label_selector("singleuser-server", NAME) == (
        "component=singleuser-server,hub.jupyter.org/username in (hubfleet-check-0123abcd,hubfleet-2dcheck-2d0123abcd)"
    )
