"""One YAML file, read so that nothing in it can surprise: its data, and the line of every key.

The data is what PyYAML's safe loader gives (YAML 1.1), in JSON's types only, with one exception:
dates stay the text that was written, as helm reads them. What PyYAML and helm would read
differently, so that plain helm would install something else, is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet import scalars
from hubfleet.fleet.keypath import KeyPath, dotted
from hubfleet.fleet.syntax import syntax_finding
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 1 << 20
DEEPEST = 100
_TOO_DEEP = f"nested more than {DEEPEST} levels deep"
_DEEP_INDENT = re.compile(rf"(?m)^[ \-?:\t]{{{DEEPEST}}}")
_MAPPING = "tag:yaml.org,2002:map"
_SEQUENCE = "tag:yaml.org,2002:seq"
_MERGE = "tag:yaml.org,2002:merge"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A YAML file.

    Args:
        data: the mapping that it holds; only dict, list, str, int, float, bool and None are in it.
        file: its name in findings, relative to the repository.
        warnings: what is allowed but may not be meant.
    """

    data: dict[str, Any]
    file: str
    warnings: tuple[Finding, ...] = ()
    _root: Any = field(default=None, repr=False, compare=False)

    def line_of(self, path: KeyPath) -> int:
        """The 1-based line of a key or list entry; of the nearest parent that exists when it does not."""
        node, line = self._root, 1
        for part in path:
            step = _step(node, part)
            if step is None:
                return line
            node, line = step
        return line

    def finding(self, path: KeyPath, message: str, *, rule: str, hint: str = "") -> Finding:
        """An error at this path."""
        return Finding(self.file, self.line_of(path), dotted(path), message, hint, rule)


def load_yaml(path: Path, root: Path | None = None) -> Document:
    """Read a YAML file.

    Args:
        path: the file.
        root: the repository; the document's name is relative to it.

    Raises:
        InvalidConfiguration: with every mistake that could be found in the file.
    """
    name = path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.as_posix()
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"can not be read: {error.strerror}"
        raise _refused(Finding(name, 0, "", f"the file {reason}", rule="unreadable-file")) from None
    return parse_yaml(raw, name)


def parse_yaml(raw: bytes, name: str) -> Document:
    """Read YAML from memory; see `load_yaml`."""
    text = _text(raw, name)
    _refuse_traps(text, name)
    node = _compose(text, name)
    reading = _Reading(name)
    data = reading.value(node, ())
    if reading.errors:
        raise _refused(*reading.errors)
    if data is None:
        raise _refused(Finding(name, 0, "", "the file says nothing", "write {} if nothing is meant", "empty-file"))
    if not isinstance(data, dict):
        raise _refused(Finding(name, 1, "", "the file must hold a mapping (key: value)", rule="not-a-mapping"))
    return Document(data, name, tuple(reading.warnings), node)


def _text(raw: bytes, name: str) -> str:
    """The bytes as text, refused where they are not plain UTF-8."""
    trouble = partial(Finding, name, 0, "")
    if len(raw) > LARGEST_BYTES:
        raise _refused(trouble(f"the file is larger than {LARGEST_BYTES >> 10} KiB", rule="file-too-large"))
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _refused(trouble("the file starts with a byte order mark", "save it as UTF-8 without BOM", "encoding"))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused(
            Finding(name, line, "", "the file is not UTF-8", "save it as UTF-8 without BOM", "encoding")
        ) from None


