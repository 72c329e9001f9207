"""What helm says when it can not render, as paths in the values. Pure: recorded answers are its test cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubfleet.fleet.keypath import KeyPath

_SUBCHART = "jupyterhub"
_SCHEMA = re.compile(r"^- at '(?P<pointer>[^']*)': (?P<text>.*)$")
_EXTRA_KEYS = re.compile(r"additional properties (?P<keys>'.*') not allowed")
_CALLED = re.compile(r"execution error at \((?P<template>[^:)]+):(?P<line>\d+):\d+\): (?P<text>.*)", re.DOTALL)
_TEMPLATE = re.compile(r"(?P<template>[\w./-]+\.(?:yaml|tpl|txt))(?::(?P<line>\d+))?")
_VALUE = re.compile(r"at <\.Values\.(?P<path>[\w.]+)>")
_TOPS = "jupyterhub|basehub|hub|proxy|singleuser|ingress|cull|issuer|traefik|local"  # the last three are support's
_KEY_IN_TEXT = re.compile(rf"\b(?P<path>(?:{_TOPS})(?:\.[A-Za-z_][\w-]*)+)")
_LOG_LINE = re.compile(r"^level=.*\n?", re.MULTILINE)
_ADVICE = re.compile(r"\n+Use --debug flag.*", re.DOTALL)


@dataclass(frozen=True)
class HelmError:
    """One thing that helm refused.

    Args:
        path: in the values of basehub; empty when helm does not say.
        text: one line.
        template: `file:line` of the template that refused, or empty.
    """

    path: KeyPath
    text: str
    template: str = ""


def helm_errors(stderr: str) -> list[HelmError]:
    """Every error in what `helm template` wrote on stderr; never empty."""
    text = _ADVICE.sub("", _LOG_LINE.sub("", stderr).strip()).removeprefix("Error: ")
    if "specifications of the schema" in text:
        return _schema_errors(text)
    called = _CALLED.search(text)
    if called:
        template = f"{called['template']}:{called['line']}"
        said = " ".join(called["text"].split())
        return [HelmError(_path_in(said, template), said, template)]
    where = _TEMPLATE.search(text)
    value = _VALUE.search(text)
    template = ":".join(filter(None, where.groups())) if where else ""
    path = _below(tuple(value["path"].split(".")), template) if value else ()
    last = text.splitlines()[-1].strip() if template and "\n" in text else " ".join(text.split())
    return [HelmError(path, last or "helm failed without a word", template)]


def _schema_errors(text: str) -> list[HelmError]:
    """The errors below each chart's name. Indented lines are details of the one above."""
    found: list[HelmError] = []
    chart: KeyPath = ()
    for line in text.splitlines():
        if re.fullmatch(r"[\w-]+:", line):
            chart = (_SUBCHART,) if line == f"{_SUBCHART}:" else ()
        match = _SCHEMA.match(line)
        if match:
            found += _schema_error((*chart, *_pointer(match["pointer"])), match["text"])
        elif found and line.startswith("  - at "):
            detail = line.partition("': ")[2]
            found.append(HelmError(found[-1].path, f"{found.pop().text}; {detail}"))
    return found or [HelmError((), " ".join(text.split()))]


def _schema_error(path: KeyPath, text: str) -> list[HelmError]:
    extra = _EXTRA_KEYS.fullmatch(text)
    if not extra:
        return [HelmError(path, text)]
    return [HelmError((*path, key), f"unknown key {key!r}") for key in re.findall(r"'([^']*)'", extra["keys"])]


def _pointer(text: str) -> KeyPath:
    """A JSON pointer (RFC 6901) as a path; numbers are positions in a list."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _path_in(text: str, template: str) -> KeyPath:
    """A key that the message itself names."""
    named = _KEY_IN_TEXT.search(text)
    return _below(tuple(named["path"].split(".")), template) if named else ()


def _below(path: KeyPath, template: str) -> KeyPath:
    """The path in basehub's values: a template of the JupyterHub chart sees only its own part of them."""
    inside = f"/charts/{_SUBCHART}/" in template and path[:1] != (_SUBCHART,)
    return (_SUBCHART, *path) if inside else path
