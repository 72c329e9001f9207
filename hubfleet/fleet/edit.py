"""Changing one value of a YAML file and nothing else: comments, quotes, order and line breaks stay as they were.

The value is found by the marks of PyYAML's nodes and only its own characters are replaced. The result is read again and
compared: where more than the one value differs, nothing is returned. Pure: bytes in, bytes out.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from hubfleet.errors import HubfleetError, InvalidConfiguration
from hubfleet.fleet import scalars
from hubfleet.fleet.document import parse_yaml
from hubfleet.fleet.keypath import KeyPath, dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

Scalar = str | int | float | bool
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]*(:[A-Za-z0-9._/@+-]+)*")
_NULL = "tag:yaml.org,2002:null"
_BLOCK_STYLES = ("|", ">")


@dataclass(frozen=True)
class _Splice:
    """`text` takes the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


def set_value(raw: bytes, path: KeyPath, value: Scalar, name: str) -> bytes:
    """The file with one value changed, or with one key more where there was none.

    Args:
        raw: the file's content.
        path: where; the lists on the way must be long enough, mappings are made where they are absent.
        value: the new one; text must be one printable line.
        name: the file's name, for messages.

    Returns:
        The new content; the same object where the value is there already.

    Raises:
        InvalidConfiguration: the file is not valid (anchors, double keys, several documents...).
        HubfleetError: what is there is no single value, or the edit would change more than it.
    """
    before = parse_yaml(raw, name).data
    wanted = _with(copy.deepcopy(before), path, value, name)
    if _same(before, wanted):
        return raw
    text = raw.decode()
    newline = "\r\n" if "\r\n" in text else "\n"
    splice = _splice(yaml.compose(text, Loader=yaml.SafeLoader), path, value, text, newline)
    if splice is None:
        raise _refused(path, name, "it holds more than a single value")
    changed = (text[: splice.start] + splice.text + text[splice.end :]).encode()
    try:
        found = parse_yaml(changed, name).data
    except InvalidConfiguration as trouble:
        raise _refused(path, name, str(trouble.findings[0])) from trouble
    if not _same(found, wanted):
        raise _refused(path, name, "more than this value would change")
    return changed


def _refused(path: KeyPath, name: str, why: str) -> HubfleetError:
    return HubfleetError(
        f"{dotted(path)} can not be changed without a person", where=name, evidence=why, next_step=f"edit {name}"
    )


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0, true and "1" are four values; the order of keys says nothing."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _with(data: Any, path: KeyPath, value: Scalar, name: str) -> Any:
    """The data as they should be afterwards."""
    here = data
    for place, part in enumerate(path):
        last = place == len(path) - 1
        if isinstance(part, int):
            if not isinstance(here, list) or part >= len(here):
                raise _refused(path, name, f"there is no {dotted(path[: place + 1])}")
        elif not isinstance(here, dict):
            raise _refused(path, name, f"{dotted(path[:place])} is no mapping")
        elif not last and here.get(part) is None:
            here[part] = {}
        if last:
            here[part] = value
        else:
            here = here[part]
    return data


def _splice(root: Any, path: KeyPath, value: Scalar, text: str, newline: str) -> _Splice | None:
    node = root
    for place, part in enumerate(path):
        rest = path[place:]
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            continue
        if isinstance(node, yaml.ScalarNode) and node.tag == _NULL:
            return _replaced(node, _nested(rest, value))
        if not isinstance(node, yaml.MappingNode):
            return None
        found = next((each for key, each in node.value if key.value == part), None)
        if found is None:
            entry = f"{_written(str(part))}: {_nested(rest[1:], value)}"
            return _added_in_flow(node, entry) if node.flow_style else _added(node, entry, text, newline)
        node = found
    if not isinstance(node, yaml.ScalarNode) or node.style in _BLOCK_STYLES:
        return None
    return _replaced(node, _written(value, node.style or ""))


def _replaced(node: Any, written: str) -> _Splice:
    start, end = node.start_mark.index, node.end_mark.index
    return _Splice(start, end, f" {written}" if start == end else written)  # nothing was there: right behind the colon


def _added_in_flow(node: Any, entry: str) -> _Splice:
    """Behind the last entry of `{...}`."""
    if not node.value:
        at = node.start_mark.index + 1
        return _Splice(at, at, entry)
    at = node.value[-1][1].end_mark.index
    return _Splice(at, at, f", {entry}")


def _added(node: Any, entry: str, text: str, newline: str) -> _Splice:
    """On a line of its own behind the last entry that is on one line; before all others where there is none."""
    first = node.value[0][0].start_mark
    indent = " " * first.column
    for key, value in reversed(node.value):
        if key.start_mark.line == value.end_mark.line and getattr(value, "style", None) not in _BLOCK_STYLES:
            at = text.find("\n", value.end_mark.index)
            if at < 0:
                return _Splice(len(text), len(text), f"{newline}{indent}{entry}")
            return _Splice(at + 1, at + 1, f"{indent}{entry}{newline}")
    return _Splice(first.index, first.index, f"{entry}{newline}{indent}")


def _nested(path: Sequence[str | int], value: Scalar) -> str:
    """The value inside the mappings that lead to it, on one line."""
    written = _written(value)
    for part in reversed(path):
        written = f"{{{_written(str(part))}: {written}}}"
    return written


def _written(value: Scalar, style: str = "") -> str:
    """The value as YAML, in the quotes that the old one had; plain where every reader takes it for the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    if style == "'":
        doubled = value.replace("'", "''")
        return f"'{doubled}'"
    if (
        style != '"'
        and _PLAIN.fullmatch(value)
        and yaml.safe_load(value) == value
        and not scalars.trouble(value, value)
    ):
        return value
    return json.dumps(value, ensure_ascii=False)
