"""A new hub: its entry in cluster.yaml and its files, all valid, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubfleet.errors import HubfleetError, Refused, WrongUsage
from hubfleet.fleet.load import load_whole_fleet
from hubfleet.validation.rules.undecided import lines_marked
from hubfleet.workflows import way_in
from hubfleet.workflows.new import draft
from hubfleet.workflows.new.answers import name_trouble, near_name
from hubfleet.workflows.new.hub_text import community_text, entry_text, values_text
from hubfleet.workflows.new.insertion import with_hub

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hubfleet.fleet.model import Cluster, Fleet
    from hubfleet.validation.validate import Renderer

FILE_STORES = ("filestore", "efs", "azure-files")


@dataclass(frozen=True)
class Contact:
    """A person of the community."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True)
class Event:
    """A time when many people come; start and end as cluster.yaml has them."""

    name: str
    start: str
    end: str
    people: int


@dataclass(frozen=True)
class Hub:
    """What a new hub is; the words are those of schemas/cluster.schema.yaml.

    Args:
        login: the authenticator that its own values set; empty: the cluster's common values do.
        admins: user names of the community's administrators.
        members: user names that may log in, where access is members.
        people: the most at the same time outside of events; None: not said.
    """

    name: str
    domain: str
    use_case: str
    stage: str
    access: str
    community_type: str
    contacts: tuple[Contact, ...]
    homes: Mapping[str, str]
    display_name: str = ""
    community: str = ""
    login: str = ""
    admins: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    people: int | None = None
    event: Event | None = None


@dataclass(frozen=True)
class Written:
    """What was written, or would be.

    Args:
        files: texts of the new files and of cluster.yaml, by name.
        entry: what is new in cluster.yaml.
        to_decide: whether something in it is marked DECIDE.
        notes: what to look at.
        way_in: how people get in, besides its deploy; empty where nothing was written.
    """

    files: Mapping[str, str] = field(repr=False)
    entry: str
    to_decide: bool = False
    notes: tuple[str, ...] = ()
    way_in: tuple[str, ...] = ()


def files_of(cluster: Cluster, hub: Hub) -> dict[str, str]:
    """The hub's own files, by name relative to the repository. Pure."""
    folder = f"clusters/{cluster.name}"
    return {
        f"{folder}/{hub.name}.values.yaml": values_text(cluster.name, hub),
        f"{folder}/{hub.name}.community.yaml": community_text(hub),
    }


def make(root: Path, cluster_name: str, hub: Hub, *, renderer: Renderer | None = None, write: bool = True) -> Written:
    """Add the hub to cluster.yaml and write its files, after a look at the fleet as it would be.

    Args:
        root: the repository.
        cluster_name: the cluster that gets it.
        hub: what is made.
        renderer: renders the new hub; None: it is only read.
        write: False: everything but the writing.

    Raises:
        WrongUsage: there is no such cluster, or the hub can not have this name.
        Refused: the hub, its domain or its files are there already.
        InvalidConfiguration: it would not be valid.
    """
    with draft.alone(root) as scratch:
        fleet = load_whole_fleet(root)
        cluster = fleet.cluster(cluster_name)
        others = refuse_name(cluster, hub.name)
        _refuse_domain(fleet, hub.domain)
        new = files_of(cluster, hub)
        _refuse_files(root, new)
        name = cluster.at.file
        before = (root / name).read_bytes()
        text = with_hub(before.decode(), entry_text(hub), name)
        draft.tried(root, scratch, {**new, name: text}, f"{cluster.name}/{hub.name}", renderer)
        if write:
            draft.placed_files(root, scratch, new, (name, before))
    near = near_name(hub.name, others)
    notes = (f"there is also a hub {near}: do not mix them up",) if near else ()
    entry = entry_text(hub)
    to_decide = any(lines_marked(each) for each in (entry, *new.values()))
    return Written({**new, name: text}, entry, to_decide, notes, _way_in(root, cluster_name, hub.name) if write else ())


def _way_in(root: Path, cluster_name: str, hub_name: str) -> tuple[str, ...]:
    fleet = load_whole_fleet(root)
    cluster = fleet.cluster(cluster_name)
    return way_in.of_files(fleet, cluster, cluster.hub(hub_name))


def refuse_name(cluster: Cluster, name: str) -> list[str]:
    """The names of the cluster's hubs, if a new one may have this name.

    Raises:
        Refused: there is such a hub, perhaps retired.
        WrongUsage: it is no name for a hub.
    """
    taken = {hub.name: hub for hub in cluster.hubs}
    if name in taken:
        retired = taken[name].state == "retired"
        raise Refused(
            f"there is already a hub {cluster.name}/{name}"
            + (", retired" if retired else "")
            + ": nothing was written",
            where=str(taken[name].at),
            next_step="choose another name" + (": a retired hub's name stays its own" if retired else ""),
        )
    if trouble := name_trouble(name, taken, "hub"):
        raise WrongUsage(f"{name!r} can not be the hub's name", evidence=trouble, next_step="choose another name")
    return sorted(taken)


def file_store(cluster: Cluster) -> str:
    """The kind of the file store that the cluster has; empty when it has none that is known."""
    storage = cluster.infrastructure.get("storage")
    kind = storage.get("kind", "") if isinstance(storage, dict) else ""
    kinds = {hub.homes.kind for hub in cluster.hubs if hub.homes.kind in FILE_STORES}
    found = kind if kind in FILE_STORES else next(iter(sorted(map(str, kinds))), "")
    return str(found) if cluster.outputs.homes_server else ""


def _refuse_domain(fleet: Fleet, domain: str) -> None:
    """Validation would say it at whichever of the two hubs comes later."""
    for cluster in fleet.clusters:
        for hub in cluster.hubs:
            if domain in hub.domains and hub.state != "retired":
                raise Refused(
                    f"the domain {domain} is the one of {cluster.name}/{hub.name}: nothing was written",
                    where=str(hub.at),
                    next_step="give the new hub a domain of its own: --domain",
                )


def _refuse_files(root: Path, new: Mapping[str, str]) -> None:
    for name, text in new.items():
        path = root / name
        try:
            there = path.read_bytes() if path.exists() else None
        except OSError as error:
            raise HubfleetError(f"{name} is there and can not be read", where=name, evidence=str(error)) from None
        if there is not None and there != text.encode():
            raise Refused(
                f"{name} is there already, and says something else: nothing was written",
                where=name,
                next_step="look at it, and move it away if nobody needs it",
            )
