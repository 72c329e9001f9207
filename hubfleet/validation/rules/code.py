"""Python in values: hub.extraConfig is run by the hub, and a mistake in it keeps the hub from starting."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.values import HubValues

_DELETES = re.compile(r"^[^#\n]*delete_pvc\s*=\s*True", re.MULTILINE)


def python_syntax(values: HubValues) -> Iterator[Finding]:
    """The code of hub.extraConfig is Python."""
    for path, code in _code(values):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(code, "extraConfig", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            where = f" (line {line} of the code)" if line else ""
            reason = str(getattr(error, "msg", error))
            yield values.finding(path, f"this is not Python{where}: {reason}", "the hub would not start")


def code_form(values: HubValues) -> Iterator[Finding]:
    """hub.extraConfig is a mapping of names to code."""
    for name, code in values.mapping("hub", "extraConfig").items():
        if not isinstance(code, str) and code is not None:
            hint = f"write {name}: | and the code below it, indented"
            yield values.finding(("hub", "extraConfig", name), "the code must be text", hint)


def homes_deleted(values: HubValues) -> Iterator[Finding]:
    """A user who is deleted keeps the home directory: deleting it is a step of its own, with an archive."""
    hint = "remove it; homes are removed with ./inv teardown-hub, after an archive"
    for name in ("KubeSpawner", "Spawner"):
        path: KeyPath = ("hub", "config", name, "delete_pvc")
        if values.get(*path) is True:
            yield values.finding(path, "deleting a user would delete the home directory", hint)
    for path, code in _code(values):
        if _DELETES.search(code):
            yield values.finding(path, "this code lets the deletion of a user delete the home directory", hint)


def _code(values: HubValues) -> Iterator[tuple[KeyPath, str]]:
    found: dict[str, Any] = values.mapping("hub", "extraConfig")
    for name, code in found.items():
        if isinstance(code, str):
            yield ("hub", "extraConfig", name), code
