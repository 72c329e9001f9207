"""The restore workflow, as a list of named steps. Nothing is written before the archive is verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hubfleet import process
from hubfleet.archive import read
from hubfleet.errors import Interrupted, Refused
from hubfleet.runs import Run
from hubfleet.runs.alone import alone
from hubfleet.runs.lock import locked
from hubfleet.runs.mirror import Mirror
from hubfleet.tools.age import NoKey
from hubfleet.workflows.deploy import namespace
from hubfleet.workflows.mounting import Image, Place, hub_image
from hubfleet.workflows.restore import targets
from hubfleet.workflows.restore.plan import Plan, Planned
from hubfleet.workflows.restore.putting import Put, Putting
from hubfleet.workflows.restore.source import Source, chosen
from hubfleet.workflows.teardown.site import Site

_SHOWN = 20


@dataclass(frozen=True)
class Options:
    """How files are brought back.

    Args:
        users: whose; none: everybody's.
        overwrite: files that are there with another content are put aside, and those of the archive come in.
        image: a container image with Python; empty: the hub's.
    """

    users: tuple[str, ...] = ()
    overwrite: bool = False
    image: str = ""


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Args:
        action: `done`, or `nothing`: everything was there already.
        homes: each with what was brought back.
        left_out: volumes of the archive that the hub has no place for, and why.
        steps: name and seconds of each.
    """

    action: str
    homes: tuple[Put, ...]
    left_out: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, float], ...] = field(default=())


def plan_only(run: Run, site: Site, source: Source, options: Options) -> Plan:
    """What a restore would do; changes nothing.

    Raises:
        Broken, Refused: the archive is not what its manifest says. HubfleetError: the hub does not say where homes are.
    """
    return _plan(run, _place(run, site, options), site, source, options)


def refuse(site: Site, plan: Plan, *, overwrite: bool) -> None:
    """Everything that is refused before a file is written.

    Raises:
        Refused: users work on these homes, or files are there already with another content.
    """
    claims = {each.target.home.claim for each in plan.homes}
    using = [f"{claim}: {', '.join(pods)}" for claim, pods in sorted(plan.in_use.items()) if claim in claims]
    if using:
        raise Refused(
            "somebody works on these homes; nothing was changed",
            where=f"namespace {site.hub.namespace}",
            evidence="\n".join(using),
            next_step="stop these servers in the hub's admin page, or choose others with -s USER",
        )
    if plan.conflicts and not overwrite:
        more = len(plan.conflicts) - _SHOWN
        lines = [*plan.conflicts[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        raise Refused(
            f"{len(plan.conflicts)} files are there already with another content; nothing was changed",
            where=site.subject,
            evidence="\n".join(lines).encode("utf-8", "backslashreplace").decode(),
            next_step="choose others with -s USER, or add --overwrite: what is there is put aside, into the folder "
            "before-restore-... of the same home",
        )


def restore_homes(run: Run, site: Site, source: Source, options: Options) -> Restored:
    """Bring an archive's homes into a hub. The same call goes on where an interrupted one was.

    Raises:
        Refused: see `refuse`. HubfleetError: a step failed.
    """
    namespace.ensure_own(site.kube)
    with interruption_told(), alone(run), locked(site.kube, f"hub-{site.hub.namespace}", run):
        Mirror(site.kube, run).begin()
        place = _place(run, site, options)
        plan = _plan(run, place, site, source, options)
        refuse(site, plan, overwrite=options.overwrite)
        putting = Putting(run, place, source, overwrite=options.overwrite)
        homes = tuple(putting.one(each) for each in plan.homes)
    action = "done" if any(each.files or each.others for each in homes) else "nothing"
    return Restored(action, homes, plan.left_out, tuple(run.seconds()))


@contextmanager
def interruption_told() -> Iterator[None]:
    """Ctrl-C in the block, wherever it arrives, says what to do next."""
    next_step = "run it again: it goes on where it was"
    try:
        yield
    except Interrupted as trouble:
        trouble.next_step = next_step
        raise
    except KeyboardInterrupt:
        process.interrupt_all()
        raise Interrupted("the restore was interrupted", next_step=next_step) from None


def _place(run: Run, site: Site, options: Options) -> Place:
    """Where volumes are mounted: beside the hub that is there.

    Raises:
        Refused: the hub is not deployed, so that nobody knows where it will look for files.
    """
    image = hub_image(site.kube, site.hub.namespace)
    if image is None:
        raise Refused(
            f"{site.subject} is not deployed, and only the hub knows where it looks for its users' files",
            where=f"namespace {site.hub.namespace}",
            next_step=f"./inv deploy-hub {site.cluster.name} {site.hub.name}, then run this again",
        )
    image = Image(options.image, (), image.tolerations) if options.image else image
    return Place(site.access, site.hub.namespace, site.kubectl, image, run.id)


def _plan(run: Run, place: Place, site: Site, source: Source, options: Options) -> Plan:
    volumes = chosen(source.whole, options.users)
    with run.step("verify the archive") as step:
        for volume, _ in volumes:
            step.say(f"{volume.claim}: {volume.files} files, {volume.bytes / 1e6:.1f} MB")
            try:
                read.check(source.store, volume, source.seal)
            except NoKey as trouble:
                trouble.next_step = "--identity FILE, with the key of one of the archive's recipients"
                raise
    with run.step("ask the hub where homes are") as step:
        found, left_out = targets.of(place, site, source, volumes)
        for name, why in left_out:
            step.say(f"left out: {name}: {why}")
    with run.step("look at what is there") as step:
        in_use = targets.in_use(place)
        homes: tuple[Planned, ...] = tuple(targets.looked_at(place, source, each, in_use, step.say) for each in found)
        new = sum(len(each.comparison.new) for each in homes)
        same = sum(len(each.comparison.same) for each in homes)
        step.say(f"{new} to bring back, {same} there already, {sum(len(h.comparison.conflicts) for h in homes)} differ")
    return Plan(homes, left_out, in_use)
