"""The deploy workflow for one hub, or another helm release, as a list of named steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from hubfleet.errors import Refused
from hubfleet.runs import Run, Step
from hubfleet.runs.identity import label
from hubfleet.runs.lock import locked
from hubfleet.runs.mirror import Mirror
from hubfleet.tools import releases
from hubfleet.tools.releases import PREFIX, Release
from hubfleet.workflows.check import UserDeadlines
from hubfleet.workflows.deploy import changes as compare
from hubfleet.workflows.deploy import database, namespace
from hubfleet.workflows.deploy.changes import Change
from hubfleet.workflows.deploy.database import Saved
from hubfleet.workflows.deploy.plan import Decision, decide
from hubfleet.workflows.deploy.target import Installation, Target
from hubfleet.workflows.deploy.undo import Before, DeployFailed, explained_and_undone, mark_rolled_back
from hubfleet.workflows.deploy.valid import refuse_invalid
from hubfleet.workflows.deploy.watch import until_serving
from hubfleet.workflows.health import check_after_deploy

Values = Mapping[str, Any]

__all__ = ["DeployFailed", "Deployed", "Options", "Preview", "deploy_hub", "preview"]


@dataclass(frozen=True)
class Options:
    """How to deploy.

    Args:
        force: also when nothing changed.
        check: `auto` (a real spawn where users' servers may come out differently and on staging and canaries),
            `quick`, or `full`.
        seconds: how long hub and proxy may take to serve.
        start: seconds in which the server of a full check must be ready, the adding of a node included.
        copy_database: save the hub's database first; off only where its volume is full.
    """

    force: bool = False
    check: str = "auto"
    seconds: float = 300.0
    start: float = UserDeadlines.start
    copy_database: bool = True


@dataclass(frozen=True)
class Care:
    """What is done around helm, where a hub and a cluster's support differ.

    Args:
        comparing, waiting: what these steps are called.
        save: keeps what a rollback may need; called only when there is a release already.
        check: whether it does what it is for, from the values before and after; raises when it does not.
    """

    comparing: str
    waiting: str
    save: Callable[[], Saved]
    check: Callable[[Values, Values], object]


@dataclass(frozen=True)
class Preview:
    """What a deploy would do; nothing was changed."""

    decision: Decision
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Deployed:
    """A deploy that ended well.

    Args:
        action: `skip`, `install` or `upgrade`.
        why: one line.
        revision: helm's, now.
        url: where people find the hub.
        changes: what was different in the cluster before.
        steps: name and seconds of each.
    """

    action: str
    why: str
    revision: int
    url: str
    changes: tuple[Change, ...] = ()
    steps: tuple[tuple[str, float], ...] = field(default=())


def preview(target: Installation, *, force: bool = False) -> Preview:
    """What `deploy_hub` would change, by helm's own rendering on the server. Changes nothing.

    Raises:
        InvalidConfiguration: the files of the hub have mistakes that `validate` knows.
    """
    if isinstance(target, Target):
        refuse_invalid(target)
    found = releases.release(target.kube, target.namespace, target.release)
    decision = decide(target.digest, found, force=force)
    if decision.action in ("skip", "refuse"):
        return Preview(decision)
    after = target.helm.dry_run(target.chart.path, target.release, target.namespace, target.values())
    return Preview(decision, _differences(target, found, after))


def unchanged(target: Installation, *, force: bool = False) -> Deployed | None:
    """The result where nothing has to be done, after one metadata call; else None."""
    found = releases.release(target.kube, target.namespace, target.release)
    decision = decide(target.digest, found, force=force)
    if decision.action != "skip" or found is None:
        return None
    return Deployed("skip", decision.why, found.revision, target.url)


def deploy_hub(run: Run, target: Target, options: Options) -> Deployed:
    """Bring a hub to what its files say.

    Raises:
        Refused: it is retired, or somebody else works on it. InvalidConfiguration: its files have mistakes that
            `validate` knows. Nothing was changed.
        DeployFailed: it did not come up; has the dossier, and how it was undone.
    """
    refuse_unless_active(target)
    refuse_invalid(target)

    def save() -> Saved:
        return database.save(target.kube, target.namespace, run.id) if options.copy_database else Saved("none")

    def check(before: Values, after: Values) -> object:
        return check_after_deploy(run, target, options.check, before=before, after=after, start=options.start)

    care = Care("compare, and save the hub's database", "wait for hub and proxy", save, check)
    return deploy_release(run, target, options, care)


def deploy_release(run: Run, target: Installation, options: Options, care: Care) -> Deployed:
    """Bring a helm release to what its files say, and undo it when that fails.

    Raises:
        Refused, DeployFailed: as `deploy_hub`.
    """
    values = target.values()
    namespace.ensure_own(target.kube)
    Mirror(target.kube, run).begin()
    with locked(target.kube, f"hub-{target.namespace}", run):
        with run.step("look at the release") as step:
            found, decision = _repaired(run, target, options, step)
        if decision.action == "skip" and found:
            return Deployed("skip", decision.why, found.revision, target.url, steps=tuple(run.seconds()))
        return _bring(run, target, options, care, values, found, decision)


def _repaired(run: Run, target: Installation, options: Options, step: Step) -> tuple[Release | None, Decision]:
    """The release as it is, after what an earlier deploy left half-done has been put in order."""
    found = releases.release(target.kube, target.namespace, target.release)
    decision = decide(target.digest, found, force=options.force)
    step.say(decision.why)
    if decision.action == "refuse" or found is None:
        if decision.action == "refuse":
            raise Refused(
                decision.why, where=target.subject, next_step="wait until it has ended, then look again: ./inv status"
            )
        return found, decision
    if not decision.action.startswith("repair-"):
        return found, decision
    if decision.action == "repair-install":
        step.say("removing the half-done first installation")
        target.helm.uninstall(target.release, target.namespace, on_line=run.log("helm"))
    else:
        step.say(f"rolling back to revision {found.good}")
        target.helm.rollback(target.release, target.namespace, found.good, on_line=run.log("helm"))
        mark_rolled_back(run, target, found)
    found = releases.release(target.kube, target.namespace, target.release)
    return found, decide(target.digest, found, force=options.force)


def _bring(
    run: Run,
    target: Installation,
    options: Options,
    care: Care,
    values: Values,
    found: Release | None,
    decision: Decision,
) -> Deployed:
    with run.step(care.comparing) as step:
        before = _good_values(target, found)
        changes, saved = _compare_and_save(target, care, values, found)
        step.say(_summary(changes, saved) if found else "everything is new")
    try:
        with run.step("helm upgrade"):
            revision = _upgrade(run, target, options, values, found)
        with run.step(care.waiting) as step:
            until_serving(target.kube, target.namespace, seconds=options.seconds, say=step.say, serving=target.serving)
        care.check(before, values)
    except BaseException as trouble:
        if isinstance(trouble, SystemExit):
            raise
        raise explained_and_undone(run, target, Before(found, saved), trouble) from trouble
    _mark_verified(target, revision)
    action = "install" if found is None else "upgrade"
    return Deployed(action, decision.why, revision, target.url, changes, tuple(run.seconds()))


def _compare_and_save(
    target: Installation, care: Care, values: Values, found: Release | None
) -> tuple[tuple[Change, ...], Saved]:
    """Both at once: each waits for something else."""
    if found is None:
        return (), Saved("none")
    with ThreadPoolExecutor(max_workers=2) as pool:
        rendering = pool.submit(target.helm.dry_run, target.chart.path, target.release, target.namespace, values)
        saved = care.save()
        return _differences(target, found, rendering.result()), saved


def _good_values(target: Installation, found: Release | None) -> Values:
    """The values that the release last passed its check with: what is there now may never have."""
    if found is None or not found.good_labels:
        return {}
    return releases.stored_values(target.kube, target.namespace, target.release, found.good)


def _differences(target: Installation, found: Release | None, after: str) -> tuple[Change, ...]:
    before = ""
    if found is not None:
        before = releases.manifest(target.kube, target.namespace, target.release, found.revision)
    now, then = compare.objects(before), compare.objects(after)
    refuse_moved_volumes(target.subject, now, then)
    return compare.compare(now, then, target.hidden_paths)


def _upgrade(run: Run, target: Installation, options: Options, values: Values, found: Release | None) -> int:
    revision = found.revision + 1 if found else 1
    labels = {
        "digest": target.digest, "revision": str(revision), "run": run.id, "commit": label(run.commit),
        "operator": label(run.operator), "chart": label(target.chart.version),
    }  # fmt: skip
    done = target.helm.upgrade(
        target.chart.path, target.release, target.namespace, values,
        labels={PREFIX + name: value for name, value in labels.items() if value},
        description=f"hubfleet run {run.id}", timeout=options.seconds, on_line=run.log("helm"),
    )  # fmt: skip
    return done.revision


def _mark_verified(target: Installation, revision: int) -> None:
    found = Release(target.namespace, target.release, revision, "deployed")
    releases.mark(target.kube, found, revision, verified=str(revision), revision=str(revision))


def _summary(changes: tuple[Change, ...], saved: Saved) -> str:
    copy = f"; database saved ({saved.size} bytes, schema {saved.schema})" if saved.kind == "sqlite" else ""
    return f"{len(changes)} objects differ{copy}"


def refuse_moved_volumes(subject: str, now: compare.Objects, then: compare.Objects) -> None:
    """Raises Refused where a volume would be another disk or share, without the files that people have."""
    moved = compare.moved_volumes(now, then)
    if moved:
        raise Refused(
            f"people's files would be missing: {', '.join(moved)} would be another disk or share than now",
            where=subject,
            next_step="put back what homes in cluster.yaml and outputs.yaml said; moving files is a work of its own",
        )


def refuse_unless_active(target: Target) -> None:
    """Raises Refused for a hub that its file says is retired."""
    if target.hub.state == "retired":
        raise Refused(
            f"{target.subject} is retired: it is not deployed again",
            where=str(target.hub.at),
            next_step="set `state: active` if people are to use it again",
        )
