"""How full the homes of hubs are, and when they will be full."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hubfleet import clouds
from hubfleet.clouds import Access
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster, Hub, load_fleet, select
from hubfleet.fleet.select import unread
from hubfleet.runs import start
from hubfleet.runs.lock import locked
from hubfleet.validation import quantities
from hubfleet.workflows.deploy.namespace import ensure_own
from hubfleet.workflows.homes import measure, memory
from hubfleet.workflows.homes.measure import Measured
from hubfleet.workflows.homes.readings import DAY, WHOLE, Home, Memory, days_left, to_remember

_PARALLEL_CLUSTERS = 8
_BIGGEST = 5
Say = Callable[[str], None]


@dataclass(frozen=True)
class HubHomes:
    """The homes of one hub.

    Args:
        kind: as in cluster.yaml; `shared-with` where they are another hub's; `unknown` for the hubs of a cluster whose
            files are wrong, which are one row of the name `?`.
        used, capacity: bytes; None: not known. The capacity of volumes is what all were asked for.
        homes: how many there are. measured: how many were measured now.
        biggest: the largest, of now or of earlier.
        growth_per_day: bytes; None: there are no readings a day apart yet.
        days_left: until the store, or the first of the volumes, is full as it grew so far.
        first_full: whose home that is.
        note: what a person should know.
        complete: whether it could be looked at.
    """

    cluster: str
    hub: str
    kind: str
    used: int | None = None
    capacity: int | None = None
    homes: int = 0
    measured: int = 0
    biggest: tuple[Home, ...] = ()
    growth_per_day: int | None = None
    days_left: int | None = None
    first_full: str = ""
    note: str = ""
    complete: bool = True

    def as_data(self) -> dict[str, Any]:
        """As schemas/homes.schema.yaml describes it."""
        listed = [
            {"name": each.name, "used": each.used, "size": each.size or None, "measured": _time(each.at)}
            for each in self.biggest
        ]
        return {
            "cluster": self.cluster, "hub": self.hub, "kind": self.kind, "complete": self.complete, "used": self.used,
            "capacity": self.capacity, "homes": self.homes, "measured": self.measured, "biggest": listed,
            "growth_per_day": self.growth_per_day, "days_left": self.days_left, "first_full": self.first_full,
            "note": self.note,
        }  # fmt: skip


def homes(root: Path, selection: Sequence[str], *, look: bool, say: Say) -> list[HubHomes]:
    """The homes of the selected hubs. A hub that can not be looked at is told, not raised.

    Args:
        root: the repository.
        selection: words as in --select.
        look: mount volumes that no kubelet tells about.
        say: gets a line for what takes time.

    Raises:
        WrongUsage: the selection names what does not exist. InvalidConfiguration: the files are wrong.
    """
    chosen: dict[str, tuple[Cluster, list[Hub]]] = {}
    fleet = load_fleet(root)
    for cluster, hub in select(fleet, list(selection)):
        if hub.state != "retired":
            chosen.setdefault(cluster.name, (cluster, []))[1].append(hub)

    def of_cluster(entry: tuple[Cluster, list[Hub]]) -> list[HubHomes]:
        cluster, hubs = entry
        try:
            access = clouds.access(cluster)
        except HubfleetError as trouble:
            return [HubHomes(cluster.name, hub.name, kind_of(hub), note=trouble.what, complete=False) for hub in hubs]
        return [_of_hub(root, cluster, hub, access, look=look, say=say) for hub in hubs]

    with ThreadPoolExecutor(max_workers=_PARALLEL_CLUSTERS) as pool:
        found = [each for group in pool.map(of_cluster, chosen.values()) for each in group]
    wrong = "its files are wrong: ./inv validate -s"
    return found + [
        HubHomes(name, "?", "unknown", note=f"{wrong} {name}", complete=False) for name in unread(fleet, selection)
    ]


def kind_of(hub: Hub) -> str:
    """What a hub's homes are, in one word."""
    return "shared-with" if hub.homes.shared_with else hub.homes.kind or "none"


