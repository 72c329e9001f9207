"""What the images stand on: Debian's public image, or, where no image registry can be reached, one made of packages.

The made one is a tar archive in the cache, named by its recipe, and an image of docker with one layer. Making it is
all or nothing: it is written beside its place and moved there when it is whole, in a mount namespace of its own, so
that neither a failure nor a kill leaves a mount behind, and what a killed run left is removed by the next one.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubfleet import process
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.images.mirrors import mirrors, sources_list
from hubfleet.images.registry import reachable
from hubfleet.images.source import Base
from hubfleet.process import ProcessFailed, Run
from hubfleet.tools.docker import Docker

Say = Callable[[str], None]
Kind = Literal["public", "packages"]
Tool = Callable[[str], Path]

_MOUNTS = Path("/proc/self/mountinfo")
_MERGED_USR = Path("/usr/share/mmdebstrap/hooks/maybe-merged-usr")
_MAKING_SECONDS = 900.0
_EXPECTED_SECONDS = 25


@dataclass(frozen=True)
class Ready:
    """A base that docker has: which kind, under which name, and how long it took to get, in seconds."""

    kind: Kind
    reference: str
    seconds: float


def kind_of(name: str) -> Kind | None:
    """What a person chose; None where nothing was chosen.

    Raises:
        WrongUsage: no such kind.
    """
    kinds: dict[str, Kind] = {"public": "public", "packages": "packages"}
    if name and name not in kinds:
        raise WrongUsage(
            f"no base is called {name!r}", next_step="--base public, --base packages, or nothing: what fits"
        )
    return kinds.get(name)


def prepare(
    base: Base, chosen: Kind | None, docker: Docker, cache: Path, tool: Tool, say: Say, run: Run = process.run
) -> Ready:
    """Make sure that docker has a base: the one it has, else the public one if it can be reached, else one of packages.

    Args:
        base: what the images stand on.
        chosen: a person's choice; None: what fits.
        docker: whose daemon runs.
        cache: where the archive is kept.
        tool: gives the path of a program.
        say: gets a line for what a person waits for.
        run: the door to programs.

    Raises:
        HubfleetError: the chosen one can not be had, or packages could not be got; nothing is left behind.
    """
    started = time.monotonic()
    kind = chosen or _fitting(base, docker)
    there = docker.images([base.public if kind == "public" else base.reference])
    if kind == "public" and not there:
        say(f"getting {base.public}")
        try:
            docker.pull(base.public)
        except ProcessFailed as failed:
            if chosen:
                raise
            say(f"{base.public} can not be had ({_last_line(failed.evidence)}): making a base of packages")
            return prepare(base, "packages", docker, cache, tool, say, run)
    if kind == "packages" and not there:
        docker.import_archive(make(base, cache, tool, say, run), base.reference)
    return Ready(kind, base.public if kind == "public" else base.reference, time.monotonic() - started)


def make(base: Base, cache: Path, tool: Tool, say: Say, run: Run = process.run) -> Path:
    """The archive of the base that is made of packages: from the cache, or made now.

    Raises:
        WrongUsage: it must be made, and this is not root on Linux.
        HubfleetError: packages could not be got; nothing is left behind.
    """
    archive = cache / f"base-{base.digest[:12]}-{platform.machine()}.tar"
    if archive.exists():
        return archive
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not os.path.exists("/proc"):  # noqa: PTH110
        raise WrongUsage(
            "a base of packages can only be made by root on Linux", next_step="run this as root, or --base public"
        )
    with _one_at_a_time(cache, say) as work:
        if not archive.exists():
            say(f"making a base of Debian {base.release} packages: about {_EXPECTED_SECONDS} s")
            _bootstrap(base, work, tool("mmdebstrap"), run)
            (work / "base.tar").replace(archive)
    return archive


def _fitting(base: Base, docker: Docker) -> Kind:
    there = docker.images([base.public, base.reference])
    if base.public in there or base.reference in there:
        return "public" if base.public in there else "packages"
    return "public" if reachable(base.public) else "packages"


def _bootstrap(base: Base, work: Path, mmdebstrap: Path, run: Run) -> None:
    found = mirrors(base.release, run)
    over_https = any(mirror.address.startswith("https:") for mirror in found)
    # usr-is-merged instead of usrmerge, which would bring all of perl
    include = ["usr-is-merged", *(["ca-certificates"] if over_https else [])]
    options = [
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in base.leave_out),
        *(f"--dpkgopt=path-include={pattern}" for pattern in base.keep),
        "--dpkgopt=force-unsafe-io",
        '--aptopt=APT::Install-Recommends "false"',
        *([f"--hook-dir={_MERGED_USR}"] if _MERGED_USR.is_dir() else []),
    ]
    words = [f"--variant={base.variant}", "--mode=root", f"--include={','.join(include)}", *options, base.release]
    run(
        ["unshare", "--mount", "--", mmdebstrap, *words, work / "base.tar", "-"],
        env=process.environment(TMPDIR=str(work)),
        stdin=sources_list(found).encode(),
        timeout=_MAKING_SECONDS,
    )


@contextmanager
def _one_at_a_time(cache: Path, say: Say) -> Iterator[Path]:
    """An empty folder to work in, for one process at a time; it is removed at the end, however that comes."""
    cache.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(cache / "base.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    work = cache / "work"
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for the base that another process is making")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        _remove(work)
        work.mkdir()
        try:
            yield work
        finally:
            _remove(work)
    finally:
        os.close(descriptor)


def _remove(work: Path) -> None:
    """Remove what was worked on, unless something is mounted in it: then removing would reach out of the folder."""
    if not work.exists():
        return
    below = [line.split()[4] for line in _MOUNTS.read_text().splitlines()]
    if mounted := [point for point in below if point.startswith(f"{work}/")]:
        raise HubfleetError(
            "something is still mounted in a folder that is to be removed",
            where=str(work),
            evidence="\n".join(mounted),
            next_step=f"umount {' '.join(reversed(mounted))}",
        )
    shutil.rmtree(work)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
