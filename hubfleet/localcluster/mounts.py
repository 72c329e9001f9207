"""What the container runtime and the kubelet mounted below the cluster's folders."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

_DETACH = 2  # MNT_DETACH, umount2(2)


def below(folders: Iterable[Path], table: str) -> list[str]:
    """Mount points below these folders, the deepest last mounted first.

    Args:
        folders: absolute.
        table: content of /proc/self/mountinfo; its fifth field is the mount point, with octal escapes (proc(5)).
    """
    prefixes = tuple(f"{folder}/" for folder in folders)
    points = [_plain(line.split()[4]) for line in table.splitlines() if len(line.split()) > 4]  # noqa: PLR2004
    return [point for point in reversed(points) if f"{point}/".startswith(prefixes)]


def unmount(folders: Iterable[Path]) -> list[str]:
    """Unmount what is mounted below these folders; returns what could not be."""
    table = Path("/proc/self/mountinfo").read_text()
    system = ctypes.CDLL(None, use_errno=True)
    return [point for point in below(folders, table) if system.umount2(os.fsencode(point), _DETACH) != 0]


def overlay_works(folder: Path) -> bool:
    """Whether overlay mounts can be made on the file system of this folder; not on another overlay, for example."""
    base = folder / ".overlay-probe"
    parts = {name: base / name for name in ("lower", "upper", "work", "merged")}
    for each in parts.values():
        each.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
    system = ctypes.CDLL(None, use_errno=True)
    worked = bool(system.mount(b"overlay", os.fsencode(parts["merged"]), b"overlay", 0, options.encode()) == 0)
    if worked:
        system.umount2(os.fsencode(parts["merged"]), _DETACH)
    shutil.rmtree(base, ignore_errors=True)
    return worked


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