def _of_hub(root: Path, cluster: Cluster, hub: Hub, access: Access, *, look: bool, say: Say) -> HubHomes:
    empty = HubHomes(cluster.name, hub.name, kind_of(hub))
    if hub.homes.shared_with:
        return replace(empty, note=f"see {cluster.name}/{hub.homes.shared_with}")
    if hub.homes.kind == "none":
        return replace(empty, note="servers start empty: nothing is kept")
    try:
        found, before = (
            _measured(root, cluster, hub, access, look=look, say=say),
            memory.recall(access.kube, hub.namespace),
        )
        after = to_remember(before, found.homes)
        note = _kept(access, hub, after) if found.homes else ""
    except HubfleetError as trouble:
        return replace(empty, note=trouble.what, complete=False)
    return summed(replace(empty, note=note), found, after)


def _measured(root: Path, cluster: Cluster, hub: Hub, access: Access, *, look: bool, say: Say) -> Measured:
    """Pods of ours are made under the hub's lock only: a deploy or an archive of its volumes goes on undisturbed."""
    if hub.homes.kind == "pvc" and not look:
        return measure.own_volumes(root, access, hub, look=False, say=say)
    run = start(root, "homes", f"{cluster.name}/{hub.name}")
    ensure_own(access.kube)
    with run.ending(), locked(access.kube, f"hub-{hub.namespace}", run):
        if hub.homes.kind == "pvc":
            return measure.own_volumes(root, access, hub, look=True, say=say)
        quota = int(quantities.kubernetes(hub.homes.quota) or 0)
        return measure.shared_store(root, access, hub, quota=quota, say=say)


def _kept(access: Access, hub: Hub, after: Mapping[str, Memory]) -> str:
    try:
        memory.keep(access.kube, hub.namespace, after)
    except HubfleetError as trouble:
        return f"not remembered: {trouble.what}"
    return ""


def summed(empty: HubHomes, found: Measured, known: Mapping[str, Memory]) -> HubHomes:
    """What was measured, and for what was not, what is remembered, as one answer. Pure."""
    whole = found.homes.get(WHOLE)
    now = {name: home for name, home in found.homes.items() if name != WHOLE}
    earlier = {name: Home(name, int(known[name].used), 0, known[name].at) for name in found.missing if name in known}
    every = {**earlier, **now}
    unknown = len(found.missing) - len(earlier)
    store = [whole] if whole else list(every.values())
    left = {home.name: days_left(home, _growth(known, home.name)) for home in store}
    soonest = min(
        (name for name, days in left.items() if days is not None), key=lambda name: left[name] or 0, default=""
    )
    growth = [each for home in store if (each := _growth(known, home.name)) is not None]
    return replace(
        empty,
        used=whole.used if whole else sum(home.used for home in every.values()) if every or not found.missing else None,
        capacity=(whole.size or None) if whole else sum(home.size for home in now.values()) or None,
        homes=len(now) + len(found.missing),
        measured=len(now),
        biggest=tuple(sorted(every.values(), key=lambda home: (-home.used, home.name))[:_BIGGEST]),
        growth_per_day=int(sum(growth)) if growth else None,
        days_left=left.get(soonest),
        first_full="" if soonest == WHOLE else soonest,
        note="; ".join(filter(None, (empty.note, *_notes(found, unknown, earlier)))),
    )


def _growth(known: Mapping[str, Memory], name: str) -> float | None:
    return known[name].growth if name in known else None


def _notes(found: Measured, unknown: int, earlier: Mapping[str, Home]) -> list[str]:
    said = []
    if earlier:
        oldest = (time.time() - min(home.at for home in earlier.values())) / DAY
        when = "within the last day" if oldest <= 1 else f"up to {round(oldest)} days ago"
        said.append(f"{len(earlier)} not mounted now: as they were {when}")
    if unknown:
        said.append(f"{unknown} not mounted and never measured: --measure looks into them")
    if found.unfinished:
        said.append(f"too much to look through in time: {', '.join(found.unfinished)} hold at least so much")
    return said


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
