"""Adds a hub to the text of a cluster.yaml. Every byte that was there stays, comments and all."""

from __future__ import annotations

from typing import Any

import yaml

from hubfleet.errors import HubfleetError, InvalidConfiguration
from hubfleet.fleet.document import parse_yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def with_hub(text: str, entry: str, name: str) -> str:
    """The text with one more hub at the end of `hubs:`.

    Args:
        text: a cluster.yaml that is valid.
        entry: the hub's keys, a line each, without indentation, in the order in which they are to stand.
        name: the file's name, for messages.

    Raises:
        HubfleetError: `hubs` is written in a way that nothing can be added to without changing what is there.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    key, hubs = next((key, value) for key, value in yaml.compose(text, Loader=_LOADER).value if key.value == "hubs")
    if not hubs.value:
        made = _first(lines, hubs, entry, end)
    elif hubs.flow_style:
        raise _by_hand("the hubs are written on one line, in brackets", name, key.start_mark.line + 1, entry)
    else:
        column = hubs.start_mark.column
        after = _end_of_entry(lines, _last_line(hubs.value[-1]) + 1, column)
        made = _joined(lines[:after], end + _block(entry, column, end), lines[after:], end)
    if not _as_meant(text, made, entry):
        raise _by_hand("the hub could not be added by itself", name, key.start_mark.line + 1, entry)
    return made


def _first(lines: list[str], hubs: Any, entry: str, end: str) -> str:
    """Where there are no hubs yet: `[]` goes, and the first entry comes below its line."""
    line = hubs.end_mark.line
    if hubs.start_mark.line != line:
        return ""
    before, after = lines[line][: hubs.start_mark.column].rstrip(), lines[line][hubs.end_mark.column :]
    opened = before + (after if after.strip() else end)
    return _joined([*lines[:line], opened], _block(entry, 2, end), lines[line + 1 :], end)


def _joined(above: list[str], block: str, below: list[str], end: str) -> str:
    start = "" if not above or above[-1].endswith(("\n", "\r")) else end
    return "".join(above) + start + block + "".join(below)


def _block(entry: str, column: int, end: str) -> str:
    """The entry as an item of a list whose dashes stand in this column."""
    margin = " " * column
    marked = [("- " if index == 0 else "  ") + line for index, line in enumerate(entry.splitlines())]
    return "".join(f"{margin}{line}".rstrip() + end for line in marked)


def _end_of_entry(lines: list[str], after: int, column: int) -> int:
    """The line after an entry: after comments that are indented as its keys are, before empty lines."""
    while after < len(lines) and lines[after].lstrip().startswith("#"):
        if len(lines[after]) - len(lines[after].lstrip()) <= column:
            break
        after += 1
    while not lines[after - 1].strip():
        after -= 1
    return after


def _last_line(node: Any) -> int:
    """The 0-based line on which a value ends; comments after it do not count."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    mark = node.end_mark
    return int(mark.line if mark.column else mark.line - 1)


def _as_meant(before: str, after: str, entry: str) -> bool:
    """Whether the new text says what the old one said, and the hub, and no more."""
    if not after:
        return False
    try:
        was, now = parse_yaml(before.encode(), "before").data, parse_yaml(after.encode(), "after").data
    except InvalidConfiguration:
        return False
    added = yaml.safe_load(entry)["name"]
    return bool(
        now["hubs"][:-1] == was["hubs"]
        and now["hubs"][-1]["name"] == added
        and {**now, "hubs": []} == {**was, "hubs": []}
    )


def _by_hand(what: str, name: str, line: int, entry: str) -> HubfleetError:
    return HubfleetError(
        f"{what}: nothing was written",
        where=f"{name}:{line}",
        evidence=_block(entry, 2, "\n"),
        next_step="write one hub below the other (`  - name: ...`), or put these lines there yourself",
    )
