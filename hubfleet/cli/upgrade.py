"""Upgrading"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import say, task

if TYPE_CHECKING:
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
        result = work.upgrade_hub(run, root, planned, Options(check=check))
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
