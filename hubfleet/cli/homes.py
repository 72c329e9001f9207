"""Homes"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import SELECT_HELP, Exit, say, task

if TYPE_CHECKING:
    from hubfleet.workflows.homes import HubHomes


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
    biggest = ", ".join(f"{home.name} {size(home.used)}" for home in each.biggest[:3])
    left = "-" if each.days_left is None else f"{each.days_left}" + (f" ({each.first_full})" if each.first_full else "")
    return (
        f"{each.cluster}/{each.hub}", each.kind, size(each.used), size(each.capacity), full,
        f"{each.homes}" + (f" ({each.measured} measured)" if each.measured < each.homes else ""),
        biggest or "-", size(each.growth_per_day), left,
    )  # fmt: skip


def size(value: int | None) -> str:
    """Bytes for people, in the units of `quota: 10Gi`."""
    if value is None:
        return "-"
    sign, left = ("-" if value < 0 else ""), float(abs(value))
    for unit in ("B", "Ki", "Mi", "Gi"):
        if left < 1024:  # noqa: PLR2004
            return f"{sign}{left:.0f} {unit}" if unit == "B" or left >= 100 else f"{sign}{left:.1f} {unit}"  # noqa: PLR2004
        left /= 1024
    return f"{sign}{left:.1f} Ti"
