"""How every hub is: one metadata call per cluster, clusters in parallel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hubfleet import clouds
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster, Fleet, Hub, address, load_fleet, select, support
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.fleet.select import unread
from hubfleet.tools import releases
from hubfleet.tools.releases import Release
from hubfleet.workflows.deploy.target import Target, target_of

_PARALLEL_CLUSTERS = 8
NEXT = "; next: "
"""Parts a note into why a cluster could not be looked at, and what helps."""
_SUPPORT = (support.NAME, support.NAME)  # namespace and release: no hub


@dataclass(frozen=True)
class HubStatus:
    """One hub as it is.

    Args:
        state: helm's word (deployed, failed, pending-upgrade, ...), `not-installed`, `unreachable`,
            `unverified` where it is deployed and never passed its health check, or `unreadable` for the hubs of a
            cluster whose files are wrong, which are then one row of the name `?`.
        declared: what its file says: active, read-only, retired, or `unknown` for a release that no file knows.
        revision: helm's, 0 when not installed.
        chart: version of the JupyterHub chart that is deployed; empty when hubfleet did not deploy it.
        in_sync: whether the cluster has what the files ask for; None when that can not be known.
        operator, deployed, commit: who deployed last, when (UTC, ISO 8601), from which commit.
        note: why it could not be looked at.
    """

    cluster: str
    hub: str
    state: str
    declared: str
    stage: str
    revision: int
    chart: str
    url: str
    in_sync: bool | None
    operator: str = ""
    deployed: str = ""
    commit: str = ""
    note: str = ""


def status(root: Path, selection: Sequence[str]) -> list[HubStatus]:
    """The hubs that were selected (all, when nothing was), sorted; and releases that no file knows.

    Raises:
        WrongUsage: the selection names what does not exist. InvalidConfiguration: the files are wrong.
    """
    fleet = load_fleet(root)
    chosen: dict[str, tuple[Cluster, list[Hub]]] = {}
    for cluster, hub in select(fleet, list(selection)):
        chosen.setdefault(cluster.name, (cluster, []))[1].append(hub)

    def look(entry: tuple[Cluster, list[Hub]]) -> list[HubStatus]:
        cluster, hubs = entry
        targets = partial(target_of, root, fleet, cluster)
        return _cluster(cluster, hubs, targets, partial(_url, fleet, cluster), everything=not selection)

    with ThreadPoolExecutor(max_workers=_PARALLEL_CLUSTERS) as pool:
        found = [each for group in pool.map(look, chosen.values()) for each in group]
    found += _unreadable(fleet, selection)
    return sorted(found, key=lambda each: (each.cluster, each.hub))


def _cluster(
    cluster: Cluster, hubs: list[Hub], target: Callable[[Hub], Target], url: Callable[[Hub], str], *, everything: bool
) -> list[HubStatus]:
    try:
        found = releases.releases(clouds.access(cluster).kube)
    except HubfleetError as trouble:
        why = trouble.what + (f"{NEXT}{trouble.next_step}" if trouble.next_step else "")
        return [_unreachable(cluster, hub, url(hub), why) for hub in hubs]
    known = [_hub(cluster, hub, target, found.get((hub.namespace, hub.release))) for hub in hubs]
    return known + (_unknown(cluster, found) if everything else [])


def _hub(cluster: Cluster, hub: Hub, target: Callable[[Hub], Target], found: Release | None) -> HubStatus:
    try:
        wanted = target(hub)
        digest, url, note = wanted.digest, wanted.url, ""
    except (
        HubfleetError
    ) as trouble:  # its chart can not be had, or its values are wrong: the release is seen all the same
        digest, url, note = "", address.url(cluster, hub, {}), trouble.what
    base = HubStatus(cluster.name, hub.name, "not-installed", hub.state, hub.stage, 0, "", url, None, note=note)
    if found is None:
        return replace(base, in_sync=hub.state == "retired")
    in_sync = found.status == "deployed" and found.digest == digest and hub.state != "retired"
    return replace(
        base,
        state="unverified" if found.status == "deployed" and found.digest and not found.verified else found.status,
        revision=found.revision,
        chart=found.labels.get("chart", ""),
        in_sync=in_sync if digest else None,
        operator=found.labels.get("operator", ""),
        deployed=found.created,
        commit=found.labels.get("commit", ""),
    )


def _unknown(cluster: Cluster, found: Mapping[tuple[str, str], Release]) -> list[HubStatus]:
    """Releases that hubfleet made and that no file of the cluster knows: forgotten hubs cost money and hold data."""
    files = {(hub.namespace, hub.release) for hub in cluster.hubs}
    return [
        HubStatus(cluster.name, each.name, each.status, "unknown", "", each.revision, each.labels.get("chart", ""), "",
                  in_sync=False, deployed=each.created, note=f"namespace {each.namespace}: no file knows it")
        for key, each in found.items()
        if key not in files and key != _SUPPORT and each.labels.get("run")
    ]  # fmt: skip


def _unreadable(fleet: Fleet, selection: Sequence[str]) -> list[HubStatus]:
    wrong = "its files are wrong: ./inv validate -s"
    return [
        HubStatus(name, "?", "unreadable", "unknown", "", 0, "", "", None, note=f"{wrong} {name}")
        for name in unread(fleet, selection)
    ]


def _unreachable(cluster: Cluster, hub: Hub, url: str, why: str) -> HubStatus:
    return HubStatus(cluster.name, hub.name, "unreachable", hub.state, hub.stage, 0, "", url, None, note=why)


def _url(fleet: Fleet, cluster: Cluster, hub: Hub) -> str:
    """Where people find a hub once its cluster is there again."""
    try:
        values = resolve(fleet, cluster, hub, secrets=placeholders, images=lambda name: name).values
    except HubfleetError:
        values = {}
    return address.url(cluster, hub, values)
