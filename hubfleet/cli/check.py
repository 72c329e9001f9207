"""Checking"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import TIMEOUT_HELP, say, task

if TYPE_CHECKING:
    from hubfleet.workflows.checks.result import CheckResult


@task(
    positional=["cluster", "hub"],
    help={
        "full": "as a user: start a server, run a notebook, find the file again, leave no trace",
        "restart": "the same, and restart the server: the file must still be there",
        "profile": "with --full: which of the hub's profiles to start; default: the hub's default",
        "timeout": TIMEOUT_HELP,
        "json": "the result as JSON on stdout (schemas/check.schema.yaml)",
    },
)
def check_hub(
    c: Context,
    cluster: str,
    hub: str,
    full: bool = False,
    restart: bool = False,
    profile: str = "",
    timeout: int = 600,
    json: bool = False,
) -> None:
    """Look whether a hub serves its users, and if not, say why."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows import check

    root = paths.repository()
    site = check.site_of(root, cluster, hub)
    run = start(root, "check-hub", f"{cluster}/{hub}")
    with shown(run), run.ending(), _named(cluster, hub):
        if full or restart or profile:
            seconds = check.Seconds(user=check.UserDeadlines(start=float(timeout)))
            result = check.full(run, site, seconds, profile=profile, restart=restart)
        else:
            result = check.quick(run, site)
    if json:
        say.data({"cluster": cluster, "hub": hub, **result.report()})
    _tell(f"{cluster}/{hub}", result)


@contextmanager
def _named(cluster: str, hub: str) -> Iterator[None]:
    """Where something of the hub is missing, the way to get it is told with the hub's name, ready to be copied."""
    from hubfleet.tools.kubernetes import NotFound

    try:
        yield
    except NotFound as missing:
        missing.next_step = missing.next_step.replace("./inv deploy-hub", f"./inv deploy-hub {cluster} {hub}")
        raise


def _tell(subject: str, result: CheckResult) -> None:
    """What was found; where it is not ok, as an error with why and what comes next."""
    from hubfleet.errors import HubfleetError

    if result.ok:
        serves = "users" if result.kind == "full" else "visitors"
        say.done(f"{subject} serves {serves} ({result.seconds:.1f} s)")
        return
    failed = next(step for step in result.steps if not step.ok)
    what, *more = failed.detail.splitlines() or [failed.name]
    dossier = result.dossier
    cause = dossier.cause if dossier else None
    raise HubfleetError(
        f"{subject} is not well: {cause or what}",
        where=f"{failed.name}: {what}",
        evidence=dossier.evidence() if dossier else "\n".join(more),
        next_step=dossier.next_step if dossier else "",
    )
