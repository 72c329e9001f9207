"""Writes the tables of configuration.md from the schemas: python docs/configuration_tables.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/configuration.md"
TABLE = re.compile(r"(<!-- keys of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TYPES = {"array": "list", "object": "mapping", "string": "text", "integer": "whole number", "boolean": "true, false"}


def written(page: str) -> str:
    """The page with its tables as the schemas are now."""
    return TABLE.sub(lambda match: f"{match[1]}{table(match[2])}{match[3]}", page)


def table(schema: str) -> str:
    """Every key of a schema, one a line."""
    whole = yaml.safe_load((ROOT / f"schemas/{schema}.schema.yaml").read_text(encoding="utf-8"))
    rows = [f"| `{key}` | {_cell(what)} | {_cell(form)} |" for key, what, form in keys(whole, whole, "")]
    return "\n".join(["| key | what | how it is written |", "| --- | --- | --- |", *rows, ""])


def keys(whole: dict[str, Any], part: dict[str, Any], above: str) -> Iterator[tuple[str, str, str]]:
    """Each key below a part of a schema: its path, what it is for, and its form."""
    needed = part.get("required", [])
    for name, given in part.get("properties", {}).items():
        found = _resolved(whole, given)
        inner = _resolved(whole, found.get("items", {}))
        path = f"{above}{name}{'[]' if inner.get('properties') else ''}"
        form = _form(found, inner)
        yield path, found.get("description", ""), f"**needed**; {form}" if name in needed else form
        yield from keys(whole, inner if inner.get("properties") else found, f"{path}.")
        of_names = found.get("additionalProperties")
        if isinstance(of_names, dict):
            yield from keys(whole, _resolved(whole, of_names), f"{path}.NAME.")


def _resolved(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part with what its reference leads to below it."""
    if "$ref" not in part:
        return part
    return {**_resolved(whole, whole["$defs"][part["$ref"].rpartition("/")[2]]), **part}


def _form(part: dict[str, Any], inner: dict[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(map(str, part["enum"]))
    if "x-hint" in part:
        return str(part["x-hint"])
    kind = part.get("type", "text")
    words = " or ".join(_TYPES.get(each, each) for each in ([kind] if isinstance(kind, str) else kind))
    return f"{words}, each {inner['x-hint']}" if "x-hint" in inner else words


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
