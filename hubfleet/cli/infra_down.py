"""Taking infrastructure down"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import say, task
from hubfleet.cli.clouds import show_scans
from hubfleet.cli.infra import ALLOW_HELP, show_changes

if TYPE_CHECKING:
    from hubfleet.workflows.cluster_down.cluster import Outcome
    from hubfleet.workflows.infra.destroy import Destruction
    from hubfleet.workflows.infra.site import Site

CONFIRM_HELP = "the cluster's name: yes, it may go (for scripts; at a terminal it is asked)"


@task(
    positional=["cluster"],
    iterable=["allow_destroy"],
    help={
        "allow-destroy": ALLOW_HELP,
        "confirm": CONFIRM_HELP,
        "plan-only": "show what would be destroyed and change nothing",
        "json": "the result as JSON on stdout (schemas/infra.schema.yaml)",
    },
)
def infra_destroy(
    c: Context, cluster: str, allow_destroy: list[str], confirm: str = "", plan_only: bool = False, json: bool = False
) -> None:
    """Destroy what terraform made for a cluster without hubs: shown, confirmed, what holds data only if named."""
    from dataclasses import asdict

    from hubfleet import paths
    from hubfleet.cli.asking import asking
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.infra.destroy import Options, destroy_cluster, look, refuse_hubs
    from hubfleet.workflows.infra.site import site_of

    root = paths.repository()
    where = site_of(root, cluster)
    refuse_hubs(where)
    if plan_only:
        run = start(root, "infra-look", cluster)
        with shown(run), run.ending():
            found = look(run, where)
        if json:
            say.data(destruction_data(found))
            return
        show_destruction(found)
        say.done("nothing was changed")
        return
    run = start(root, "infra-destroy", cluster)
    options = Options(allow_destroy or (), confirm, asking(), (lambda _: None) if json else show_destruction)
    with shown(run), run.ending():
        result = destroy_cluster(run, where, options)
    if json:
        say.data({"action": "destroyed", **asdict(result)})
        return
    say.done(
        f"{cluster}: {result.gone} resources destroyed" if result.gone else f"{cluster}: nothing is left to destroy"
    )
    if result.outputs:
        say.info(f"    {result.outputs} no longer tells of what is gone: commit that")


@task(
    positional=["cluster"],
    iterable=["allow_destroy"],
    help={
        "allow-destroy": ALLOW_HELP,
        "confirm": CONFIRM_HELP,
        "plan-only": "show who is there and what would be destroyed, and change nothing",
        "skip-support": "the Kubernetes is broken for good: its load balancers and volumes stay in the cloud",
        "json": "the result as JSON on stdout (schemas/infra.schema.yaml)",
    },
)
def teardown_cluster(
    c: Context,
    cluster: str,
    allow_destroy: list[str],
    confirm: str = "",
    plan_only: bool = False,
    skip_support: bool = False,
    json: bool = False,
) -> None:
    """Take a cluster without hubs down: support, then what terraform made, then show what is left and costs money."""
    from hubfleet import paths
    from hubfleet.cli.asking import asking
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.cluster_down import cluster as down
    from hubfleet.workflows.infra.destroy import Options, refuse_hubs
    from hubfleet.workflows.infra.site import site_of

    root = paths.repository()
    where = site_of(root, cluster)
    refuse_hubs(where)
    if plan_only:
        _look_at_cluster(where, skip_support=skip_support, json=json)
        return
    show = (lambda _: None) if json else show_destruction
    options = Options(allow_destroy or (), confirm, asking(), show, "teardown-cluster")
    run = start(root, "teardown-cluster", cluster)
    with shown(run), run.ending():
        outcome = down.teardown_cluster(run, where, options, skip_support=skip_support)
        if outcome.trouble:
            _show_outcome(outcome, json=json)
            raise outcome.trouble
    _show_outcome(outcome, json=json)


def _look_at_cluster(where: Site, *, skip_support: bool, json: bool) -> None:
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.cluster_down import cluster as down
    from hubfleet.workflows.cluster_down.inhabitants import refusals
    from hubfleet.workflows.infra.destroy import look

    run = start(where.root, "infra-look", where.cluster.name)
    with shown(run), run.ending():
        with run.step("look who is there"):
            here = down.look(where, down.reach(where, skip_support=skip_support))
        found = look(run, where)
    refused = refusals(where.cluster, here)
    if json:
        reasons = [{"what": each.what, "evidence": each.evidence, "next": each.next_step} for each in refused]
        say.data({**destruction_data(found), "refused": reasons})
        return
    show_destruction(found)
    for name in here.others:
        say.warn(f"goes with the cluster: release {name}")
    for each in refused:
        say.warn(f"would be refused: {each.what}; next: {each.next_step}\n{each.evidence}")
    say.done("nothing was changed")


def _show_outcome(outcome: Outcome, *, json: bool) -> None:
    from hubfleet.clouds.prices import AS_OF

    gone = outcome.destroyed
    if json:
        say.data({
            "cluster": outcome.cluster, "action": "destroyed", "gone": gone.gone if gone else 0,
            "kept": list(gone.kept) if gone else [], "outputs": gone.outputs if gone else "",
            "left": outcome.left.as_data() if outcome.left else None, "steps": list(outcome.steps),
            "failed": outcome.trouble.what if outcome.trouble else "",
        })  # fmt: skip
        return
    if outcome.left:
        show_scans([outcome.left], AS_OF)
    for name in outcome.volumes:
        say.warn(f"left: volume {name} of support: its class keeps the disk")
    if gone and gone.outputs:
        say.info(f"    {gone.outputs} no longer tells of what is gone: commit that")
    if gone:
        say.done(f"{outcome.cluster} is down" + (f": {gone.gone} resources destroyed" if gone.gone else ""))


def show_destruction(found: Destruction) -> None:
    """What would go, what stays, and what holds data."""
    if found.earlier:
        for line in found.earlier.lines():
            say.warn(line)
    show_changes(found.changes)
    if not found.changes:
        say.info(f"{found.cluster}: nothing is left to destroy")
    for address in found.kept:
        say.info(f"stays: {address}")
    for address in found.protected:
        say.info(f"its protection is lifted first: {address}")
    if found.data:
        say.warn(f"{len(found.data)} of these hold data, and have to be named: --allow-destroy ADDRESS")


def destruction_data(found: Destruction) -> dict[str, object]:
    """As JSON."""
    from hubfleet.workflows.infra.plan import change_data

    return {
        "cluster": found.cluster, "action": "planned", "changes": [change_data(each) for each in found.changes],
        "kept": list(found.kept), "protected": list(found.protected),
        "earlier": found.earlier.as_data() if found.earlier else None,
    }  # fmt: skip
