"""Infrastructure"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoke.context import Context

from hubfleet.cli.base import say, task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubfleet.errors import HubfleetError
    from hubfleet.workflows.infra.plan import Planned
    from hubfleet.workflows.infra.risk import Judged

_JSON_HELP = "the result as JSON on stdout (schemas/infra.schema.yaml)"
ALLOW_HELP = "the address of something that holds data and may be destroyed or replaced; repeatable, exact"


@task(positional=["cluster"], help={"json": _JSON_HELP})
def infra_plan(c: Context, cluster: str, json: bool = False) -> None:
    """Show what would change in the cloud, the dangerous first, and save the plan for infra-apply. Changes nothing."""
    _plan("infra-plan", cluster, {}, json=json)


@task(
    positional=["cluster"],
    iterable=["resource"],
    help={
        "resource": "what exists already and is to be adopted: ADDRESS=ID; repeatable",
        "json": _JSON_HELP,
    },
)
def infra_import(c: Context, cluster: str, resource: list[str], json: bool = False) -> None:
    """Plan to adopt what exists already: shown and saved like any plan, and done by infra-apply."""
    from hubfleet.workflows.infra.adopt import resources

    _plan("infra-import", cluster, resources(cluster, resource), json=json)


@task(
    positional=["cluster"],
    iterable=["allow_destroy"],
    help={
        "allow-destroy": ALLOW_HELP,
        "plan-only": "show the saved plan and what would be refused, and change nothing",
        "json": _JSON_HELP,
    },
)
def infra_apply(
    c: Context, cluster: str, allow_destroy: list[str], plan_only: bool = False, json: bool = False
) -> None:
    """Apply the plan that infra-plan saved, exactly that, and write outputs.yaml for the commit."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.infra import apply
    from hubfleet.workflows.infra.site import site_of

    root = paths.repository()
    where = site_of(root, cluster)
    if plan_only:
        run = start(root, "infra-look", cluster)
        with shown(run), run.ending():
            changes, refused = apply.look(run, where, allow_destroy)
        _show_look(cluster, changes, refused, json=json)
        return
    run = start(root, "infra-apply", cluster)
    with shown(run), run.ending():
        result = apply.apply_saved(run, where, allow_destroy)
    if json:
        say.data(_data(cluster, "applied", result.changes, outputs=result.outputs))
        return
    show_changes(result.changes)
    say.done(f"{cluster}: {len(result.changes)} changes applied")
    if result.outputs:
        say.info(f"    {result.outputs} was written: git add {result.outputs}, and commit it")


