"""outputs.yaml: what the cloud has made, for the commit. So validating and rendering need no cloud."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from hubfleet.fleet.build import OUTPUTS
from hubfleet.tools.terraform import Terraform
from hubfleet.workflows.infra.site import Site

_HEADER = """\
# Written by ./inv infra-apply: what the cloud has made. It is committed, so that validating and
# rendering need no cloud. It holds no secrets.
"""


def filled(value: Any) -> Any:
    """The value without what is empty, all the way down; empty as a whole: None."""
    if isinstance(value, dict):
        kept = {name: inner for name, each in value.items() if (inner := filled(each)) is not None}
        return kept or None
    return None if value in (None, "", []) else value


def text(found: dict[str, Any], generated: str) -> str:
    """The file."""
    document = {"generated": generated, **found}
    return _HEADER + yaml.safe_dump(document, sort_keys=False, default_flow_style=False, allow_unicode=True)


def differ(where: Site, terraform: Terraform) -> bool:
    """Whether the file says something else than the state, so that infra-apply has something to write."""
    return _wanted(terraform) != _written(_path(where))


def write(where: Site, terraform: Terraform, commit: str) -> str:
    """Write the file whole or not at all.

    Returns:
        Its path in the repository; empty where it said the same already, or there is nothing to say.
    """
    return _replace(where, _wanted(terraform), commit)


def keep_archive(where: Site, commit: str) -> str:
    """After a cluster is destroyed: its archive is still there, and nothing else. Returns as `write`."""
    archive = where.cluster.outputs.archive
    return _replace(where, {"archive": archive} if archive else {}, commit)


def _replace(where: Site, found: dict[str, Any], commit: str) -> str:
    path = _path(where)
    if found == _written(path):
        return ""
    if not found:
        path.unlink(missing_ok=True)
        return path.relative_to(where.root).as_posix()
    generated = f"{datetime.now(UTC):%Y-%m-%d}" + (f" from commit {commit}" if commit else "")
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text(found, generated), encoding="utf-8")
    fresh.replace(path)
    return path.relative_to(where.root).as_posix()


def _wanted(terraform: Terraform) -> dict[str, Any]:
    found = filled(terraform.outputs().get("outputs"))
    return found if isinstance(found, dict) else {}


def _written(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {name: value for name, value in found.items() if name != "generated"}


def _path(where: Site) -> Path:
    return where.cluster.folder / OUTPUTS
