"""Start here"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import say, task

if TYPE_CHECKING:
    from hubfleet.workflows.demo import Ready


@task(
    help={
        "on": "use a Kubernetes you have: a context of your kubeconfig (kind, k3d, minikube, Docker Desktop)",
        "jupyterhub-chart": "with --on: which JupyterHub chart: upstream (default), embedded, or a path",
        "json": "the result as JSON on stdout",
    }
)
def demo(c: Context, on: str = "", jupyterhub_chart: str = "", json: bool = False) -> None:
    """From nothing to a JupyterHub that you can log in to, on this machine."""
    from dataclasses import asdict

    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.errors import WrongUsage
    from hubfleet.runs import start
    from hubfleet.workflows import demo as workflow

    if jupyterhub_chart and not on:
        raise WrongUsage(
            "--jupyterhub-chart goes with --on", next_step="./inv demo --on CONTEXT --jupyterhub-chart ..."
        )
    root = paths.repository()
    if not on:
        workflow.refuse_unfit()
    run = start(root, "demo", on or "local/demo")
    with shown(run), run.ending():
        ready = (
            workflow.on_context(run, root, on, chart=jupyterhub_chart) if on else workflow.on_this_machine(run, root)
        )
    if json:
        say.data(asdict(ready))
    else:
        _welcome(ready, run.seconds())


@task()
def where(c: Context) -> None:
    """Show which folders hubfleet uses on this machine."""
    from hubfleet import paths

    root = paths.repository()
    rows = [
        ("repository", root),
        ("cache", paths.cache()),
        ("local cluster", paths.state()),
        ("runs", paths.runs(root)),
    ]
    say.table("Folders", ("what", "folder"), rows)


def _welcome(ready: Ready, seconds: list[tuple[str, float]]) -> None:
    total = sum(each for _, each in seconds)
    say.done(f"the hub is up ({total:.0f} s)")
    if ready.forward:
        say.info(f"\nfirst, in another terminal:\n    {ready.forward}")
    say.text(f"\n    open      {ready.url}\n    user      {ready.user}\n    password  {ready.password}\n")
    if ready.forward:
        say.info(
            "next: to keep a hub there, copy clusters/local to clusters/NAME, and set in its cluster.yaml\n"
            "    provider: kubeconfig\n"
            "    kubeconfig: {context: CONTEXT}"
        )
        return
    say.info(
        "next:\n"
        "    ./inv check-hub local demo --full      a notebook, as a user\n"
        "    ./inv status                           every hub of the fleet\n"
        "    edit clusters/local/demo.values.yaml, then\n"
        "    ./inv deploy-hub local demo --plan-only\n"
        "    ./inv local-down                       stop it all; homes are kept"
    )
