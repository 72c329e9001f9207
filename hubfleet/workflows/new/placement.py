"""Where a hub should live, by the guidelines, and why. Pure: facts in, a proposal out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubfleet.workflows.new import guidelines
from hubfleet.workflows.new.guidelines import Guideline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from hubfleet.fleet.model import Cluster, Hub

_FIRST_CHOICE = ("gcp", "aws", "azure", "kubeconfig")


@dataclass(frozen=True)
class Crowd:
    """Many people for a time."""

    start: datetime
    end: datetime
    people: int

    def overlaps(self, other: Crowd) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Need:
    """What a new hub asks for.

    Args:
        hub: its name.
        community: the community's name, to find a cluster that is reserved for it; empty: not said.
        people: the most at the same time outside of events.
        own_billing: the community pays its own bill.
        region: where its data is or has to be; empty: anywhere.
        compliance: rules that its data comes under.
        event: its event, if it has one.
        provider: the cloud that was asked for; empty: any.
    """

    hub: str
    community: str
    people: int
    own_billing: bool = False
    region: str = ""
    compliance: tuple[str, ...] = ()
    event: Crowd | None = None
    provider: str = ""


@dataclass(frozen=True)
class Place:
    """A cluster, as far as it matters here. `hubs` and `people` are those of active hubs."""

    name: str
    provider: str
    region: str = ""
    hubs: int = 0
    people: int = 0
    events: tuple[Crowd, ...] = ()
    community: str = ""
    compliance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """A guideline, and how it applies here; `cluster` is empty where it is about the hub itself."""

    guideline: Guideline
    words: str
    cluster: str = ""


@dataclass(frozen=True)
class Proposal:
    """Where a hub should live.

    Args:
        cluster: the cluster that is there; empty: a new one should be made.
        provider: of a new cluster; empty: as the community likes.
        region: of a new cluster; empty: anywhere.
        reasons: why.
        others: why not each of the other clusters.
    """

    hub: str
    cluster: str
    provider: str
    region: str
    reasons: tuple[Reason, ...]
    others: tuple[Reason, ...]

    @property
    def command(self) -> str:
        """What to type next."""
        if self.cluster:
            return f"./inv new-hub {self.cluster}/{self.hub} ..."
        place = {"gcp": "--location", "azure": "--location", "aws": "--region"}.get(self.provider, "")
        where = f" {place} {self.region}" if place and self.region else ""
        return f"./inv new-cluster NAME --provider {self.provider}{where} ..."

    def as_data(self) -> dict[str, Any]:
        """The form of schemas/proposal.schema.yaml."""
        return {
            "hub": self.hub,
            "proposal": "existing" if self.cluster else "new",
            "cluster": self.cluster or None,
            "provider": self.provider,
            "region": self.region or None,
            "reasons": [{"guideline": each.guideline.name, "why": each.words} for each in self.reasons],
            "others": [
                {"cluster": each.cluster, "guideline": each.guideline.name, "why": each.words} for each in self.others
            ],
            "command": self.command,
        }


def place_of(cluster: Cluster, now: datetime) -> Place:
    """A cluster's facts. Events that are over count no more."""
    hubs = [hub for hub in cluster.hubs if hub.state == "active"]
    events = tuple(
        Crowd(event.start, event.end, event.people) for hub in hubs for event in hub.events if event.end > now
    )
    return Place(
        cluster.name, cluster.provider, region(cluster), len(hubs), sum(map(expected, hubs)),
        events, cluster.reserved.community, cluster.reserved.compliance,
    )  # fmt: skip


def expected(hub: Hub) -> int:
    """How many people a hub counts for at the same time, outside of events."""
    return hub.people or expected_of(hub.use_case)


def expected_of(use_case: str) -> int:
    return guidelines.EXPECTED_PEOPLE.get(use_case, guidelines.OTHER_USE_CASE_PEOPLE)


def propose(need: Need, places: Sequence[Place]) -> Proposal:
    """Where the hub should live: the cluster with the most room that nothing speaks against, else a new one."""
    against = {place.name: tuple(_against(need, place)) for place in places}
    fitting = [place for place in places if not against[place.name]]
    others = tuple(reason for place in places for reason in against[place.name][:1])
    if fitting:
        chosen = min(fitting, key=lambda place: _rank(need, place))
        rest = [_less_room(each, chosen) for each in fitting if each is not chosen]
        why = tuple(_for(need, chosen))
        return Proposal(need.hub, chosen.name, chosen.provider, chosen.region, why, (*others, *rest))
    reasons = tuple(_of_itself(need)) or tuple(_summed(against)) or _none_yet()
    return Proposal(need.hub, "", need.provider or "gcp", need.region, reasons, others)


def _rank(need: Need, place: Place) -> tuple[bool, int, float, str]:
    full = max(place.hubs / guidelines.HUBS_OF_A_CLUSTER, place.people / guidelines.PEOPLE_OF_A_CLUSTER)
    mine = bool(place.community) and place.community == need.community
    return (not mine, _FIRST_CHOICE.index(place.provider), full, place.name)


