"""Clusters"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import SELECT_HELP, Exit, say, task

if TYPE_CHECKING:
    from hubfleet.workflows.leftovers import Scan
    from hubfleet.workflows.versions import ClusterVersions


@task(positional=["cluster"])
def cluster_shell(c: Context, cluster: str) -> None:
    """Open a shell whose prompt names the cluster and whose kubectl and helm mean that cluster and no other."""
    from hubfleet import paths
    from hubfleet.fleet import load_fleet
    from hubfleet.workflows.cluster_shell import open_shell

    root = paths.repository()
    chosen = load_fleet(root).cluster(cluster)
    say.info(f"a shell for {cluster}; `exit` leaves it, and takes its kubeconfig with it")
    if code := open_shell(root, chosen):
        raise Exit(code=code)


@task(
    iterable=["select"],
    help={"select": SELECT_HELP, "json": "an object with `clusters` on stdout (schemas/versions.schema.yaml)"},
)
def versions(c: Context, select: list[str], json: bool = False) -> None:
    """Show which Kubernetes each cluster runs, until when it is supported, and what it could become."""
    from hubfleet import paths
    from hubfleet.workflows.versions import versions as look

    found = look(paths.repository(), select)
    if json:
        say.data({"clusters": [each.as_data() for each in found]})
    else:
        columns = ("cluster", "control plane", "channel", "pools", "available", "end of support")
        say.table("", columns, [_row(each) for each in found])
    for each in found:
        if each.versions is None:
            say.warn(f"{each.cluster}: {each.note}" + (f" (next: {each.next_step})" if each.next_step else ""))
    if select and any(each.versions is None for each in found):
        raise Exit(code=1)


@task(
    iterable=["select"],
    help={"select": SELECT_HELP, "json": "an object with `clusters` on stdout (schemas/leftovers.schema.yaml)"},
)
def leftovers(c: Context, select: list[str], json: bool = False) -> None:
    """Show what carries a cluster's tags in its cloud, what it costs, and what holds data. Deletes nothing."""
    from hubfleet import paths
    from hubfleet.clouds.prices import AS_OF
    from hubfleet.workflows.leftovers import leftovers as look

    scans = look(paths.repository(), select)
    if json:
        say.data({"prices_as_of": AS_OF, "clusters": [each.as_data() for each in scans]})
    else:
        show_scans(scans, AS_OF)
    if any(not each.complete for each in scans):
        raise Exit(code=1)


def _row(each: ClusterVersions) -> tuple[str, ...]:
    if each.versions is None:
        return (each.cluster, "unreachable", "-", "-", "-", "-")
    found = each.versions
    pools = ", ".join(f"{pool.name} {pool.version}" + (f" ({pool.size})" if pool.size else "") for pool in found.pools)
    ends = found.end_of_support.isoformat() if found.end_of_support else "?"
    return (each.cluster, found.control_plane, found.channel or "-", pools or "-", _newest(found.available), ends)


def _newest(available: tuple[str, ...]) -> str:
    """The newest few: a release channel offers dozens."""
    shown = ", ".join(reversed(available[-3:]))
    return (shown + (f" and {len(available) - 3} more" if len(available) > 3 else "")) or "-"  # noqa: PLR2004


def show_scans(scans: list[Scan], as_of: str) -> None:
    """A table of what was found, its sum, and what could not be looked at."""
    columns = ("cluster", "kind", "name", "place", "hub", "created", "$/month", "data", "in use", "remove with")
    rows = [
        (
            scan.cluster, each.kind, each.name, each.place, each.hub or "-",
            f"{each.created:%Y-%m-%d}" if each.created else "-",
            "?" if each.dollars_per_month is None else f"{each.dollars_per_month:.2f}",
            "holds data" if each.holds_data else "-", "yes" if each.in_use else "-", each.remove,
        )
        for scan in scans
        for each in scan.leftovers
    ]  # fmt: skip
    say.table("", columns, rows)
    for scan in scans:
        if scan.complete:
            more = f", and {scan.unpriced} without a known price" if scan.unpriced else ""
            say.info(f"{scan.cluster}: {len(scan.leftovers)} found, about {scan.dollars_per_month:.2f} $ a month{more}")
        else:
            next_step = f" (next: {scan.next_step})" if scan.next_step else ""
            say.warn(f"{scan.cluster}: could not be looked at: {scan.note}{next_step}")
    say.info(f"list prices of {as_of}, without discounts and traffic; nothing was changed")
