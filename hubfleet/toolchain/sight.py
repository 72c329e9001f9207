"""Where a tool is on this machine: in the cache, on PATH, or in a folder of the operating system."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hubfleet import paths, process
from hubfleet.process import ProcessFailed, Run
from hubfleet.toolchain.catalogue import TOOLS, Tool
from hubfleet.toolchain.pins import GO_SOURCES, go_requirement, is_right, wanted

_PROBE_SECONDS = 20.0
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True)
class Found:
    """A program of a known version. `where` is "cache", "PATH" or "system"."""

    path: Path
    version: str
    where: str


@dataclass(frozen=True)
class Sighting:
    """What was seen of one tool: the right one, if any, and others that are not right."""

    tool: Tool
    wanted: str
    found: Found | None
    others: tuple[Found, ...] = ()


def sight(tool: Tool, root: Path, run: Run = process.run) -> Sighting:
    """Look for a tool: the cache first (its folder says the version), then ask what is on PATH."""
    version = wanted(tool, root)
    cached = in_cache(tool, root)
    if cached is not None:
        return Sighting(tool, version, Found(cached / tool.programs[0], cached_version(tool, root), "cache"))
    others: list[Found] = []
    for found in _installed(tool, run):
        if is_right(tool, found.version, version):
            return Sighting(tool, version, found, tuple(others))
        others.append(found)
    return Sighting(tool, version, None, tuple(others))


def sights(tools: Iterable[Tool], root: Path, run: Run = process.run) -> list[Sighting]:
    """Look for several tools at the same time."""
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda tool: sight(tool, root, run), tools))


def in_cache(tool: Tool, root: Path) -> Path | None:
    """The folder in the cache that has all programs of the tool, or None."""
    places = [tool, *(other for other in TOOLS if other.name == tool.within)]
    for place in places:
        if _from_system(place):
            continue
        folder = cache_folder(place, root) / "bin"
        if all(os.access(folder / program, os.X_OK) for program in tool.programs):
            return folder
    return None


def cache_folder(tool: Tool, root: Path) -> Path:
    """Where the wanted version is, or would be, in the cache: tools/<name>/<version>.

    For what is built from the repository's own sources the folder also names their content.
    """
    version = cached_version(tool, root)
    if tool.sources is not None:
        version += "-" + content(GO_SOURCES / tool.sources.folder, tool.sources.stamp)
    return paths.cache() / "tools" / tool.name / version


def cached_version(tool: Tool, root: Path) -> str:
    """The version that the cache would have: the pinned one."""
    return go_requirement()[1] if tool.name == "go" else wanted(tool, root)


@functools.cache
def content(folder: Path, flags: str = "") -> str:
    """Eight characters that change when any file of the folder does, or the flags that it is built with."""
    digest = hashlib.sha256(flags.encode())
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        data = file.read_bytes()
        digest.update(f"{file.relative_to(folder)} {len(data)} ".encode() + data)
    return digest.hexdigest()[:8]


def version_said(tool: Tool, program: Path, run: Run = process.run) -> str:
    """The version that a program says it is; empty where it can not say."""
    try:
        env = process.environment(CHECKPOINT_DISABLE="1", GOTOOLCHAIN="local")
        said = run([program, *tool.probe.arguments], env=env, timeout=_PROBE_SECONDS, ok=range(128))
    except ProcessFailed:
        return ""
    version = re.search(tool.probe.pattern, said.stdout + said.stderr)
    return version.group(1) if version else ""


def _installed(tool: Tool, run: Run) -> Iterator[Found]:
    """What the operating system has, in the order of PATH, each with the version it says."""
    if not tool.search_path:
        return
    on_path = [Path(folder) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    seen = set()
    for folder in (*on_path, *map(Path, (*_SYSTEM_FOLDERS, *tool.folders))):
        program = folder / tool.programs[0]
        if not os.access(program, os.X_OK) or not program.is_file() or program.resolve() in seen:
            continue
        seen.add(program.resolve())
        if all(_beside(folder, other) for other in tool.programs[1:]):
            yield Found(program, version_said(tool, program, run), "PATH" if folder in on_path else "system")


def _beside(folder: Path, program: str) -> bool:
    return os.access(folder / program, os.X_OK)


def _from_system(tool: Tool) -> bool:
    return bool(tool.packages)
