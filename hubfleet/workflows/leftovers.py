"""What clusters have, or have left behind, in their clouds, and what it costs. Nothing is ever deleted here."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet import clouds
from hubfleet.clouds.interface import Leftover
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster, load_fleet
from hubfleet.fleet.select import select_clusters, unread

_PARALLEL_CLUSTERS = 8
_IN_CLOUDS = ("gcp", "aws", "azure")


@dataclass(frozen=True)
class Scan:
    """One cluster's things in its cloud, the dearest first.

    Args:
        complete: whether the cloud was looked at; false: `note` says why not, `next_step` what helps.
    """

    cluster: str
    provider: str
    leftovers: tuple[Leftover, ...] = ()
    complete: bool = True
    note: str = ""
    next_step: str = ""

    @property
    def dollars_per_month(self) -> float:
        """The sum of what has a price."""
        return round(sum(each.dollars_per_month or 0.0 for each in self.leftovers), 2)

    @property
    def unpriced(self) -> int:
        """How many have none: the sum is at least so much."""
        return sum(1 for each in self.leftovers if each.dollars_per_month is None)

    def as_data(self) -> dict[str, Any]:
        """As schemas/leftovers.schema.yaml describes it."""
        listed = [
            {"kind": each.kind, "name": each.name, "place": each.place, "hub": each.hub,
             "created": each.created.isoformat() if each.created else None,
             "dollars_per_month": each.dollars_per_month, "holds_data": each.holds_data, "in_use": each.in_use,
             "remove": each.remove}
            for each in self.leftovers
        ]  # fmt: skip
        return {
            "cluster": self.cluster, "provider": self.provider, "complete": self.complete, "note": self.note,
            "next_step": self.next_step, "dollars_per_month": self.dollars_per_month, "unpriced": self.unpriced,
            "leftovers": listed,
        }  # fmt: skip


def leftovers(root: Path, selection: Sequence[str]) -> list[Scan]:
    """The things of the selected clusters that are in a cloud. One that can not be looked at is told, not raised.

    Raises:
        WrongUsage: the selection names what does not exist. InvalidConfiguration: the files are wrong.
    """
    fleet = load_fleet(root)
    chosen = [each for each in select_clusters(fleet, list(selection)) if each.provider in _IN_CLOUDS]
    with ThreadPoolExecutor(max_workers=_PARALLEL_CLUSTERS) as pool:
        found = list(pool.map(scan, chosen))
    return found + [_unreadable(name) for name in unread(fleet, selection)]


def _unreadable(name: str) -> Scan:
    return Scan(name, "unknown", complete=False, note="its files are wrong", next_step=f"./inv validate -s {name}")


def scan(cluster: Cluster) -> Scan:
    """One cluster's things. Never raises because of the cloud: taking a cluster down must hear all that is known."""
    try:
        found = clouds.cloud(cluster).leftovers()
    except HubfleetError as trouble:
        why = trouble.what + (f": {trouble.evidence.splitlines()[0]}" if trouble.evidence else "")
        return Scan(cluster.name, cluster.provider, complete=False, note=why, next_step=trouble.next_step)
    dearest = sorted(found, key=lambda each: (-(each.dollars_per_month or 0.0), each.kind, each.name))
    return Scan(cluster.name, cluster.provider, tuple(dearest))
