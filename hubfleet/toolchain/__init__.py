"""The programs that hubfleet calls: where they are, and how they come.

`tool` says where a program is. `ensure` gets what is missing. `hubfleet.toolchain.catalogue` lists
them all, and `docs/decisions/0002-where-tools-come-from.md` says why they come as they do.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from hubfleet import paths
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.toolchain.catalogue import TOOLS, Tool

Say = Callable[[str], None]


def tool(name: str, root: Path) -> Path:
    """The path of a program in the version that the repository wants.

    Quick: what is in the cache is not asked for its version, and each answer is kept for the process.

    Args:
        name: a program: helm, kubectl, kubelet, etcd, containerd, ctr, host-local, ...
        root: the folder of `fleet.yaml`.

    Raises:
        HubfleetError: it is missing, or only in a wrong version; says how to get it.
        WrongUsage: no tool has such a program.
    """
    return _tool(name, root, paths.cache())


def ensure(names: Sequence[str], root: Path, say: Say) -> None:
    """Install what is missing of these tools or programs. Nothing to do: returns at once.

    Raises:
        HubfleetError: one could not be had; the others that could are there.
    """
    from hubfleet.toolchain.install import install

    install(names, root, say)
    _tool.cache_clear()


def named(name: str, also: Collection[str] = ()) -> Tool:
    """The tool of this name, or the one that has this program.

    Args:
        name: what a person wrote.
        also: further names that would have been right, to suggest.

    Raises:
        WrongUsage: there is none, with the nearest names.
    """
    for each in TOOLS:
        if name == each.name:
            return each
    for each in TOOLS:
        if name in each.programs:
            return each
    known = sorted({each.name for each in TOOLS} | {program for each in TOOLS for program in each.programs} | {*also})
    near = difflib.get_close_matches(name, known, 1)
    raise WrongUsage(
        f"no tool is called {name}",
        evidence=f"known: {', '.join(known)}",
        next_step=f"did you mean {near[0]}?" if near else "./inv doctor lists them",
    )


@functools.lru_cache(maxsize=256)
def _tool(name: str, root: Path, _cache: Path) -> Path:
    from hubfleet.toolchain.sight import sight

    each = named(name)
    seen = sight(each, root)
    if seen.found is None:
        wrong = "\n".join(f"{other.path} is {other.version or 'of no known version'}" for other in seen.others)
        raise HubfleetError(
            f"{name} {seen.wanted}{'' if each.pinned else ' or newer'} is not on this machine",
            evidence=wrong,
            next_step=f"./inv tools-install -s {each.name}",
        )
    return seen.found.path.with_name(name if name in each.programs else each.programs[0])
