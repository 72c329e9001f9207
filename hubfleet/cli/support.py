"""What hubs share"""

from __future__ import annotations

from invoke.context import Context

from hubfleet.cli.base import task
from hubfleet.cli.hubs import _show_deployed, _show_preview


@task(
    positional=["cluster"],
    help={
        "plan-only": "show what would change and change nothing",
        "force": "deploy also when nothing changed",
        "json": "the result as JSON on stdout",
    },
)
def deploy_support(c: Context, cluster: str, plan_only: bool = False, force: bool = False, json: bool = False) -> None:
    """Bring what a cluster's hubs share (ingress, certificates, monitoring) to what its files say."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows import support
    from hubfleet.workflows.deploy import Options

    root = paths.repository()
    target = support.prepare(root, cluster)
    if plan_only:
        _show_preview(support.preview(target, force=force), json=json)
        return
    result = support.unchanged(target, force=force)
    if result is None:
        run = start(root, "deploy-support", target.subject)
        with shown(run), run.ending():
            result = support.deploy_support(run, target, Options(force=force))
    _show_deployed(target.subject, result, json=json)
