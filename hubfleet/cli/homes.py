"""Homes"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import SELECT_HELP, Exit, say, task

if TYPE_CHECKING:
    from hubfleet.workflows.homes import HubHomes
    from hubfleet.workflows.homes.grow import Growth


@task(
    iterable=["select"],
    help={
        "select": SELECT_HELP,
        "measure": "mount volumes that are not mounted now and look into them; a server of theirs may have to wait",
        "json": "an object with `hubs` on stdout (schemas/homes.schema.yaml)",
    },
)
def homes(c: Context, select: list[str], measure: bool = False, json: bool = False) -> None:
    """Show how full homes are, the biggest, how fast they grow, and the days that are left."""
    from hubfleet import paths
    from hubfleet.workflows.homes import homes as look

    found = look(paths.repository(), select, look=measure, say=say.info)
    if json:
        say.data({"hubs": [each.as_data() for each in found]})
    else:
        columns = ("hub", "kind", "used", "of", "full", "homes", "biggest", "grows a day", "days left")
        say.table("", columns, [_row(each) for each in found])
        for each in found:
            if each.note:
                say.warn(f"{each.cluster}/{each.hub}: {each.note}")
    if select and any(not each.complete for each in found):
        raise Exit(code=1)


def _row(each: HubHomes) -> tuple[str, ...]:
    full = f"{each.used / each.capacity:.0%}" if each.used is not None and each.capacity else "-"
    biggest = ", ".join(f"{home.name} {size_text(home.used)}" for home in each.biggest[:3])
    left = "-" if each.days_left is None else f"{each.days_left}" + (f" ({each.first_full})" if each.first_full else "")
    return (
        f"{each.cluster}/{each.hub}", each.kind, size_text(each.used), size_text(each.capacity), full,
        f"{each.homes}" + (f" ({each.measured} measured)" if each.measured < each.homes else ""),
        biggest or "-", size_text(each.growth_per_day), left,
    )  # fmt: skip


def size_text(value: int | None) -> str:
    """Bytes for people, in the units of `quota: 10Gi`."""
    if value is None:
        return "-"
    sign, left = ("-" if value < 0 else ""), float(abs(value))
    for unit in ("B", "Ki", "Mi", "Gi"):
        if left < 1024:  # noqa: PLR2004
            return f"{sign}{left:.0f} {unit}" if unit == "B" or left >= 100 else f"{sign}{left:.1f} {unit}"  # noqa: PLR2004
        left /= 1024
    return f"{sign}{left:.1f} Ti"


@task(
    positional=["cluster", "hub", "size"],
    help={
        "size": "of one user's volume, or of the whole store, such as 20Gi",
        "plan-only": "show what would change and change nothing",
        "json": "what was done as JSON on stdout",
    },
)
def grow_homes(c: Context, cluster: str, hub: str, size: str, plan_only: bool = False, json: bool = False) -> None:
    """Make homes larger: users' volumes at once, a cloud's store in cluster.yaml. Never smaller."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.fleet import load_fleet
    from hubfleet.runs import start
    from hubfleet.workflows.homes import grow

    root = paths.repository()
    planned = grow.plan(root, cluster, hub, size)
    if not json:
        _show_growth(planned)
    if not plan_only and not planned.nothing:
        chosen = load_fleet(root).cluster(cluster)
        run = start(root, "grow-homes", planned.subject)
        with shown(run), run.ending():
            grow.grow(run, root, chosen, chosen.hub(hub), planned)
    if json:
        say.data(planned.as_data())
        return
    if planned.nothing:
        say.done(f"{planned.subject}: nothing to do")
    elif plan_only:
        say.done("nothing was changed")
    else:
        say.done(f"{planned.subject}: {len(planned.edits)} files and {len(planned.claims)} volumes changed")
        if planned.next_step:
            say.info(f"next: {planned.next_step}")


def _show_growth(planned: Growth) -> None:
    for each in planned.edits:
        say.diff(each.diff)
    if planned.claims:
        rows = [(each.user, each.claim, size_text(each.size), planned.size) for each in planned.claims]
        say.table("", ("user", "volume", "now", "then"), rows)
    if planned.note:
        say.info(planned.note)
