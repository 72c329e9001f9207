"""What this machine has and lacks, for the jobs that people do on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hubfleet import process
from hubfleet.fleet import Cluster, read_fleet
from hubfleet.process import Run
from hubfleet.toolchain import named, needs, reachable, registries, release
from hubfleet.toolchain.catalogue import (
    DEPLOYING,
    IMAGE_REGISTRIES,
    IMAGES,
    JOBS,
    LOCAL,
    SECRETS,
    SIMULATED,
    TOOLS,
    Tool,
)
from hubfleet.toolchain.install import this_machine
from hubfleet.toolchain.plan import Machine, Way, plan
from hubfleet.toolchain.sight import Sighting, sights


@dataclass(frozen=True)
class Row:
    """One tool: what is wanted, what was found, and how to get it.

    Args:
        state: "ok", "missing" or "wrong version".
        needed: without it the jobs that were asked for can not be done.
        needed_for: which clusters' files need it, and why; empty where a job alone does.
        found: the version and `path` of the right one, or of the nearest wrong one; empty when missing.
        source: where the found one is from: cache, PATH or system.
        get: how it would come; empty when nothing is to be done.
    """

    tool: str
    jobs: tuple[str, ...]
    needed: bool
    needed_for: tuple[str, ...]
    state: str
    wanted: str
    found: str
    path: str
    source: str
    get: str


@dataclass(frozen=True)
class Reach:
    """A place that hubfleet may ask. `trouble` is empty when it answered."""

    kind: str
    place: str
    trouble: str


@dataclass(frozen=True)
class Diagnosis:
    """All rows; `healthy` when nothing that is needed is missing."""

    healthy: bool
    tools: tuple[Row, ...]
    reachable: tuple[Reach, ...]


def examine(select: Sequence[str], root: Path, run: Run = process.run) -> Diagnosis:
    """Look at this machine. Changes nothing.

    Args:
        select: jobs, tools or clusters that are worked on; empty: what this machine can be used for, and all clusters.
        root: the folder of `fleet.yaml`.
        run: the door to the programs that are asked for their versions.

    Raises:
        WrongUsage: an unknown job or tool.
        InvalidConfiguration: `fleet.yaml` does not pin what it should.
    """
    fleet = read_fleet(root).fleet
    needed = _needed(select, fleet.clusters if fleet else ())
    with ThreadPoolExecutor(2) as threads:
        places = threads.submit(_places, root)
        seen = sights(TOOLS, root, run)
        go = next((each.found.path for each in seen if each.tool.name == "go" and each.found), None)
        package_registries = threads.submit(registries.answers, go, run)
        machine = this_machine(seen)
        rows = tuple(_row(each, machine, needed.get(each.tool.name)) for each in seen)
        packages = tuple(Reach("package registry", name, said) for name, said in package_registries.result().items())
        return Diagnosis(
            healthy=all(row.state == "ok" for row in rows if row.needed),
            tools=rows,
            reachable=places.result() + packages,
        )


def _needed(select: Sequence[str], clusters: Sequence[Cluster]) -> dict[str, tuple[str, ...]]:
    """The tools that are needed, with what in files needs them."""
    named_clusters = [each for each in clusters if each.name in select]
    words = [word for word in select if word in JOBS or word not in {each.name for each in clusters}]
    if named_clusters:
        words.append(DEPLOYING)
    jobs = words if select else jobs_here(sys.platform, is_root=os.geteuid() == 0)
    return {tool.name: () for tool in chosen(jobs)} | needs.of_files(named_clusters if select else clusters)


def chosen(select: Iterable[str]) -> tuple[Tool, ...]:
    """The tools of these jobs, tools or programs; without a choice those of the jobs that fit this machine.

    Raises:
        WrongUsage: an unknown name.
    """
    names = list(select) or [*jobs_here(sys.platform, is_root=os.geteuid() == 0), SECRETS]
    tools: dict[str, Tool] = {}
    for name in names:
        for tool in [each for each in TOOLS if name in each.jobs] if name in JOBS else [named(name, JOBS)]:
            tools[tool.name] = tool
    return tuple(tools.values())


def jobs_here(system: str, *, is_root: bool) -> list[str]:
    """Real nodes need root on Linux; elsewhere they are simulated."""
    return [DEPLOYING, *([LOCAL, IMAGES] if system == "linux" and is_root else [SIMULATED])]


def _row(seen: Sighting, machine: Machine, needed: tuple[str, ...] | None) -> Row:
    found = seen.found or next(iter(seen.others), None)
    state = "ok" if seen.found else "wrong version" if found else "missing"
    return Row(
        tool=seen.tool.name,
        jobs=seen.tool.jobs,
        needed=needed is not None,
        needed_for=needed or (),
        state=state,
        wanted=seen.wanted if seen.tool.pinned else f">= {seen.wanted}",
        found=found.version or "unknown" if found else "",
        path=str(found.path) if found else "",
        source=found.where if found else "",
        get="" if seen.found else how_to_get(seen, machine),
    )


def how_to_get(seen: Sighting, machine: Machine) -> str:
    """One line: the command, and where it takes the tool from."""
    steps, impossible = plan([seen], machine)
    for each in impossible:
        return f"{each.why}: {each.next_step}"
    first = steps[0].ways[0]
    where = f"{first.value}: {', '.join(seen.tool.packages)}" if first is Way.PACKAGES else first.value
    return f"./inv tools-install -s {seen.tool.name}  ({where})"


def _places(root: Path) -> tuple[Reach, ...]:
    """Release hosts, image registries and the chart repository."""
    origins = sorted({origin for tool in TOOLS if tool.release for origin in release.origins(tool.release)})
    kinds = dict.fromkeys(origins, "release host") | dict.fromkeys(IMAGE_REGISTRIES, "image registry")
    kinds |= dict.fromkeys(_chart_repositories(root), "chart repository")
    said = reachable.answers(kinds)
    return tuple(Reach(kind, place, said[place]) for place, kind in kinds.items())


def _chart_repositories(root: Path) -> list[str]:
    """The addresses in `fleet.yaml`'s `charts`; whether they are right is for `inv validate` to say."""
    import yaml

    try:
        charts = (yaml.safe_load((root / "fleet.yaml").read_text(encoding="utf-8")) or {}).get("charts") or {}
        found = [chart.get("repository", "") for chart in charts.values()]
    except (OSError, yaml.YAMLError, AttributeError):
        return []
    return [address for address in found if str(address).startswith(("http://", "https://"))]
