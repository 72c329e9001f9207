"""What is wrong with a text that is no YAML, in a person's words, and at the line where it went wrong.

The parser names the place where it stumbled, which for what was opened and never closed is the file's end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Told = tuple[int, str, str, str]
"""Line (1-based), message, hint and rule."""

_RULE = "yaml-syntax"
_OPENING = {yaml.FlowSequenceStartToken: "[", yaml.FlowMappingStartToken: "{"}
_CLOSING = {yaml.FlowSequenceEndToken: "]", yaml.FlowMappingEndToken: "}"}
_PAIRS = {"[": "]", "{": "}"}
_COLON = re.compile(r":(\s|$)")
_HEADER = re.compile(r"(^|[:\-?]\s+)[|>][-+0-9]*\s*(#.*)?$")


def syntax_finding(error: yaml.YAMLError, text: str, name: str, loader: Any) -> Finding:
    """What the parser said of a text, where the mistake is a common one with what to do.

    Args:
        error: the parser's.
        text: what it could not read.
        name: the file, in findings.
        loader: PyYAML's loader that stumbled.
    """
    trouble = _Trouble(error, text, loader)
    for explain in _EXPLAIN:
        if told := explain(trouble):
            line, message, hint, rule = told
            return Finding(name, line, "", message, hint, rule)
    return Finding(name, trouble.line, "", f"this is not YAML: {trouble.problem}", rule=_RULE)


class _Trouble:
    """The parser's error, and the text around it."""

    def __init__(self, error: yaml.YAMLError, text: str, loader: Any) -> None:
        mark = getattr(error, "problem_mark", None)
        self.problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        self.context = str(getattr(error, "context", None) or "")
        self.opened: Any = getattr(error, "context_mark", None)
        self.line = mark.line + 1 if mark else 0
        self.column = mark.column if mark else 0
        self.lines: Sequence[str] = text.splitlines()
        self.text = text
        self.loader = loader

    @property
    def written(self) -> str:
        """The line where the parser stumbled; empty where it is the end of the file."""
        return self.lines[self.line - 1] if 0 < self.line <= len(self.lines) else ""


def _tab(at: _Trouble) -> Told | None:
    if "\t" in at.written[: _indent(at.written)]:
        return at.line, "a tab indents this line", "indent with spaces", "yaml-tab"
    return None


def _conflict(at: _Trouble) -> Told | None:
    line = next((n for n, each in enumerate(at.lines, 1) if each.startswith(("<<<<<<< ", ">>>>>>> "))), 0)
    return (line, "a merge conflict is not resolved", "keep one side", "yaml-conflict") if line else None


def _documents(at: _Trouble) -> Told | None:
    if "but found another document" in at.problem:
        return at.line, "the file has several documents", "keep one, without ---", "yaml-documents"
    return None


def _quote(at: _Trouble) -> Told | None:
    if at.opened and "quoted scalar" in at.context:
        return at.opened.line + 1, "this is not YAML: the quote that opens here is not closed", "", _RULE
    before = at.written[at.column - 1 : at.column]
    if "expected key" in at.problem and before in ("'", '"'):
        inside = "write '' for a ' inside '...'" if before == "'" else 'write \\" for a " inside "..."'
        return at.line, f"this is not YAML: a {before} ends the text, and more follows it", inside, _RULE
    return None


def _bracket(at: _Trouble) -> Told | None:
    """A bracket that is never closed, or by one of the other kind; a comma that is missing between brackets."""
    if not at.context.startswith("while parsing a flow"):
        return None
    sign, line = _not_closed(at)
    if sign:
        return line, f"a `{sign}` in line {line} is not closed", f"write `{_PAIRS[sign]}` where it ends", _RULE
    if at.opened and "expected ','" in at.problem:
        sign = "[" if "sequence" in at.context else "{"
        message = f"a comma is missing between the entries of the `{sign}` in line {at.opened.line + 1}"
        return at.line, message, 'quote a text that holds ": " or ", "', _RULE
    return None


def _not_closed(at: _Trouble) -> tuple[str, int]:
    """The bracket that nothing closes, and its line; of several the innermost."""
    stack: list[tuple[str, int]] = []
    try:
        for token in yaml.scan(at.text, Loader=at.loader):
            if type(token) in _OPENING:
                stack.append((_OPENING[type(token)], token.start_mark.line + 1))
            elif type(token) in _CLOSING and stack:
                if _PAIRS[stack[-1][0]] != _CLOSING[type(token)]:
                    break
                stack.pop()
    except yaml.YAMLError:
        pass
    return stack[-1] if stack else ("", 0)


def _stray(at: _Trouble) -> Told | None:
    sign = at.written[at.column : at.column + 1]
    if sign in ("]", "}") and "did not find expected" in at.problem:
        return at.line, f"a `{sign}` closes nothing that is open", "remove it, or quote the text", _RULE
    return None


def _block_text(at: _Trouble) -> Told | None:
    """A line of a block of text (| or >) that is indented less than the first line of it."""
    header = _header_above(at)
    if header is None or not at.problem.startswith(("did not find expected key", "did not find expected '-'")):
        return None
    message = f"this line is indented less than the first of the text that begins in line {header}"
    return at.line, message, "indent all lines of the text alike", _RULE


def _header_above(at: _Trouble) -> int | None:
    """The line whose `|` or `>` began the text that ended right before the trouble."""
    here = _indent(at.written)
    for number in range(at.line - 1, 0, -1):
        line = at.lines[number - 1]
        if not line.strip():
            continue
        if _HEADER.search(line):
            return number if _indent(line) < here and number < at.line - 1 else None
        if _indent(line) <= here:
            return None
    return None


def _second_colon(at: _Trouble) -> Told | None:
    if "mapping values are not allowed" not in at.problem:
        return None
    above = next((each for each in reversed(at.lines[: at.line - 1]) if each.strip()), "")
    if len(_COLON.findall(at.written)) > 1 or not above:
        return at.line, "this is not YAML: a second ':' on one line", "quote a value that contains ': '", _RULE
    if _indent(at.written) > _indent(above):
        message = "this line is indented deeper than the one above, which has its value already"
        return at.line, message, "indent the keys of one mapping alike", _RULE
    return at.line, "the line above has no ':', and so is no key of the mapping", "write key: value", _RULE


def _no_colon(at: _Trouble) -> Told | None:
    if at.opened and "could not find expected ':'" in at.problem:
        return at.opened.line + 1, "this is not YAML: a ':' is missing after this key", "write key: value", _RULE
    return None


def _sign(at: _Trouble) -> Told | None:
    if "cannot start any token" in at.problem:
        sign = at.written[at.column : at.column + 1]
        return at.line, f"this is not YAML: a text can not begin with {sign}", "quote it", _RULE
    return None


def _indentation(at: _Trouble) -> Told | None:
    if not at.opened or not at.context.startswith("while parsing a block"):
        return None
    begins = f"which begins in line {at.opened.line + 1}"
    if "expected key" in at.problem:
        return at.line, f"this line fits no column of the mapping {begins}", "indent its keys alike", _RULE
    if "expected '-'" in at.problem:
        return at.line, f"this line is no entry of the list {begins}", "each begins with -, in one column", _RULE
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_EXPLAIN: tuple[Callable[[_Trouble], Told | None], ...] = (
    _tab, _conflict, _quote, _documents, _bracket, _stray, _block_text, _second_colon, _no_colon, _sign, _indentation,
)  # fmt: skip
