"""Upgrading one hub: the pins in its files, then the deploy workflow; what fails takes the pins back with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError, InvalidConfiguration
from hubfleet.fleet import load_fleet
from hubfleet.fleet.rewrite import Rewrite, rewrite
from hubfleet.runs import Run
from hubfleet.workflows import deploy
from hubfleet.workflows.deploy import Deployed, Options, Preview
from hubfleet.workflows.deploy.hub import refuse_unless_active
from hubfleet.workflows.upgrade_hub.notes import Note, notes_between, warnings
from hubfleet.workflows.upgrade_hub.pending import Pending
from hubfleet.workflows.upgrade_hub.pins import Pin, Request, pins, rewrites
from hubfleet.workflows.upgrade_hub.rehearsal import rehearsed


class UpgradeFailed(HubfleetError):
    """The hub was not upgraded: why, how it was undone, and what became of the files."""

    def __init__(self, trouble: HubfleetError, files: str) -> None:
        super().__init__(
            trouble.what,
            where="; ".join(filter(None, (trouble.where, files))),
            evidence=trouble.evidence,
            next_step=trouble.next_step,
        )
        self.exit_code = trouble.exit_code


@dataclass(frozen=True)
class Plan:
    """What an upgrade would do; nothing was changed.

    Args:
        pins: the values that change; none where the files say it already.
        changes: the files with them.
        notes: what is known of the chart's releases on the way.
        warnings: what a person should hear first.
    """

    subject: str
    request: Request
    pins: tuple[Pin, ...]
    changes: tuple[Rewrite, ...]
    notes: tuple[Note, ...] = ()
    warnings: tuple[str, ...] = ()


def plan(root: Path, cluster_name: str, hub_name: str, request: Request) -> Plan:
    """Find the pins. Only files are read.

    Raises:
        WrongUsage, Refused, InvalidConfiguration: see `pins.pins`.
    """
    fleet = load_fleet(root)
    cluster = fleet.cluster(cluster_name)
    hub = cluster.hub(hub_name)
    found = pins(fleet, cluster, hub, request)
    old, new = hub.chart.version, request.chart or hub.chart.version
    told = (notes_between(old, new), warnings(old, new)) if old and new != old else ((), ())
    return Plan(f"{cluster.name}/{hub.name}", request, found, rewrites(root, found), *told)


def preview(root: Path, planned: Plan) -> Preview:
    """What the cluster would make of it, rendered on its server. Changes neither files nor cluster."""
    with rehearsed(root, planned.changes) as changed:
        target = deploy.prepare(changed, *planned.subject.split("/"))
        refuse_unless_active(target)
        return deploy.preview(target)


def upgrade_hub(run: Run, root: Path, planned: Plan, options: Options) -> Deployed:
    """Write the pins, deploy, and take the pins back when that fails.

    Raises:
        InvalidConfiguration, Refused: the changed files are not valid; nothing was changed.
        UpgradeFailed: the hub is what it was, and the files are.
    """
    pending = Pending(root, planned.subject, str(planned.request))
    changes = _with_earlier(pending.read(), planned.changes)
    with run.step("check the changed files"):
        _check(root, planned)
    pending.write(changes)
    try:
        with run.step("write the pins") as step:
            for each in planned.changes:
                rewrite(root, each)
            step.say("; ".join(map(str, planned.pins)) or "the files say so already")
        target = deploy.prepare(root, *planned.subject.split("/"))
        done = deploy.deploy_hub(run, target, options)
    except (HubfleetError, KeyboardInterrupt) as trouble:
        raise _undone(run, pending, changes, trouble) from trouble
    pending.drop()
    return done


def _with_earlier(earlier: tuple[Rewrite, ...], now: tuple[Rewrite, ...]) -> tuple[Rewrite, ...]:
    """What a run that was cut short had to write, and what is to be written now: the way back is the whole way."""
    return tuple({each.name: each for each in (*now, *earlier)}.values())


def _check(root: Path, planned: Plan) -> None:
    with rehearsed(root, planned.changes) as changed:
        target = deploy.prepare(changed, *planned.subject.split("/"))
        refuse_unless_active(target)
        _ = target.digest  # resolves every layer


def _undone(run: Run, pending: Pending, changes: tuple[Rewrite, ...], trouble: BaseException) -> BaseException:
    with process.undoing(), run.step("put the files back") as step:
        told = pending.undo(changes)
        step.say(told or "no file was changed")
    if isinstance(trouble, HubfleetError) and not isinstance(trouble, InvalidConfiguration):
        return UpgradeFailed(trouble, told)
    return trouble
