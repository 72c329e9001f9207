"""The upgrade of one cluster. What is left to do follows from the versions as they are, so any machine can go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hubfleet import clouds
from hubfleet.clouds import numbers
from hubfleet.clouds.interface import Cloud, Operation, Versions
from hubfleet.clouds.waiting import OperationFailed, Patience, carried_out, told, wait
from hubfleet.errors import Refused
from hubfleet.fleet import Cluster, load_fleet
from hubfleet.fleet.rewrite import rewrite
from hubfleet.runs import Run
from hubfleet.runs.alone import alone
from hubfleet.runs.lock import locked
from hubfleet.runs.mirror import Mirror
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.deploy import namespace
from hubfleet.workflows.upgrade_cluster import pinned
from hubfleet.workflows.upgrade_cluster.drain import Pace, users_gone
from hubfleet.workflows.upgrade_cluster.facts import Facts, look
from hubfleet.workflows.upgrade_cluster.health import still_well, well_now
from hubfleet.workflows.upgrade_cluster.moment import moment
from hubfleet.workflows.upgrade_cluster.preflight import Concern, concerns, target
from hubfleet.workflows.upgrade_cluster.steps import Task, tasks

_UPGRADES = ("upgrade control plane", "upgrade pool")


@dataclass(frozen=True)
class Options:
    """How to upgrade.

    Args:
        deadline: until when users are waited for, once their pool is next: see `moment`.
        despite_budgets: go on although a disruption budget lets nobody leave.
        pace: of the waiting for users. patience: with the cloud.
        well_seconds: how long hubs may take to serve again after each step.
        without_hubs: hubs that are not looked at.
    """

    deadline: str = "4h"
    despite_budgets: bool = False
    pace: Pace = field(default_factory=Pace)
    patience: Patience = field(default_factory=Patience)
    well_seconds: float = 600.0
    without_hubs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an upgrade would do. `tasks`: what is left, in order; `pin`: how cluster.yaml would change."""

    cluster: str
    to: str
    tasks: tuple[Task, ...]
    concerns: tuple[Concern, ...]
    facts: Facts
    pin: str = ""

    @property
    def nothing(self) -> bool:
        """Whether everything is so already."""
        return not self.tasks and not self.pin and not self.facts.running


@dataclass(frozen=True)
class Upgraded:
    """A cluster after its upgrade. `pinned`: the file whose pin followed; empty: none."""

    cluster: str
    versions: Versions
    pinned: str
    steps: tuple[tuple[str, float], ...]


def plan(root: Path, cluster_name: str, wanted: str) -> Plan:
    """Look at cloud and cluster, and say what would be done. Changes nothing.

    Raises:
        WrongUsage: no such cluster or version, or it is in no cloud. Refused: these credentials are for another place.
        HubfleetError: cloud or cluster can not be asked.
    """
    cluster = load_fleet(root).cluster(cluster_name)
    cloud = clouds.cloud(cluster)
    cloud.check()
    facts = look(cloud, clouds.access(cluster).kube)
    to = target(facts.versions, wanted)
    change = pinned.pin(root, cluster, to)
    return Plan(
        cluster.name, to, _left(cluster, facts.versions, to), concerns(facts, to, cluster.provider), facts,
        change.diff if change else "",
    )  # fmt: skip


def refuse_first(planned: Plan, options: Options) -> None:
    """Raises Refused where something stops the upgrade, with all of it; WrongUsage for a deadline that is none."""
    moment(options.deadline, datetime.now(UTC))
    stops = [each for each in planned.concerns if each.stops and not (each.budget and options.despite_budgets)]
    if not stops or not planned.tasks:
        return
    raise Refused(
        f"{planned.cluster} is not upgraded to {planned.to}: {len(stops)} reasons",
        where=stops[0].where,
        evidence="\n".join(f"{each.where}: {each.what}; {each.next_step}" for each in stops),
        next_step=stops[0].next_step,
    )


