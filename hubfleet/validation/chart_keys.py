"""Values checked against the charts' own schemas, layer by layer, so that each mistake has its line.

helm checks the merged values, where a mistake has neither file nor line. A layer alone is only a part:
what a schema requires may come from another layer, and null removes a value, so both are let pass here
and left to helm. What no layer may say (an unknown key, a wrong type) is found.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from hubfleet.fleet.document import load_yaml
from hubfleet.fleet.schema import SCHEMAS, check_against
from hubfleet.validation.rules.files import SUFFIX_OF_ENCRYPTED

if TYPE_CHECKING:
    from pathlib import Path

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.layers import Layer
    from hubfleet.fleet.model import ChartPin
    from hubfleet.validation.finding import Finding

UPSTREAM = SCHEMAS / "values.schema.yaml"
JUPYTERHUB = "jupyterhub"
_MADE_BY_US = {"chart", "generated", "community"}
_CONDITIONS = ("if", "then", "else", "not", "dependentRequired", "dependentSchemas")


@dataclass(frozen=True)
class ChartSchemas:
    """The schemas of the charts that a hub installs.

    Args:
        basehub: values.schema.json of basehub; None where there is none.
        jupyterhub: values.schema.json of the JupyterHub chart, as text; None: what schemas/ knows of upstream.
        embedded: whether the chart is our own, which has only a part of upstream's keys.
    """

    basehub: Path | None
    jupyterhub: str | None
    embedded: bool


def schemas_of(root: Path, pin: ChartPin) -> ChartSchemas:
    """The schemas for a hub. A chart that has to be downloaded is checked by what schemas/ knows of it."""
    basehub = root / "helm/basehub/values.schema.json"
    folder = root / ("helm/jupyterhub" if pin.source == "embedded" else pin.source)
    own = folder / "values.schema.json"
    text = own.read_text() if pin.source != "upstream" and own.is_file() else None
    return ChartSchemas(basehub if basehub.is_file() else None, text, pin.source == "embedded")


def layer_findings(layer: Layer, schemas: ChartSchemas) -> list[Finding]:
    """What a layer says that the charts do not know. No message shows a value of a secret layer."""
    if layer.kind in _MADE_BY_US or (layer.file.endswith(SUFFIX_OF_ENCRYPTED) and not layer.secret):
        return []
    found = check_against(_Part(layer, ()), _upstream()) if schemas.jupyterhub is None else []
    if schemas.basehub:
        found += check_against(_Part(layer, ()), _compiled(schemas.basehub.read_text()))
    if schemas.jupyterhub is not None and isinstance(layer.values.get(JUPYTERHUB), dict):
        inside = check_against(_Part(layer, (JUPYTERHUB,)), _compiled(schemas.jupyterhub))
        inside = [replace(each, path=f"{JUPYTERHUB}.{each.path}" if each.path else JUPYTERHUB) for each in inside]
        found += [_unsupported(each) for each in inside] if schemas.embedded else inside
    found = [_plainly(each) for each in found]
    return [_discreet(each) for each in found] if layer.secret else found


def own_findings(layer: Layer, schema: dict[str, Any]) -> list[Finding]:
    """What a layer says that a chart of ours does not know, by its schema. No message shows a secret's value."""
    if layer.kind in _MADE_BY_US:
        return []
    found = [_plainly(each) for each in check_against(_Part(layer, ()), _validator(schema))]
    return [_discreet(each) for each in found] if layer.secret else found


@dataclass(frozen=True)
class _Part:
    """A part of a layer, as the schema check wants it."""

    layer: Layer
    below: KeyPath

    @property
    def data(self) -> dict[str, Any]:
        part: Any = self.layer.values
        for key in self.below:
            part = part[key]
        return dict(part)

    @property
    def file(self) -> str:
        return self.layer.file

    def line_of(self, path: KeyPath) -> int:
        return self.layer.locate((*self.below, *path)).line


def _unsupported(finding: Finding) -> Finding:
    """An unknown key of the embedded chart that upstream has is no typing mistake."""
    if finding.rule != "unknown-key" or not _upstream_has(finding.path):
        return finding
    message = "the embedded chart does not have this key; the upstream chart does"
    hint = "remove it, or set charts.jupyterhub.source: upstream"
    return replace(finding, message=message, hint=hint, rule="unsupported-key")


def _plainly(finding: Finding) -> Finding:
    """In words of this check: `or nothing` comes from null, and a misplaced key has a place."""
    inside = f"{JUPYTERHUB}.{finding.path}"
    if finding.rule == "unknown-key" and "." not in finding.path and _upstream_has(inside):
        return replace(finding, hint=f"it belongs below {JUPYTERHUB}:")
    return replace(finding, message=re.sub(r" or nothing|, None(?=,)", "", finding.message))


def _discreet(finding: Finding) -> Finding:
    return (
        replace(finding, message=finding.message.partition(", not ")[0]) if finding.rule != "unknown-key" else finding
    )


def _upstream_has(path: str) -> bool:
    schema = _upstream_tree()
    for part in path.split("."):
        if "$ref" in schema:
            schema = _upstream_tree()["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = schema.get("properties", {}).get(part)
        if schema is None:
            return False
    return True


@cache
def _upstream_tree() -> dict[str, Any]:
    return load_yaml(UPSTREAM).data


@cache
def _upstream() -> Any:
    return _validator(_upstream_tree())


@cache
def _compiled(text: str) -> Any:
    return _validator(json.loads(text))


def _validator(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(partial_schema(schema))


def partial_schema(schema: Any) -> Any:
    """The schema of a part of the values: nothing is required, null is allowed, conditions are not looked at."""
    if isinstance(schema, list):
        return [partial_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if not _about_the_whole(key, value)}
    relaxed = {key: partial_schema(value) for key, value in kept.items()}
    kind, words = relaxed.get("type"), relaxed.get("enum")
    if isinstance(kind, str | list):
        kinds = [kind] if isinstance(kind, str) else kind
        relaxed["type"] = [*(each for each in kinds if each != "null"), "null"]
    if isinstance(words, list):
        relaxed["enum"] = [*(each for each in words if each is not None), None]
    return relaxed


def _about_the_whole(key: str, value: Any) -> bool:
    """Whether a keyword speaks of all values together. (A property may have such a name; its value is a schema.)"""
    if key == "required":
        return isinstance(value, list)
    if key in {"oneOf", "anyOf"} and isinstance(value, list):
        return any(isinstance(each, dict) and "required" in each for each in value)
    return (key in _CONDITIONS and key != "not") or (key == "not" and isinstance(value, dict) and "required" in value)
