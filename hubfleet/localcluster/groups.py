"""The control groups that pods run in: all below one of ours, so that their processes are known for sure.

cgroup v1 has a tree for each controller, v2 has one (cgroups(7)). The kubelet wants its root group to
exist in every tree that it uses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import identity
from hubfleet.localcluster.identity import Process
from hubfleet.localcluster.settings import Settings

CGROUPS = Path("/sys/fs/cgroup")
_NEEDED = {"cpu", "memory", "pids"}


def version_2(root: Path = CGROUPS) -> bool:
    """Whether the one tree of version 2 is all there is."""
    return (root / "cgroup.controllers").exists()


def make(settings: Settings, root: Path = CGROUPS) -> None:
    """Make our group in every tree.

    Raises:
        HubfleetError: a controller is missing, or groups may not be made here.
    """
    try:
        if version_2(root):
            _make_v2(settings, root)
            return
        trees = [each for each in root.iterdir() if (each / "cgroup.procs").exists()] if root.is_dir() else []
        missing = _NEEDED - {part for each in trees for part in each.name.split(",")}
        if missing:
            raise HubfleetError(f"the kernel's control groups lack {', '.join(sorted(missing))}", where=str(root))
        for tree in trees:
            (tree / settings.cgroup).mkdir(exist_ok=True)
    except OSError as trouble:
        raise HubfleetError(
            "control groups can not be made here", where=str(root), evidence=str(trouble),
            next_step="./inv local-up --simulated 3 needs none",
        ) from None  # fmt: skip


def _make_v2(settings: Settings, root: Path) -> None:
    offered = set((root / "cgroup.controllers").read_text().split())
    if _NEEDED - offered:
        raise HubfleetError(f"control groups lack {', '.join(sorted(_NEEDED - offered))}", where=str(root))
    (root / settings.cgroup).mkdir(exist_ok=True)
    switched_on = set((root / "cgroup.subtree_control").read_text().split())
    for name in sorted(offered & {"cpu", "cpuset", "memory", "pids", "io", "hugetlb"} - switched_on):
        (root / "cgroup.subtree_control").write_text(f"+{name}")


def members(settings: Settings, root: Path = CGROUPS) -> list[Process]:
    """The processes of all pods."""
    pids = set()
    for group in _groups(settings, root):
        try:
            pids |= {int(line) for line in (group / "cgroup.procs").read_text().split()}
        except OSError:
            continue
    return [found for pid in sorted(pids) if (found := identity.look(pid)) is not None]


def remove(settings: Settings, root: Path = CGROUPS) -> None:
    """Remove our groups; they are empty by now."""
    for group in _groups(settings, root):
        try:
            group.rmdir()
        except OSError:  # a process in it is just ending; the next local-down finds the group again
            continue


def _groups(settings: Settings, root: Path) -> Iterator[Path]:
    """Ours and all below, the deepest first."""
    tops = [root / settings.cgroup] if version_2(root) else [each / settings.cgroup for each in _trees(root)]
    for top in tops:
        for here, _, _ in os.walk(top, topdown=False):
            yield Path(here)


def _trees(root: Path) -> list[Path]:
    return [each for each in root.iterdir() if each.is_dir()] if root.is_dir() else []
