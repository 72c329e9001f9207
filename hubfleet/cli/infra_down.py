"""Taking infrastructure down"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import say, task
from hubfleet.cli.infra import ALLOW_HELP, show_changes

if TYPE_CHECKING:
    from hubfleet.workflows.infra.destroy import Destruction

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
