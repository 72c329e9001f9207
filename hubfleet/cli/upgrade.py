"""Upgrading"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import TIMEOUT_HELP, say, task

if TYPE_CHECKING:
    from hubfleet.workflows import upgrade_cluster as cluster_work
    from hubfleet.workflows.deploy import Preview
    from hubfleet.workflows.upgrade_hub import Plan


@task(
    positional=["cluster", "hub"],
    iterable=["image"],
    help={
        "jupyterhub-chart": "the version of the JupyterHub chart that the hub gets",
        "image": "NAME=TAG, repeatable: the tag that an image of the hub's files gets",
        "plan-only": "show notes, files and objects that would change; change nothing",
        "check": "auto, quick or full",
        "timeout": TIMEOUT_HELP,
        "json": "the result as JSON on stdout",
    },
)
def upgrade_hub(
    c: Context,
    cluster: str,
    hub: str,
    image: list[str],
    jupyterhub_chart: str = "",
    plan_only: bool = False,
    check: str = "auto",
    timeout: int = 600,
    json: bool = False,
) -> None:
    """Give one hub another chart or image: edit the pins, save the database, deploy, undo both when it fails."""
    from hubfleet import paths
    from hubfleet.cli.hubs import _show_deployed
    from hubfleet.console.progress import shown
    from hubfleet.errors import WrongUsage
    from hubfleet.runs import start
    from hubfleet.workflows import upgrade_hub as work
    from hubfleet.workflows.deploy import Options

    if check not in ("auto", "quick", "full"):
        raise WrongUsage(f"--check {check} is not known", next_step="one of: auto, quick, full")
    root = paths.repository()
    planned = work.plan(root, cluster, hub, work.request_of(jupyterhub_chart, image))
    _tell(planned)
    if plan_only:
        _show_plan(planned, work.preview(root, planned), json=json)
        return
    run = start(root, "upgrade-hub", planned.subject)
    with shown(run), run.ending():
        result = work.upgrade_hub(run, root, planned, Options(check=check, start=float(timeout)))
    _show_deployed(planned.subject, result, json=json)
    if planned.changes and not json:
        names = " ".join(each.name for each in planned.changes)
        say.info(f"next: git commit -m 'Upgrade {planned.subject}: {planned.request}' -- {names}")


def _show_plan(planned: Plan, found: Preview, *, json: bool) -> None:
    from dataclasses import asdict

    from hubfleet.cli.hubs import _show_preview
    from hubfleet.fleet.keypath import dotted

    if json:
        pins = [{"file": each.file, "key": dotted(each.path), "before": each.before, "after": each.after}
                for each in planned.pins]  # fmt: skip
        notes = [asdict(each) for each in planned.notes]
        say.data({"hub": planned.subject, "pins": pins, "notes": notes, "warnings": planned.warnings, **asdict(found)})
        return
    for change in planned.changes:
        say.diff(change.diff)
    _show_preview(found, json=False)


def _tell(planned: Plan) -> None:
    for note in planned.notes:
        say.info(f"{note.version}: {note.brings}" + (f"\n    do: {note.do}" if note.do else ""))
    for warning in planned.warnings:
        say.warn(warning)
    if not planned.pins:
        say.info("the files say so already")


@task(
    positional=["cluster"],
    iterable=["without_hub"],
    help={
        "to": "the version of Kubernetes, such as 1.34 (the newest offered) or a full one; ./inv versions shows them",
        "plan-only": "show what stops it and what would be done; change nothing",
        "deadline": "how long users' servers are waited for, once their pool is next: 0, 90m, 4h, 2027-01-31T22:00Z",
        "despite-budgets": "go on although a disruption budget lets no pod leave",
        "without-hub": "a hub whose health does not count, repeatable",
        "json": "the result as JSON on stdout",
    },
)
def upgrade_cluster(
    c: Context,
    cluster: str,
    without_hub: list[str],
    to: str = "",
    plan_only: bool = False,
    deadline: str = "4h",
    despite_budgets: bool = False,
    json: bool = False,
) -> None:
    """Upgrade a cluster's Kubernetes, control plane first, users' pools last; goes on after any interruption."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.runs import resume_or_start
    from hubfleet.workflows import upgrade_cluster as work

    root = paths.repository()
    planned = work.plan(root, cluster, to)
    options = work.Options(deadline, despite_budgets, without_hubs=tuple(without_hub))
    if plan_only:
        _show_cluster_plan(planned, json=json)
        return
    if planned.nothing:
        _show_upgraded(planned, None, json=json)
        return
    work.refuse_first(planned, options)
    _tell_concerns(planned)
    run = resume_or_start(root, "upgrade-cluster", f"{planned.cluster} to {planned.to}")
    with shown(run), run.ending():
        result = work.upgrade_cluster(run, root, planned, options)
    _show_upgraded(planned, result, json=json)


