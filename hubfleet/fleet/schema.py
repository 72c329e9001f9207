"""Checks a document against its JSON Schema (schemas/<name>.schema.yaml, draft 2020-12).

Messages are made for the person who wrote the file, not for the one who wrote the schema. A part of a
schema may carry `x-hint`, one line that says what to write instead.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hubfleet.fleet.document import load_yaml
from hubfleet.fleet.keypath import dotted
from hubfleet.fleet.names import did_you_mean, listed, nearest
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.document import Document
    from hubfleet.fleet.keypath import KeyPath

SCHEMAS = Path(__file__).parents[2] / "schemas"
_REFERENCE = "docs/configuration.md"
_SUFFIX = ".schema.yaml"
_TYPES = {
    "object": "a mapping (key: value)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


class Located(Protocol):
    """Data whose every part has a file and a line: a document, or a part of one."""

    @property
    def data(self) -> dict[str, Any]: ...

    @property
    def file(self) -> str: ...

    def line_of(self, path: KeyPath) -> int: ...


def check(document: Document, schema: str) -> list[Finding]:
    """Every way in which a document breaks a schema, each once, sorted.

    Args:
        document: what was read.
        schema: the schema's short name, such as `cluster`.
    """
    return check_against(document, _validator(schema), _REFERENCE)


def check_against(document: Located, validator: Any, reference: str = "") -> list[Finding]:
    """Every way in which something located breaks a compiled schema, each once, sorted.

    Args:
        document: what was read.
        validator: a jsonschema validator.
        reference: the page that has all keys; empty: a message names them while they are few.
    """
    found: set[Finding] = set()
    for error in validator.iter_errors(document.data):
        found.update(_findings(document, _telling(error), reference))
    return sorted(found)


def trouble_of(schema: str, pointer: str, value: Any) -> tuple[str, str] | None:
    """Message and hint where a single value does not fit a part of a schema; None when it does.

    Args:
        schema: the schema's short name.
        pointer: the part, as in `properties/gcp/properties/project` or `$defs/name`.
        value: the value.
    """
    error = next(_part(schema, pointer).iter_errors(value), None)
    if error is None:
        return None
    _, message, advice = _message(error)
    return message, str(error.schema.get("x-hint", "")) or advice


def known_keys(schema: str) -> list[str]:
    """The keys that a file of this kind may have at its top."""
    return sorted(_schemas()[schema].get("properties", {}))


def _findings(document: Located, error: Any, reference: str) -> Iterator[Finding]:
    path = tuple(error.absolute_path)
    hint = str(error.schema.get("x-hint", "")) if isinstance(error.schema, dict) else ""
    if error.validator in {"additionalProperties", "unevaluatedProperties", "propertyNames"}:
        yield from _unknown_keys(document, error, path, hint, reference)
        return
    rule, message, advice = _message(error)
    yield Finding(document.file, document.line_of(path), dotted(path), message, hint or advice, rule)


def _unknown_keys(
    document: Located, error: Any, path: tuple[str | int, ...], hint: str, reference: str
) -> Iterator[Finding]:
    """One finding for each key that the schema does not know."""
    known = set(error.schema.get("properties", {}))
    if error.validator == "additionalProperties":
        patterns = error.schema.get("patternProperties", {})
        names = [name for name in error.instance if name not in known and not _matches(name, patterns)]
    elif error.validator == "propertyNames":
        names = [error.instance]
    else:
        names = [name for name in error.instance if repr(name) in error.message]
    for name in names:
        here = (*path, name)
        there = set(error.instance) if isinstance(error.instance, dict) else set()
        near = nearest(name, known - there)  # what is there already was hardly meant
        advice = f"did you mean {near}?" if near else listed(known, reference)
        yield Finding(
            document.file, document.line_of(here), dotted(here), f"unknown key {name!r}", hint or advice, "unknown-key"
        )


def _message(error: Any) -> tuple[str, str, str]:
    """Rule, message and hint for an error of one value."""
    name, wanted, value = error.validator, error.validator_value, error.instance
    if name == "required":
        missing = re.match(r"'(.*)' is a required", error.message)
        key = missing.group(1) if missing else str(wanted)
        near = nearest(key, set(value) - set(error.schema.get("properties", {})))
        return "missing-key", f"the key {key} is missing", f"is {near} meant to be {key}?" if near else ""
    if name in {"not", "oneOf"}:
        return "wrong-keys", *_keys_that_fit(name, wanted)
    return "wrong-type" if name == "type" else "wrong-value", *_value(error, name, wanted, value)


def _value(error: Any, name: str, wanted: Any, value: Any) -> tuple[str, str]:
    """Message and hint where a key is right and its value is not."""
    if name == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}, not {_shown(value)}", _quote(error)
    if name in {"enum", "const"}:
        choices = [str(each) for each in (wanted if name == "enum" else [wanted])]
        return f"must be one of {', '.join(choices)}, not {_shown(value)}", _near(value, choices)
    if name in {"minLength", "minItems", "minProperties"} and not value:
        return "must not be empty", ""
    plain = {
        "pattern": f"{_shown(value)} is not written as it must be",
        "format": f"{_shown(value)} is not written as it must be",
        "maxLength": f"longer than {wanted} characters",
        "uniqueItems": "something is in this list twice",
    }
    return plain.get(name, _clipped(error.message)), ""


def _keys_that_fit(validator: str, wanted: Any) -> tuple[str, str]:
    """Message and hint where a schema says which keys go together (`required` within oneOf or not)."""
    choices = [wanted] if validator == "not" else wanted
    keys = [key for choice in choices if isinstance(choice, dict) for key in choice.get("required", [])]
    if validator == "not":
        return f"the key {' and '.join(keys)} does not fit the other keys here", "remove it"
    return f"exactly one of {', '.join(keys)} is needed", ""


def _quote(error: Any) -> str:
    """The hint for a number or a truth value where text is wanted."""
    wants_text = error.validator == "type" and "string" in error.validator_value
    plain = isinstance(error.instance, bool | int | float)
    if wants_text and isinstance(error.instance, float):
        return "quote it, with every digit that is meant (without quotes 4.10 is 4.1)"
    return f'quote it: "{str(error.instance).lower()}"' if wants_text and plain else ""


def _telling(error: Any) -> Any:
    """Where a value may take several shapes: the error of the shape that was most likely meant."""
    from jsonschema.exceptions import best_match

    while error.context:
        same_kind = [each for each in error.context if each.validator not in {"type", "const", "enum"} or each.path]
        nearer = best_match(same_kind) if same_kind else None
        if nearer is None:
            return error
        error = nearer
    return error


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    return {path.name.removesuffix(_SUFFIX): load_yaml(path).data for path in sorted(SCHEMAS.glob(f"*{_SUFFIX}"))}


@cache
def _validator(schema: str) -> Any:
    return _compiled(_schemas()[schema])


@cache
def _part(schema: str, pointer: str) -> Any:
    return _compiled({"$ref": f"{_schemas()[schema]['$id']}#/{pointer}"})


def _compiled(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    resources = {
        data.get("$id", f"{name}{_SUFFIX}"): DRAFT202012.create_resource(data) for name, data in _schemas().items()
    }
    registry: Any = Registry().with_resources(resources.items())
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker(["date"]))


def _matches(name: str, patterns: dict[str, Any]) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def _near(value: Any, choices: list[str]) -> str:
    hint = did_you_mean(str(value), choices)
    return hint if hint.startswith("did") else ""


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return _clipped("nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value))


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:150]}..."  # noqa: PLR2004  (two lines of a terminal)