@task(
    positional=["cluster"],
    help={"plan-only": "show what would be made and change nothing", "json": _JSON_HELP},
)
def infra_bootstrap(c: Context, cluster: str, plan_only: bool = False, json: bool = False) -> None:
    """Make the bucket that keeps terraform's states, once for a project, account or subscription."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.infra.bootstrap import bootstrap
    from hubfleet.workflows.infra.site import site_of

    root = paths.repository()
    where = site_of(root, cluster)
    run = start(root, "infra-bootstrap", cluster)
    with shown(run), run.ending():
        result = bootstrap(run, where, plan_only=plan_only)
    if json:
        say.data(_data(cluster, "planned" if plan_only else "applied", result.changes, bucket=result.bucket))
        return
    show_changes(result.changes)
    if not result.changes:
        say.done(f"{result.bucket} is there and as it should be")
    elif plan_only:
        say.done(f"{result.bucket} would be made; nothing was changed")
    else:
        say.done(f"{result.bucket} keeps the states now")


@task(
    positional=["cluster"],
    help={
        "id": "of the lock, as the refusal said it",
        "confirm": "the cluster's name: yes, its holder is dead (for scripts; at a terminal it is asked)",
    },
)
def infra_unlock(c: Context, cluster: str, id: str, confirm: str = "") -> None:
    """Free the lock of a state whose holder is dead."""
    from hubfleet import paths
    from hubfleet.cli.asking import asking
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.infra.site import site_of
    from hubfleet.workflows.infra.unlock import unlock

    root = paths.repository()
    where = site_of(root, cluster)
    run = start(root, "infra-unlock", cluster)
    with shown(run), run.ending():
        held = unlock(run, where, id, confirm, asking())
    say.done(f"the lock is free; it was {held}" if held else "nobody holds the lock")


def show_changes(changes: Sequence[Judged]) -> None:
    """A table, the most dangerous first."""
    from hubfleet.workflows.infra.risk import WORDS

    rows = [
        (WORDS[each.risk], each.change.action, each.change.address, "; ".join(_attribute_lines(each)))
        for each in changes
    ]
    if rows:
        say.table("", ("risk", "action", "resource", "what"), rows)


def _attribute_lines(each: Judged, most: int = 6) -> list[str]:
    change = each.change
    lines = [f"adopted: {change.imported}"] if change.imported else []
    lines += [f"because of {one.path}: {one.before} → {one.after}" for one in change.attributes if one.replaces]
    others = [f"{one.path}: {one.before} → {one.after}" for one in change.attributes if not one.replaces]
    lines += others[:most] + ([f"and {len(others) - most} more"] if len(others) > most else [])
    return lines or ([change.reason.replace("_", " ")] if change.reason else [])


def _plan(workflow: str, cluster: str, imports: dict[str, str], *, json: bool) -> None:
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.runs import start
    from hubfleet.workflows.infra.plan import plan_cluster
    from hubfleet.workflows.infra.site import site_of

    root = paths.repository()
    where = site_of(root, cluster)
    run = start(root, workflow, cluster)
    with shown(run), run.ending():
        found = plan_cluster(run, where, imports=imports)
    if json:
        earlier = found.earlier.as_data() if found.earlier else None
        say.data(_data(cluster, "planned", found.changes, saved=found.saved, drift=list(found.drift), earlier=earlier))
        return
    _show_planned(found)


def _show_planned(found: Planned) -> None:
    if found.earlier:
        for line in found.earlier.lines():
            say.warn(line)
    if found.drift:
        say.warn(f"changed by others since terraform last looked: {', '.join(found.drift)}")
    show_changes(found.changes)
    if not found.saved:
        say.done(f"{found.cluster}: the cloud is as the files say")
        return
    if found.count("data"):
        say.warn(f"{found.count('data')} of what holds data would be destroyed; infra-apply wants each of them named")
    if not found.changes:
        say.done(
            f"{found.cluster}: nothing to change in the cloud; ./inv infra-apply {found.cluster} writes outputs.yaml"
        )
        return
    counts = ", ".join(f"{number} {word}" for word, number in _counts(found.changes))
    say.done(f"{found.cluster}: {counts}; nothing was changed. ./inv infra-apply {found.cluster} does exactly this")


def _counts(changes: Sequence[Judged]) -> list[tuple[str, int]]:
    actions = [each.change.action for each in changes]
    words = {"destroy": "to destroy", "replace": "to replace", "update": "to change", "create": "to create",
             "import": "to adopt", "forget": "to forget"}  # fmt: skip
    return [(word, actions.count(action)) for action, word in words.items() if action in actions]


def _show_look(cluster: str, changes: Sequence[Judged], refused: list[HubfleetError], *, json: bool) -> None:
    if json:
        reasons = [{"what": each.what, "evidence": each.evidence, "next": each.next_step} for each in refused]
        say.data(_data(cluster, "planned", changes, refused=reasons))
        return
    show_changes(changes)
    for each in refused:
        say.warn(f"would be refused: {each.what}; next: {each.next_step}")
    say.done("nothing was changed")


def _data(cluster: str, action: str, changes: Sequence[Judged], **more: Any) -> dict[str, Any]:
    from hubfleet.workflows.infra.plan import change_data

    return {"cluster": cluster, "action": action, "changes": [change_data(each) for each in changes], **more}
