"""Hubs"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import SELECT_HELP, TIMEOUT_HELP, Exit, say, task

if TYPE_CHECKING:
    from hubfleet.workflows.deploy import Deployed, Preview
    from hubfleet.workflows.status import HubStatus

_CHART_HELP = "which JupyterHub chart: embedded, upstream, or a path; default: as the files say"


@task(
    positional=["cluster", "hub"],
    help={
        "plan-only": "show what would change and change nothing",
        "force": "deploy also when nothing changed",
        "check": "auto, quick or full",
        "timeout": TIMEOUT_HELP,
        "jupyterhub-chart": _CHART_HELP,
        "skip-database-copy": "do not save the hub's database first (only where its volume is full)",
        "json": "the result as JSON on stdout",
    },
)
def deploy_hub(
    c: Context,
    cluster: str,
    hub: str,
    plan_only: bool = False,
    force: bool = False,
    check: str = "auto",
    timeout: int = 600,
    jupyterhub_chart: str = "",
    skip_database_copy: bool = False,
    json: bool = False,
) -> None:
    """Bring one hub to what its files say, check it, and undo it when it fails."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.errors import WrongUsage
    from hubfleet.runs import start
    from hubfleet.workflows import deploy, way_in
    from hubfleet.workflows.deploy.hub import refuse_unless_active, unchanged

    if check not in ("auto", "quick", "full"):
        raise WrongUsage(f"--check {check} is not known", next_step="one of: auto, quick, full")
    root = paths.repository()
    target = deploy.prepare(root, cluster, hub, chart=jupyterhub_chart)
    refuse_unless_active(target)
    if plan_only:
        _show_preview(deploy.preview(target, force=force), json=json)
        return
    result = unchanged(target, force=force)
    if result is None:
        run = start(root, "deploy-hub", target.subject)
        options = deploy.Options(force=force, check=check, start=float(timeout), copy_database=not skip_database_copy)
        with shown(run), run.ending():
            result = deploy.deploy_hub(run, target, options)
    _show_deployed(target.subject, result, json=json)
    if result.action != "skip" and not json:
        for line in way_in.after_deploy(target.cluster, target.hub, target.plain.values, target.kube):
            say.info(line)


@task(
    iterable=["select"],
    help={"select": SELECT_HELP, "json": "an object with `hubs` on stdout (schemas/status.schema.yaml)"},
)
def status(c: Context, select: list[str], json: bool = False) -> None:
    """Show every hub: state, revision, chart, URL, in sync or not, who deployed last."""
    from dataclasses import asdict

    from hubfleet import paths
    from hubfleet.workflows.status import NEXT
    from hubfleet.workflows.status import status as look

    hubs = look(paths.repository(), select)
    if json:
        say.data({"hubs": [asdict(each) for each in hubs]})
        _fail_if_unreachable(hubs, select)
        return
    columns = ("hub", "state", "rev", "chart", "stage", "in sync", "last deployed", "URL")
    words = {True: "yes", False: "no", None: "?"}
    why = {each.note: each.note.partition(NEXT)[0] for each in hubs}  # what to do is said once, below
    rows = [
        (
            f"{each.cluster}/{each.hub}",
            each.state if each.declared in ("active", each.state) else f"{each.state} ({each.declared})",
            each.revision or "-", each.chart or "-", each.stage or "-", words[each.in_sync],
            " ".join(filter(None, (each.deployed[:16], each.operator, each.commit))) or why[each.note] or "-",
            each.url or "-",
        )
        for each in hubs
    ]  # fmt: skip
    say.table("", columns, rows)
    for note in sorted({f"{each.cluster}: {each.note}" for each in hubs if each.state == "unreachable"}):
        say.warn(note)
    _fail_if_unreachable(hubs, select)


def _fail_if_unreachable(hubs: list[HubStatus], select: list[str]) -> None:
    """Who asks for certain hubs wants to hear that one can not be seen; the whole fleet's table says it in its rows."""
    if select and any(each.state in ("unreachable", "unreadable") for each in hubs):
        raise Exit(code=1)


def _show_preview(preview: Preview, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        say.data(asdict(preview))
        return
    say.info(f"{preview.decision.action}: {preview.decision.why}")
    for change in preview.changes:
        say.diff(f"{change.action} {change.name}{'  (interrupts users)' if change.disrupts else ''}\n{change.diff}\n")
    say.done(f"{len(preview.changes)} objects would change; nothing was changed")


def _show_deployed(subject: str, result: Deployed, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        say.data({"hub": subject, **asdict(result)})
        return
    if result.action == "skip":
        say.done(f"{subject}: {result.why}")
    else:
        say.done(f"{subject}: revision {result.revision} serves ({result.why})")
        for change in result.changes:
            say.info(f"    {change.action} {change.name}{'  (interrupts users)' if change.disrupts else ''}")
        say.info("    " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.steps))
    say.text(result.url)
