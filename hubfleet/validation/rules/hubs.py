"""Entries of hubs: homes, events, node pools, rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubfleet.fleet.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import HubEntry, Tree

_UNSHARED = {
    "pvc": ("the homes there are volumes of single users", "share homes of kind nfs, filestore, efs or azure-files"),
    "none": ("the hub there has no homes (kind: none)", "name a hub that has homes"),
}


def homes_shared(tree: Tree) -> Iterator[Finding]:
    """Homes are shared with a hub of the same cluster that exists, is not retired, and has homes of its own."""
    for hub in tree.hubs:
        other = hub.mapping("homes").get("shared-with")
        if not isinstance(other, str):
            continue
        others = {each.name: each for each in hub.cluster.hubs if each.name}
        trouble, hint = _sharing(hub, others.get(other), other)
        if trouble:
            hint = hint or did_you_mean(other, set(others) - {hub.name})
            yield hub.finding(("homes", "shared-with"), trouble, hint)


def _sharing(hub: HubEntry, other: HubEntry | None, name: str) -> tuple[str, str]:
    """What is wrong with sharing, and what to do; empty when it is right."""
    if name == hub.name:
        return "a hub can not share its homes with itself", "name the hub that has the homes"
    if other is None:
        return f"the cluster has no hub {name}", ""
    if other.retired and not hub.retired:
        return f"the hub {name} is retired: its homes will be archived and removed", "give this hub homes of its own"
    homes = other.mapping("homes")
    if "shared-with" in homes:
        return f"the hub {name} has no homes of its own", "name the hub that has the homes"
    return _UNSHARED.get(str(homes.get("kind")), ("", ""))


def homes_none(tree: Tree) -> Iterator[Finding]:
    """A production hub without homes loses its users' files at every stop of a server: is that meant?"""
    for hub in tree.hubs:
        if hub.mapping("homes").get("kind") == "none" and hub.text("stage") == "production" and not hub.retired:
            message = "users of this production hub lose their files when their server stops"
            yield hub.finding(("homes", "kind"), message, "kind: pvc keeps them", warning=True)


def event_hub_retired(tree: Tree) -> Iterator[Finding]:
    """A retired hub has no events ahead: nobody would find it."""
    for hub in tree.hubs:
        events = hub.data.get("events")
        for index, event in enumerate(events if hub.retired and isinstance(events, list) else []):
            end = event.get("end") if isinstance(event, dict) else None
            if isinstance(end, str) and end[:10] >= tree.today.isoformat():
                yield hub.finding(("events", index), "a retired hub has an event ahead", "remove it, or keep the hub")


def node_pool_size(tree: Tree) -> Iterator[Finding]:
    """A node pool's least size is not above its greatest."""
    for hub in tree.hubs:
        pool = hub.mapping("node_pool")
        least, most = pool.get("min"), pool.get("max")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield hub.finding(("node_pool", "min"), f"min {least} is greater than max {most}")


def rounds(tree: Tree) -> Iterator[Finding]:
    """A round of a rollout moves hubs that exist and are not retired."""
    listed = tree.settings.data.get("rounds") if tree.settings else None
    names = {word: hub for hub in tree.hubs for word in (hub.where(), hub.cluster.name)}
    live = {hub.where() for hub in tree.hubs if not hub.retired}
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        words = entry.get("hubs") if isinstance(entry, dict) else None
        for place, word in enumerate(words if isinstance(words, list) else []):
            if not isinstance(word, str) or "=" in word or tree.settings is None:
                continue
            path = ("rounds", index, "hubs", place)
            if word not in names:
                hint = did_you_mean(word, names)
                yield tree.settings.finding(path, f"there is no cluster or hub {word}", rule="", hint=hint)
            elif "/" in word and word not in live:
                yield tree.settings.finding(path, f"{word} is retired", rule="", hint="take it out of the round")
