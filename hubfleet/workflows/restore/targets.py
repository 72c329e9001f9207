"""Where each volume of an archive goes in a hub, and what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubfleet.archive import programs, read
from hubfleet.archive.manifest import Volume
from hubfleet.errors import Refused
from hubfleet.workflows.mounting import Place, mounted, users_of
from hubfleet.workflows.restore.plan import Home, Planned, Target, meant, owners_for, planned, server_of
from hubfleet.workflows.restore.source import Say, Source
from hubfleet.workflows.restore.spawner import HubPod
from hubfleet.workflows.teardown import inventory
from hubfleet.workflows.teardown.inventory import Claim
from hubfleet.workflows.teardown.site import Site
from hubfleet.workflows.teardown.volumes import listing

_SERVER = "hub.jupyter.org/servername"
Chosen = Sequence[tuple[Volume, tuple[str, ...]]]


def of(
    place: Place, site: Site, source: Source, volumes: Chosen
) -> tuple[tuple[Target, ...], tuple[tuple[str, str], ...]]:
    """The targets, and what has none, with why.

    Raises:
        Refused: a user has several volumes in the hub, none of which is the one that the hub names.
    """
    claims = inventory.take(site).claims
    pod = HubPod(place.access, place.namespace, place.kubectl)
    named = [(volume.user, server_of(volume)) for volume, _ in volumes if volume.user]
    homes = dict(zip(named, pod.homes(named), strict=True)) if named else {}
    targets, left_out = [], []
    for volume, names in volumes:
        home = homes[volume.user, server_of(volume)] if volume.user else Home(volume.claim)
        home = _existing(volume, home, claims) if home and volume.user else home
        exists = home is not None and any(each.name == home.claim for each in claims)
        if home is None:
            left_out.append((volume.claim, "this hub keeps no files of its users (homes.kind)"))
        elif not exists and home.body is None:
            left_out.append((volume.claim, f"the hub has no volume {home.claim}"))
        else:
            entries = read.listing(source.store, volume, source.seal)
            targets.append(Target(volume, home, names, exists, owners_for(entries, home.uid)))
    return tuple(targets), tuple(left_out)


def in_use(place: Place) -> Mapping[str, tuple[str, ...]]:
    """Which pods use which claim now."""
    return users_of(place.kube, place.namespace)


def looked_at(place: Place, source: Source, target: Target, using: Mapping[str, tuple[str, ...]], say: Say) -> Planned:
    """A target compared with what is there. A volume that somebody works on is not looked at: that is refused."""
    wanted = meant(read.listing(source.store, target.volume, source.seal), target.chosen, target.owners)
    if not target.exists or target.home.claim in using:
        return planned(target, wanted, {})
    say(f"{target.home.claim}")
    with mounted(place, target.home.claim, {"LISTING": programs.LISTING}, say=say) as pod:
        return planned(target, wanted, listing(pod, *filter(None, [target.home.folder])))


def _existing(volume: Volume, home: Home, claims: Sequence[Claim]) -> Home:
    """The home, or the user's volume of another name that the hub has already and remembers.

    KubeSpawner keeps the name of a volume that a user's server once had (`remember_pvc_name`), also when the template
    of names has changed since.
    """
    names = {each.name for each in claims}
    own = [each.name for each in claims if each.user == volume.user and _server(each) == server_of(volume)]
    if home.claim in names or home.body is None or not own:
        return home
    if len(own) > 1:
        raise Refused(
            f"{volume.user} has several volumes in this hub",
            where=", ".join(own),
            evidence=f"the hub would make {home.claim}",
            next_step=f"let {volume.user} start a server, and see which volume it uses",
        )
    return Home(own[0], home.body, home.folder, home.uid, home.gid)


def _server(claim: Claim) -> str:
    return str((claim.template.get("annotations") or {}).get(_SERVER, ""))
