"""The directories in which volumes keep people's files, and those that were deleted and are kept in trash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubfleet.localcluster.settings import Settings


@dataclass(frozen=True)
class Home:
    """A volume's directory.

    Args:
        name: `<namespace>/<claim>-<id>`, or `trash/<date>-<namespace>-<claim>-<id>`.
        files: everything in it that is no directory.
        size: bytes of these, as a person would count.
    """

    name: str
    path: Path
    files: int
    size: int


def homes(settings: Settings) -> tuple[Home, ...]:
    """All volumes, sorted by name, then what is in trash."""
    found = sorted(_folders(settings.volumes, 2)) + sorted(_folders(settings.folder / "trash", 1))
    return tuple(_measured(settings, each) for each in found)


def _measured(settings: Settings, folder: Path) -> Home:
    sizes = list(_sizes(folder))
    base = settings.volumes if folder.is_relative_to(settings.volumes) else settings.folder
    return Home(str(folder.relative_to(base)), folder, len(sizes), sum(sizes))


def _sizes(folder: Path) -> Iterator[int]:
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(Path(here) / name).st_size
            except OSError:  # it went in this moment
                continue


def _folders(root: Path, depth: int) -> Iterator[Path]:
    if not root.is_dir():
        return
    for each in root.iterdir():
        if each.is_dir() and not each.is_symlink():
            if depth == 1:
                yield each
            else:
                yield from _folders(each, depth - 1)