@task(
    positional=["cluster", "pool"],
    help={
        "deadline": "how long users' servers are waited for: 0, 90m, 4h, 2027-01-31T22:00Z",
        "reopen": "open the pool's nodes again instead",
    },
)
def drain_pool(c: Context, cluster: str, pool: str, deadline: str = "4h", reopen: bool = False) -> None:
    """Close a node pool, wait for its users, and move everything away, for a pool that another one replaces."""
    from datetime import UTC, datetime

    from hubfleet import clouds, paths
    from hubfleet.console.progress import shown
    from hubfleet.fleet import load_fleet
    from hubfleet.runs import start
    from hubfleet.workflows import upgrade_cluster as work

    root = paths.repository()
    kube = clouds.access(load_fleet(root).cluster(cluster)).kube
    if reopen:
        say.done(f"{work.reopen_pool(kube, pool)} nodes of {cluster}/{pool} are open again")
        return
    until = work.moment(deadline, datetime.now(UTC))
    run = start(root, "drain-pool", f"{cluster}/{pool}")
    with shown(run), run.ending():
        count = work.drain_pool(run, kube, pool, until)
    say.done(f"{count} nodes of {cluster}/{pool} are empty and closed")
    say.info(f"next: take the pool away (./inv infra-plan {cluster}), or ./inv drain-pool {cluster} {pool} --reopen")


def _tell_concerns(planned: cluster_work.Plan) -> None:
    for each in planned.concerns:
        say.warn(f"{'stops it: ' if each.stops else ''}{each.where}: {each.what}; next: {each.next_step}")


def _show_cluster_plan(planned: cluster_work.Plan, *, json: bool) -> None:
    if json:
        say.data({
            "cluster": planned.cluster, "to": planned.to,
            "tasks": [
                {"kind": each.kind, "target": each.target, "from": each.before, "to": each.version,
                 "waits_for_users": each.users} for each in planned.tasks
            ],
            "concerns": [
                {"stops": each.stops, "what": each.what, "where": each.where, "next": each.next_step}
                for each in planned.concerns
            ],
            "pin": planned.pin,
        })  # fmt: skip
        return
    _tell_concerns(planned)
    for number, each in enumerate(planned.tasks, 1):
        say.text(f"{number}. {each}{' (waits for its users)' if each.users else ''}")
    if planned.pin:
        say.diff(planned.pin)
    stops = sum(each.stops for each in planned.concerns)
    told = f"{stops} reasons stop it" if stops and planned.tasks else "nothing stops it"
    say.done(f"{len(planned.tasks)} steps to {planned.to}; {told}; nothing was changed")


def _show_upgraded(planned: cluster_work.Plan, result: cluster_work.Upgraded | None, *, json: bool) -> None:
    found = result.versions if result else planned.facts.versions
    if json:
        by_name = {each.name: each.version for each in found.pools}
        say.data({"cluster": planned.cluster, "action": "upgraded" if result else "nothing",
                  "control_plane": found.control_plane, "pools": by_name,
                  "pinned": result.pinned if result else ""})  # fmt: skip
        return
    pools = ", ".join(f"{each.name} {each.version}" for each in found.pools)
    word = "has" if result else "has already"
    say.done(f"{planned.cluster} {word} {found.control_plane}; pools: {pools or 'none'}")
    if result and result.pinned:
        say.info(f"next: git commit -m 'Upgrade {planned.cluster} to {planned.to}' -- {result.pinned}")