def _against(need: Need, place: Place) -> Iterator[Reason]:
    """All that speaks against a cluster, in the order of the guidelines."""
    mine = bool(place.community) and place.community == need.community
    if place.provider == "local":
        yield Reason(guidelines.PRIVATE, "is this machine's own", place.name)
    missing = sorted(set(need.compliance) - set(place.compliance))
    if missing:
        yield Reason(guidelines.COMPLIANCE, f"was not set up for {' and '.join(missing)}", place.name)
    if need.own_billing and not mine:
        yield Reason(guidelines.BILLING, "its bill is not this community's own", place.name)
    if need.region and place.region != need.region:
        words = f"is in {place.region}" if place.region else "its region is not known"
        yield Reason(guidelines.REGION, f"{words}, and the data belongs into {need.region}", place.name)
    if need.provider and place.provider != need.provider:
        yield Reason(guidelines.PROVIDER, f"is of provider {place.provider}", place.name)
    if place.community and not mine:
        yield Reason(guidelines.RESERVED, f"is reserved for {place.community}", place.name)
    if place.compliance and not need.compliance:
        yield Reason(guidelines.RESERVED, f"is reserved for hubs under {' and '.join(place.compliance)}", place.name)
    yield from _too_large(need, place, mine=mine)


def _too_large(need: Need, place: Place, *, mine: bool) -> Iterator[Reason]:
    alone = mine or not place.hubs
    people = place.people + need.people
    if need.people > guidelines.PEOPLE_OF_A_HUB and not alone:
        yield Reason(guidelines.SIZE, f"has other hubs, and {need.people} people would crowd them", place.name)
    elif people > guidelines.PEOPLE_OF_A_CLUSTER and place.hubs:
        yield Reason(guidelines.SIZE, f"it would have {people} of {guidelines.PEOPLE_OF_A_CLUSTER} people", place.name)
    if place.hubs >= guidelines.HUBS_OF_A_CLUSTER:
        yield Reason(guidelines.SIZE, f"has {place.hubs} hubs", place.name)
    event = need.event
    if event is None or alone:
        return
    same_days = sum(each.people for each in place.events if each.overlaps(event))
    if event.people > guidelines.PEOPLE_OF_AN_EVENT:
        yield Reason(guidelines.EVENT, f"has other hubs, and an event of {event.people} would crowd them", place.name)
    elif same_days + event.people > guidelines.PEOPLE_OF_AN_EVENT:
        words = f"has events of {same_days} people on those days already"
        yield Reason(guidelines.EVENT, words, place.name)


def _of_itself(need: Need) -> Iterator[Reason]:
    """What about the hub itself asks for a cluster of its own."""
    if need.compliance:
        words = f"its data comes under {' and '.join(need.compliance)}, and no cluster was set up for that"
        yield Reason(guidelines.COMPLIANCE, words)
    if need.own_billing:
        yield Reason(guidelines.BILLING, "the community pays its own bill: a project or account of its own")
    if need.people > guidelines.PEOPLE_OF_A_HUB:
        words = f"{need.people} people at the same time are more than {guidelines.PEOPLE_OF_A_HUB}"
        yield Reason(guidelines.SIZE, words)
    if need.event and need.event.people > guidelines.PEOPLE_OF_AN_EVENT:
        words = f"an event of {need.event.people} people is larger than {guidelines.PEOPLE_OF_AN_EVENT}"
        yield Reason(guidelines.EVENT, f"{words}: a cluster that goes when it is over")


def _summed(against: dict[str, tuple[Reason, ...]]) -> Iterator[Reason]:
    """Why none of the clusters will do: each guideline once."""
    seen: dict[Guideline, list[str]] = {}
    for reasons in against.values():
        first = reasons[0]
        seen.setdefault(first.guideline, []).append(f"{first.cluster} {first.words}")
    for guideline in sorted(seen, key=guidelines.ALL.index):
        yield Reason(guideline, "; ".join(seen[guideline]))


def _none_yet() -> tuple[Reason, ...]:
    return (Reason(guidelines.SIZE, "there is no cluster yet"),)


def _for(need: Need, place: Place) -> Iterator[Reason]:
    if need.compliance:
        yield Reason(guidelines.COMPLIANCE, f"it was set up for {' and '.join(need.compliance)}")
    if place.community and place.community == need.community:
        yield Reason(guidelines.RESERVED, f"it is {need.community}'s own")
    if need.region:
        yield Reason(guidelines.REGION, f"it is in {place.region}, where the data belongs")
    words = f"it has {place.hubs} of {guidelines.HUBS_OF_A_CLUSTER} hubs, for {place.people} of "
    yield Reason(guidelines.SIZE, f"{words}{guidelines.PEOPLE_OF_A_CLUSTER} people")
    if need.event:
        yield Reason(guidelines.EVENT, f"an event of {need.event.people} people fits into those days")


def _less_room(place: Place, chosen: Place) -> Reason:
    words = f"fits too; {chosen.name} comes first (own, then {', '.join(_FIRST_CHOICE[:3])}, then room)"
    return Reason(guidelines.SIZE, words, place.name)


def region(cluster: Cluster) -> str:
    """The region of a cluster; a zone of Google Cloud is in the region of its name. Empty where nobody says."""
    if cluster.provider == "gcp":
        return re.sub(r"-[a-z]$", "", str(cluster.place["location"]))
    if cluster.provider == "azure":
        return str(cluster.infrastructure.get("location", ""))
    return str(cluster.place.get("region", ""))
