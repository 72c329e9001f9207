"""Getting what is missing: downloads side by side, a few builds at once, packages in one call."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.process import Run
from hubfleet.toolchain import golang, named, packages, reachable, release
from hubfleet.toolchain.catalogue import Tool
from hubfleet.toolchain.pins import is_right
from hubfleet.toolchain.plan import Impossible, Machine, Step, Way, by_hand, plan
from hubfleet.toolchain.sight import Sighting, cache_folder, cached_version, in_cache, sight, sights, version_said
from hubfleet.toolchain.slot import fill

Say = Callable[[str], None]

_MOST_BUILDS = 4


@dataclass
class _Work:
    """What the threads of one installation share."""

    root: Path
    say: Say
    run: Run
    stop: threading.Event = field(default_factory=threading.Event)
    builds: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(builds_at_once(os.cpu_count() or 1))
    )


def install(names: Sequence[str], root: Path, say: Say, run: Run = process.run) -> list[Step]:
    """Get what is missing of these tools.

    Returns:
        What was done; empty when nothing was missing.

    Raises:
        HubfleetError: a tool can not be had on this machine (then nothing was begun), or one failed
            (the others were finished).
        Interrupted: Ctrl-C; nothing unfinished is left.
    """
    steps, impossible = observe(names, root, run)
    if impossible:
        raise _refusal(impossible)
    carry_out(steps, root, say, run)
    return steps


def observe(names: Sequence[str], root: Path, run: Run = process.run) -> tuple[list[Step], list[Impossible]]:
    """What is missing and how it would be got. Changes nothing."""
    tools = {tool.name: tool for tool in (named(name) for name in names)}
    missing = [seen for seen in sights(tools.values(), root, run) if seen.found is None]
    return plan(missing, this_machine(missing))


def carry_out(steps: Sequence[Step], root: Path, say: Say, run: Run = process.run) -> None:
    """Do the steps at the same time. One that fails does not stop the others."""
    work = _Work(root, say, run)
    longest_first = sorted(steps, key=lambda step: -step.seconds)
    jobs = [(step.tool.name, _job(step, work)) for step in longest_first if step.ways[0] is not Way.PACKAGES]
    wanted = [package for step in steps if step.ways[0] is Way.PACKAGES for package in step.tool.packages]
    builds = [step for step in longest_first if step.ways[0] is Way.GO]
    if builds:
        names, seconds = ", ".join(step.tool.name for step in builds), sum(step.seconds for step in builds)
        say(f"to build: {names}; about {seconds} s on 2 cores, much less for what Go has built before")
    if wanted:
        jobs.append(("packages", lambda: packages.install(wanted, say, work.stop, run)))
    if jobs:
        _all(jobs, work)


def this_machine(missing: Sequence[Sighting]) -> Machine:
    """What decides where the missing tools can come from; asks the hosts of their releases."""
    asked = sorted({origin for seen in missing if seen.tool.release for origin in release.origins(seen.tool.release)})
    said = reachable.answers(asked)
    return Machine(
        system=sys.platform,
        is_root=os.geteuid() == 0,
        has_apt=packages.has_apt(),
        reachable=frozenset(origin for origin in asked if not said[origin]),
    )


def builds_at_once(cores: int) -> int:
    """A Go build keeps most cores busy but links on one: two at once fill what one leaves idle."""
    return max(1, min(_MOST_BUILDS, cores))


def _job(step: Step, work: _Work) -> Callable[[], None]:
    def get() -> None:
        started = time.monotonic()
        if step.tool.name == "go":
            golang.get_toolchain(step.tool, work.say, work.stop, work.run)
        elif not _get(step, work):
            return
        work.say(
            f"{step.tool.name} {cached_version(step.tool, work.root)}: ready after {time.monotonic() - started:.0f} s"
        )

    return get


def _get(step: Step, work: _Work) -> bool:
    tool = step.tool
    try:
        return fill(
            cache_folder(tool, work.root),
            lambda folder: _make(step, folder, work),
            is_there=lambda: in_cache(tool, work.root) is not None,
            say=work.say,
            stop=work.stop,
        )
    except release.Unavailable as trouble:
        if not tool.within:
            raise
        work.say(f"{tool.name}: {trouble.what}; next way: it comes with {tool.within}")
        return _get(Step(named(tool.within), (Way.GO,), step.seconds), work)


def _make(step: Step, folder: Path, work: _Work) -> None:
    """Fill the folder by the first way that works, and ask the result who it is."""
    programs = folder / "bin"
    programs.mkdir()
    for number, way in enumerate(step.ways):
        try:
            _by(way, step.tool, programs, work)
            break
        except release.Unavailable as trouble:
            if number + 1 == len(step.ways):
                raise
            work.say(f"{step.tool.name}: {trouble.what}; next way: {step.ways[number + 1].value}")
            for left in programs.iterdir():
                left.unlink()
    _verify(step.tool, programs, work)


def _by(way: Way, tool: Tool, programs: Path, work: _Work) -> None:
    version = cached_version(tool, work.root)
    if way is Way.RELEASE:
        work.say(f"{tool.name} {version}: downloading the official release")
        release.fetch(tool, version, programs, work.stop)
        return
    with work.builds:
        if work.stop.is_set():
            raise Interrupted(f"{tool.name} was not built, because of an interruption")
        go = _go(work)
        if tool.sources is not None:
            work.say(f"{tool.name} {version}: building")
            golang.build_sources(go, tool, tool.sources, version, programs, work.root, work.say, work.run)
        elif tool.module is not None:
            work.say(f"{tool.name} {version}: building")
            golang.install_module(go, tool, tool.module, version, programs, work.say, work.run)


def _go(work: _Work) -> Path:
    tool = named("go")
    seen = sight(tool, work.root, work.run)
    return seen.found.path if seen.found else golang.get_toolchain(tool, work.say, work.stop, work.run)


def _verify(tool: Tool, programs: Path, work: _Work) -> None:
    version = cached_version(tool, work.root)
    absent = [name for name in tool.programs if not os.access(programs / name, os.X_OK)]
    said = version_said(tool, programs / tool.programs[0], work.run)
    if absent or not is_right(tool, said, version):
        raise HubfleetError(
            f"what was made of {tool.name} is not {version}",
            evidence=f"no {', '.join(absent)}" if absent else f"it says {said or 'no version'}",
            next_step="compare the pin in fleet.yaml with hubfleet/toolchain/catalogue.py",
        )


def _all(jobs: Sequence[tuple[str, Callable[[], None]]], work: _Work) -> None:
    with ThreadPoolExecutor(len(jobs)) as threads:
        running: dict[Future[None], str] = {threads.submit(job): name for name, job in jobs}
        try:
            wait(running)
        except KeyboardInterrupt:
            work.stop.set()
            process.interrupt_all()
            wait(running)
            raise Interrupted("the installation was interrupted, nothing unfinished is left") from None
    failed = [(name, trouble) for future, name in running.items() if (trouble := future.exception()) is not None]
    _raise_first(failed)


def _raise_first(failed: Sequence[tuple[str, BaseException]]) -> None:
    """The first failure as it is; the others in its evidence."""
    if not failed:
        return
    name, first = failed[0]
    if isinstance(first, HubfleetError):
        first.where = first.where or name
        others = "\n".join(f"also failed: {other}: {trouble}" for other, trouble in failed[1:])
        first.evidence = "\n".join(part for part in (first.evidence, others) if part)
    raise first


def _refusal(impossible: Sequence[Impossible]) -> HubfleetError:
    together = [package for each in impossible for package in each.tool.packages]
    lines = [f"{each.tool.name}: {each.why}; {each.next_step}" for each in impossible]
    return HubfleetError(
        f"{', '.join(each.tool.name for each in impossible)} can not be got here, so nothing was begun",
        evidence="\n".join(lines),
        next_step=by_hand(together, has_apt=packages.has_apt())
        if len(together) > 1 and sys.platform == "linux"
        else impossible[0].next_step,
    )
