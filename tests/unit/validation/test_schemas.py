"""The schemas themselves: they are JSON Schema, refuse unknown keys, and describe every key that a person writes."""

from __future__ import annotations

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
OPEN = {("cluster", "infrastructure"), ("override", "values"), ("outputs", "hubs"), ("outputs", "buckets")}


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