def upgrade_cluster(run: Run, root: Path, planned: Plan, options: Options) -> Upgraded:
    """Control plane, then pools, users' pools last; the hubs are checked after each.

    Raises:
        Refused: something stops it, or somebody else is at it. OperationFailed: the cloud could not; nothing more was
            begun. HubNotWell: a hub does not serve any more; nothing more was begun. Interrupted: Ctrl-C; what the
            cloud does goes on.
    """
    refuse_first(planned, options)
    cluster = load_fleet(root).cluster(planned.cluster)
    cloud, kube = clouds.cloud(cluster), clouds.access(cluster).kube
    with alone(run):
        namespace.ensure_own(kube)
        Mirror(kube, run).begin()
        with locked(kube, "cluster-upgrade", run):
            well = _well_before(run, root, cluster, options)
            _finish_what_runs(run, cloud, cluster, planned.to, options)
            for task in _left(cluster, cloud.versions(), planned.to):
                _bring(run, cloud, kube, task, options)
                still_well(run, root, cluster, well, str(task), seconds=options.well_seconds)
        change = pinned.pin(root, cluster, planned.to)
        if change:
            with run.step(f"pin the version in {change.name}"):
                rewrite(root, change)
        return Upgraded(cluster.name, cloud.versions(), change.name if change else "", tuple(run.seconds()))


def _well_before(run: Run, root: Path, cluster: Cluster, options: Options) -> list[str]:
    """The hubs that served before this run did anything. One that is resumed looks at them before it goes on."""
    key = "hubs that serve before"
    resumed = run.finished(key)
    known = {hub.name for hub in cluster.hubs if hub.state != "retired"} - set(options.without_hubs)
    well = [name for name in run.once(key, lambda: list(well_now(run, root, cluster))) if name in known]
    if resumed:
        still_well(run, root, cluster, well, "what was done before", seconds=options.well_seconds)
    return well


def _left(cluster: Cluster, versions: Versions, to: str) -> tuple[Task, ...]:
    if numbers.key(versions.control_plane)[: len(numbers.key(to))] > numbers.key(to):
        raise Refused(
            f"the control plane has meanwhile {versions.control_plane}, which is newer than {to}",
            where=cluster.name,
            next_step="./inv versions, then the command again with a version that is there",
        )
    return tasks(versions, to, str(cluster.place["cluster"]))


def _finish_what_runs(run: Run, cloud: Cloud, cluster: Cluster, to: str, options: Options) -> None:
    """An upgrade that somebody has begun, perhaps we on another machine, comes to its end first."""
    for operation in cloud.running_operations():
        if operation.kind in _UPGRADES:
            with run.step(f"go on with what is under way: {operation.kind} {operation.target}") as step:
                wait(cloud, operation, step, _wanted(operation, cluster, to), options.patience)


def _wanted(operation: Operation, cluster: Cluster, to: str) -> _Reached:
    return _Reached(operation, str(cluster.place["cluster"]), to)


@dataclass(frozen=True)
class _Reached:
    """Whether an operation's target has the version, where the operation itself is lost."""

    operation: Operation
    cluster: str
    to: str

    def __call__(self, versions: Versions) -> bool:
        left = tasks(versions, self.to, self.cluster)
        return all((task.kind, task.target) != (self.operation.kind, self.operation.target) for task in left)


def _bring(run: Run, cloud: Cloud, kube: Kube, task: Task, options: Options) -> None:
    if not task.users:
        _operate(run, cloud, task, options)
        return
    with users_gone(run, kube, task.target, _deadline(run, task, options), options.pace):
        _operate(run, cloud, task, options)


def _deadline(run: Run, task: Task, options: Options) -> datetime:
    """A resumed run keeps its deadline while that is to come; users of another day get their own."""
    now = datetime.now(UTC)
    fresh = moment(options.deadline, now)
    key = f"deadline {options.deadline} of {task.target}"
    kept = datetime.fromisoformat(run.once(key, fresh.isoformat))
    return kept if kept > now else fresh


def _operate(run: Run, cloud: Cloud, task: Task, options: Options) -> None:
    def begin() -> Operation:
        if task.pool is None:
            return cloud.upgrade_control_plane(task.version)
        return cloud.upgrade_pool(task.target, task.version)

    carried_out(run, str(task), cloud, begin, task.reached, options.patience)
    versions = cloud.versions()
    if not task.reached(versions):
        raise OperationFailed(
            f"the cloud says that it is done, and it is not: {task}",
            where=task.target,
            evidence=f"now: {told(versions)}",
            next_step="look at the cloud's console; the same command again begins it anew",
        )