def _refuse_traps(text: str, name: str) -> None:
    """Refuse anchors, aliases and bottomless nesting before anything is made of them.

    Aliases could grow without end, and PyYAML's composer in C overflows the stack at some ten thousand
    levels. Reading events is safe from both. Most files can have neither, and cost nothing.
    """
    brackets = text.count("[") + text.count("{")
    if "&" not in text and "*" not in text and brackets <= DEEPEST and not _DEEP_INDENT.search(text):
        return
    found: list[Finding] = []
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 0
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise _refused(Finding(name, line, "", _TOO_DEEP, "", "yaml-too-deep"))
            anchor = getattr(event, "anchor", None)
            if anchor is not None:
                sign, word = ("*", "alias") if isinstance(event, yaml.AliasEvent) else ("&", "anchor")
                message = f"{word} {sign}{anchor}: anchors hide where a value comes from"
                found.append(Finding(name, line, "", message, "write the value where it is used", "yaml-anchor"))
    except yaml.YAMLError as error:
        raise _refused(*found, syntax_finding(error, text, name, _LOADER)) from None
    if found:
        raise _refused(*found)


def _compose(text: str, name: str) -> Any:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _refused(syntax_finding(error, text, name, _LOADER)) from None


class _Reading:
    """Turns nodes into data, and collects what is wrong on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []

    def value(self, node: Any, path: KeyPath) -> Any:
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, yaml.MappingNode) and node.tag == _MAPPING:
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQUENCE:
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        self._tag(node, path)
        return None

    def _mapping(self, node: Any, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            line = key_node.start_mark.line + 1
            here = (*path, key)
            if key in first:
                message = f"{key!r} is here twice; the first is in line {first[key]}"
                self._error(key_node, here, message, "duplicate-key", "keep one of them")
                continue
            first[key] = line
            data[key] = self.value(value_node, here)
        return data

    def _key(self, node: Any, path: KeyPath) -> str | None:
        """The key, or None when it can not be one."""
        if node.tag == _MERGE:
            message = "merge key <<: it hides where a value comes from"
            self._error(node, path, message, "yaml-merge-key", "write the values where they are used")
            return None
        if not isinstance(node, yaml.ScalarNode):
            self._error(node, path, "a key must be text", "key-not-text")
            return None
        key = self._scalar(node, path)
        if isinstance(key, str):
            return key
        hint = f'quote it: "{node.value}"' if node.value else "give it a name"
        self._error(node, path, f"the key {node.value or 'null'} is not text but {_kind(key)}", "key-not-text", hint)
        return None

    def _scalar(self, node: Any, path: KeyPath) -> Any:
        reader = scalars.READERS.get(node.tag)
        if reader is None:
            self._tag(node, path)
            return None
        try:
            value = reader(node)
        except ValueError as error:
            self._error(node, path, f"{node.value} is not what its tag says: {error}", "yaml-tag")
            return None
        if not node.style:
            self._surprises(node, value, path)
        return value

    def _surprises(self, node: Any, value: Any, path: KeyPath) -> None:
        trouble = scalars.trouble(node.value, value)
        if trouble:
            self._error(node, path, trouble, "ambiguous-value", f'quote it: "{node.value}"')
            return
        doubt = scalars.doubt(node.value, value, path)
        if doubt:
            line = node.start_mark.line + 1
            finding = Finding(self.name, line, dotted(path), *doubt, "yaml-1.1-value", "warning")
            self.warnings.append(finding)

    def _tag(self, node: Any, path: KeyPath) -> None:
        if node.tag == "tag:yaml.org,2002:value":
            self._error(node, path, "a bare = has a meaning of its own in YAML", "yaml-tag", 'quote it: "="')
            return
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        self._error(node, path, f"the tag {tag} is not used here", "yaml-tag", "write plain YAML")

    def _error(self, node: Any, path: KeyPath, message: str, rule: str, hint: str = "") -> None:
        self.errors.append(Finding(self.name, node.start_mark.line + 1, dotted(path), message, hint, rule))


def _step(node: Any, part: str | int) -> tuple[Any, int] | None:
    """The child of a node, and the line where it starts (of its key, in a mapping)."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", type(None): "nothing"}
    return names.get(type(value), "something else")


def _refused(*findings: Finding) -> InvalidConfiguration:
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return InvalidConfiguration(f"{first.file} is not valid{more}", findings=sorted(findings))
