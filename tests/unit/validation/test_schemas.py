"""The schemas themselves: they are JSON Schema, refuse unknown keys, and describe every key that a person writes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[3] / "schemas"
FILES = sorted(SCHEMAS.glob("*.schema.yaml"))
WRITTEN_BY_PEOPLE = ["fleet", "cluster", "community", "override", "outputs"]
# What another program describes: inputs of terraform, values of charts.
OPEN = {("override", "values"), ("outputs", "hubs"), ("outputs", "buckets")}


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def objects(schema: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a schema that describes a mapping, with the key that it stands under."""
    if isinstance(schema, list):
        for each in schema:
            yield from objects(each, name)
    elif isinstance(schema, dict):
        if ("properties" in schema and schema.get("type") is not None) or schema.get("type") == "object":
            yield name, schema
        for key, value in schema.items():
            yield from objects(value, name if key in {"items", "properties", "then", "if", "else"} else key)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_is_json_schema(path: Path) -> None:
    schema = read(path)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", WRITTEN_BY_PEOPLE)
def test_refuses_unknown_keys(name: str) -> None:
    schema = read(SCHEMAS / f"{name}.schema.yaml")
    for key, part in objects(schema):
        assert "additionalProperties" in part or (name, key) in OPEN, f"{key} takes any key"


@pytest.mark.parametrize("name", WRITTEN_BY_PEOPLE)
def test_describes_every_key(name: str) -> None:
    schema = read(SCHEMAS / f"{name}.schema.yaml")
    for key, part in objects(schema):
        for property_, described in part.get("properties", {}).items():
            target = schema["$defs"][described["$ref"].rpartition("/")[2]] if "$ref" in described else {}
            assert described.get("description") or target.get("description"), f"{key}.{property_} has no description"


def test_reports_have_the_fields_of_their_schemas(tmp_path: Path) -> None:
    """A field that is added to a report and not to its schema would break the programs that read it."""
    from hubfleet.archive.manifest import Manifest, Volume
    from hubfleet.validation.finding import Finding
    from hubfleet.workflows.status import HubStatus

    status, manifest, report = (read(SCHEMAS / f"{name}.schema.yaml") for name in ("status", "manifest", "validate"))
    pairs = [
        (HubStatus, status["properties"]["hubs"]["items"]),
        (Manifest, manifest),
        (Volume, manifest["properties"]["volumes"]["items"]),
        (Finding, report["properties"]["findings"]["items"]),
    ]
    for made, schema in pairs:
        names = {each.name for each in dataclasses.fields(made)}
        assert names == set(schema["properties"]) == set(schema["required"]), made.__name__


@pytest.mark.parametrize("fails", [False, True])
def test_run_json_is_what_its_schema_says(tmp_path: Path, fails: bool) -> None:
    from hubfleet.runs import start

    run = start(tmp_path, "deploy-hub", "local/demo")
    with contextlib.suppress(ZeroDivisionError), run.ending(), run.step("divide"):
        1 / (0 if fails else 1)
    told = json.loads((run.folder / "run.json").read_text())
    Draft202012Validator(read(SCHEMAS / "run.schema.yaml")).validate(told)
    assert told["status"] == ("failed" if fails else "done")


def test_a_check_is_what_its_schema_says() -> None:
    from hubfleet.workflows.checks.result import CheckResult, CheckStep

    told = CheckResult(ok=True, kind="quick", steps=(CheckStep("answers", ok=True, seconds=0.1),)).report()
    Draft202012Validator(read(SCHEMAS / "check.schema.yaml")).validate({"cluster": "local", "hub": "demo", **told})
