"""Homes: what was measured and what is remembered, as one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hubfleet.cli.homes import size_text
from hubfleet.fleet.document import load_yaml
from hubfleet.workflows.homes.measure import Measured, users_volumes
from hubfleet.workflows.homes.readings import (
    DAY,
    WHOLE,
    Home,
    Memory,
    days_left,
    of_kubelet,
    remembered,
    text_of,
    to_remember,
)
from hubfleet.workflows.homes.report import HubHomes, summed

GIB = 2**30
SCHEMA = Path(__file__).resolve().parents[4] / "schemas/homes.schema.yaml"


def home(name: str = "ada", used: int = GIB, size: int = 10 * GIB, at: float = 0.0) -> Home:
    return Home(name, used, size, at)


def read(*readings: tuple[float, int]) -> Memory:
    """What is remembered after readings of (day, GiB)."""
    known: dict[str, Memory] = {}
    for day, gib in readings:
        known = to_remember(known, {"ada": home(used=gib * GIB, at=day * DAY)})
    return known["ada"]


def test_one_reading_says_nothing_of_growth() -> None:
    assert read((0, 1)).growth is None
    assert read((0, 1), (0.5, 2)).growth is None


def test_growth_is_what_was_added_since_the_earlier_reading() -> None:
    assert read((0, 1), (10, 6)).growth == GIB / 2


def test_what_was_long_ago_is_forgotten() -> None:
    """It grew fast at first and not at all since: after a month only the new counts."""
    assert read((0, 0), (15, 30), (30, 30), (45, 30)).growth == 0


def test_homes_that_shrink_have_negative_growth_and_no_end() -> None:
    memory = read((0, 8), (4, 4))
    assert memory.growth == -GIB
    assert days_left(home(), memory.growth) is None


@pytest.mark.parametrize(
    ("used", "size", "growth", "days"),
    [(6, 10, 1, 4), (6, 10, 0, None), (12, 10, 1, 0), (6, 0, 1, None), (6, 10, None, None)],
)
def test_days_left(used: int, size: int, growth: int | None, days: int | None) -> None:
    grows = None if growth is None else growth * float(GIB)
    assert days_left(home(used=used * GIB, size=size * GIB), grows) == days


def test_memory_survives_being_written() -> None:
    known = {"ada": read((0, 1), (20, 3)), WHOLE: read((0, 5))}
    assert remembered(text_of(known)) == known


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ada": 1}', '{"ada": ["x"]}', '{"ada": [1, 2]}', "null"])
def test_memory_that_can_not_be_understood_is_none(text: str) -> None:
    assert remembered(text) == {}


def test_of_very_many_homes_the_largest_and_the_whole_are_remembered_in_one_object() -> None:
    many = {f"user-{number:05}-with-a-rather-long-name": home(used=number, at=1e9) for number in range(9000)}
    known = to_remember({}, many | {WHOLE: home(used=1)})
    assert WHOLE in known
    assert "user-08999-with-a-rather-long-name" in known
    assert "user-00001-with-a-rather-long-name" not in known
    assert len(text_of(known)) < 1_000_000  # what a ConfigMap may hold


def test_a_kubelet_tells_about_the_claims_of_a_namespace() -> None:
    def volume(namespace: str, name: str, **more: int) -> dict[str, Any]:
        return {"name": "home", "pvcRef": {"namespace": namespace, "name": name}, **more}

    pods = [
        {"volume": [volume("hub", "claim-ada", usedBytes=5), {"name": "tmp", "usedBytes": 9}]},
        {"volume": [volume("other", "claim-bob", usedBytes=7), volume("hub", "claim-new")]},
        {},
    ]
    assert of_kubelet({"pods": pods}, "hub") == {"claim-ada": 5}
    assert of_kubelet({}, "hub") == {}


def claim(name: str, user: str = "", **status: Any) -> dict[str, Any]:
    notes = {"hub.jupyter.org/username": user} if user else {}
    spec = {"storageClassName": "standard", "resources": {"requests": {"storage": "1Gi"}}}
    return {"metadata": {"name": name, "annotations": notes}, "spec": spec, "status": status}


def test_homes_are_the_claims_that_name_a_user_and_are_as_large_as_they_became() -> None:
    grown = claim("claim-ada", "ada", capacity={"storage": "2Gi"})
    found = list(users_volumes([grown, claim("claim-bob", "bob"), claim("hub-db-dir")]))
    assert [(each.user, each.size) for each in found] == [("ada", 2 * GIB), ("bob", GIB)]


EMPTY = HubHomes("west", "college", "pvc")


def test_volumes_are_summed_and_the_first_to_be_full_is_named() -> None:
    homes = {"ada": home("ada", 2 * GIB), "bob": home("bob", 8 * GIB)}
    known = {
        "ada": Memory(10 * DAY, 2 * GIB, 0, GIB, 0, GIB),
        "bob": Memory(10 * DAY, 8 * GIB, 0, 3 * GIB, 0, 3 * GIB),
    }
    found = summed(EMPTY, Measured(homes), known)
    assert (found.used, found.capacity, found.homes, found.measured) == (10 * GIB, 20 * GIB, 2, 2)
    assert [each.name for each in found.biggest] == ["bob", "ada"]
    assert (found.days_left, found.first_full) == (4, "bob")
    assert found.growth_per_day == int(0.6 * GIB)


def test_a_store_is_full_as_a_whole() -> None:
    homes = {"ada": home("ada", GIB, 0), WHOLE: home(WHOLE, 90 * GIB, 100 * GIB)}
    known = {WHOLE: Memory(10 * DAY, 90 * GIB, 0, 80 * GIB, 0, 80 * GIB)}
    found = summed(EMPTY, Measured(homes, (), ("ada",)), known)
    assert (found.used, found.capacity, found.homes, found.days_left) == (90 * GIB, 100 * GIB, 1, 10)
    assert found.first_full == ""
    assert "ada hold at least so much" in found.note


def test_what_is_not_mounted_is_remembered_or_said_to_be_unknown() -> None:
    known = {"bob": Memory(0, 3 * GIB, 0, 3 * GIB, 0, 3 * GIB)}
    found = summed(EMPTY, Measured({"ada": home("ada")}, ("bob", "cid")), known)
    assert (found.used, found.homes, found.measured) == (4 * GIB, 3, 1)
    assert "1 not mounted now" in found.note
    assert "1 not mounted and never measured: --measure" in found.note


def test_where_nothing_is_known_nothing_is_claimed() -> None:
    found = summed(EMPTY, Measured({}, ("bob",)), {})
    assert (found.used, found.capacity, found.homes) == (None, None, 1)
    assert summed(EMPTY, Measured({}), {}).used == 0


def test_the_answer_is_as_its_schema_says() -> None:
    homes = {"ada": home("ada"), "bob": home("bob", 0, 0)}
    answers = [summed(EMPTY, Measured(homes), {}), HubHomes("west", "lab", "shared-with", note="see west/college")]
    data = json.loads(json.dumps({"hubs": [each.as_data() for each in answers]}))
    Draft202012Validator(load_yaml(SCHEMA).data).validate(data)


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "-"), (0, "0 B"), (1500, "1.5 Ki"), (150 * 1024, "150 Ki"), (-GIB, "-1.0 Gi"), (3 * 2**40, "3.0 Ti")],
)
def test_sizes_are_told_in_the_units_of_quotas(value: int | None, said: str) -> None:
    assert size_text(value) == said
