"""Whether a cluster may go to a version, from facts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hubfleet.clouds import numbers
from hubfleet.clouds.interface import Versions
from hubfleet.errors import WrongUsage
from hubfleet.workflows.upgrade_cluster.constraint import fits
from hubfleet.workflows.upgrade_cluster.facts import Facts
from hubfleet.workflows.upgrade_cluster.removed import removed_in
from hubfleet.workflows.upgrade_cluster.steps import Task, tasks

# Minor versions that nodes may be behind: https://kubernetes.io/releases/version-skew-policy/,
# and for GKE https://cloud.google.com/kubernetes-engine/versioning.
_BEHIND, _BEHIND_ON = 3, {"gcp": 2}


@dataclass(frozen=True)
class Concern:
    """Something that a person should know.

    Args:
        stops: the upgrade is not begun while it is so.
        budget: it is a disruption budget, which a person may decide to wait for.
    """

    stops: bool
    what: str
    where: str = ""
    next_step: str = ""
    budget: bool = False


def target(versions: Versions, wanted: str) -> str:
    """The full version that is meant: `1.34` is the newest one offered, or the one that the control plane has already.

    Raises:
        WrongUsage: there is no such version.
    """
    if wanted and _is(versions.control_plane, wanted):
        return versions.control_plane
    found = [each for each in versions.available if _is(each, wanted)] if wanted else []
    if found:
        return wanted if wanted in found else found[-1]
    if wanted and numbers.key(wanted) < numbers.key(versions.control_plane):
        raise WrongUsage(
            f"the control plane has {versions.control_plane} already, which is newer than {wanted}",
            next_step="a control plane never goes back",
        )
    raise WrongUsage(
        f"the cluster can not be upgraded to {wanted}" if wanted else "no version is named",
        where=f"its control plane has {versions.control_plane}",
        evidence=f"in one step it can go to: {', '.join(versions.available) or 'nothing newer'}",
        next_step="--to VERSION, one of these; a control plane moves one minor version at a time",
    )


def concerns(facts: Facts, to: str, provider: str) -> tuple[Concern, ...]:
    """Everything, what stops first."""
    found = [*_skew(facts.versions, to, provider), *_busy(facts, to), *_releases(facts, to), *_budgets(facts, to)]
    return tuple(sorted((*found, *_people(facts, to)), key=lambda each: not each.stops))


def _is(version: str, wanted: str) -> bool:
    """`1.34` is also any 1.34.x; a full version only itself."""
    return version == wanted or version.startswith((f"{wanted}.", f"{wanted}-"))


def _skew(versions: Versions, to: str, provider: str) -> Iterator[Concern]:
    major, minor = numbers.minor(to)
    if numbers.minor(versions.control_plane) not in ((major, minor), (major, minor - 1)):
        yield Concern(
            True, f"from {versions.control_plane} to {to} is more than one minor version",
            "control plane", f"upgrade to {major}.{minor - 1} first",
        )  # fmt: skip
    most = _BEHIND_ON.get(provider, _BEHIND)
    for pool in versions.pools:
        behind = minor - numbers.minor(pool.version)[1]
        if behind > most:
            yield Concern(
                True, f"{pool.version} would be {behind} minor versions behind {to}; {most} are supported",
                f"pool {pool.name}", f"upgrade the pools to {versions.control_plane} first",
            )  # fmt: skip
        elif numbers.key(pool.version) > numbers.key(to):
            yield Concern(True, f"{pool.version} is newer than {to}; nodes never are", f"pool {pool.name}",
                          f"upgrade to {pool.version} or newer")  # fmt: skip


def _busy(facts: Facts, to: str) -> Iterator[Concern]:
    ours = {(each.kind, each.target) for each in tasks(facts.versions, to)}
    for operation in facts.running:
        if (operation.kind, operation.target) in ours or operation.kind == "upgrade control plane":
            continue
        yield Concern(
            True, f"the cloud is at work on the cluster: {operation.kind} {operation.target}",
            f"operation {operation.id}", "wait until it has ended",
        )  # fmt: skip


def _releases(facts: Facts, to: str) -> Iterator[Concern]:
    for release in facts.releases:
        where = f"release {release.namespace}/{release.name}"
        for gone in removed_in(release.objects, to):
            yield Concern(True, str(gone), where, "deploy a newer version of its chart first")
        if release.kube_version and (well := fits(to, release.kube_version)) is not True:
            says = f"its chart {release.chart} wants Kubernetes {release.kube_version}"
            more = "" if well is False else ", which is not understood here"
            yield Concern(well is False, says + more, where, "deploy a version of its chart that allows it")
        if release.status.startswith("pending-"):
            yield Concern(True, f"helm is at work on it, or was cut short: {release.status}", where, "./inv status")


def _budgets(facts: Facts, to: str) -> Iterator[Concern]:
    if all(task.pool is None for task in tasks(facts.versions, to)):
        return  # no node is replaced
    for budget in facts.budgets:
        if budget.pods and not budget.allowed:
            yield Concern(
                True, f"none of its {budget.pods} pods may leave now: its node can not be emptied",
                f"disruption budget {budget.namespace}/{budget.name}",
                "mend the pods, or the budget; --despite-budgets goes on and lets the cloud decide", budget=True,
            )  # fmt: skip


def _people(facts: Facts, to: str) -> Iterator[Concern]:
    user_pools = [task.target for task in tasks(facts.versions, to) if task.users]
    if user_pools and facts.servers:
        told = ", ".join(f"{count} in {namespace}" for namespace, count in sorted(facts.servers.items()))
        yield Concern(False, f"{sum(facts.servers.values())} users' servers run ({told})", ", ".join(user_pools),
                      "they are waited for until the deadline, then asked to leave")  # fmt: skip


__all__ = ["Concern", "Task", "concerns", "target"]
