"""Removing what is archived: the release, the namespace, and then a look at what is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubfleet.archive.manifest import Manifest
from hubfleet.errors import HubfleetError, Refused
from hubfleet.fleet.home_server import CLAIM as DISK_CLAIM
from hubfleet.runs.lock import NAMESPACE as LOCKS
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.workflows.teardown import closing
from hubfleet.workflows.teardown.inventory import Claim, Inventory, Volume
from hubfleet.workflows.teardown.site import Site

SHARED_CLAIM = "homes"
_SECONDS = 300.0
_VOLUME_SECONDS = 60.0
_POLL_SECONDS = 0.3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Leftover:
    """Something outside the namespace that is still there. `next`: what a person does about it."""

    kind: str
    name: str
    next: str


def to_archive(site: Site, found: Inventory) -> tuple[Claim, ...]:
    """The claims that hold data of this hub.

    Not the homes of another hub that it only uses; nor the disk behind its own file server, which one pod alone can
    have: what is on it is read through the server, as the claim of the homes.
    """
    borrowed = SHARED_CLAIM if site.hub.homes.shared_with else ""
    served = DISK_CLAIM if site.hub.home_server else ""
    return tuple(each for each in found.claims if each.phase == "Bound" and each.name not in (borrowed, served))


def refuse_unless_archived(site: Site, found: Inventory, whole: Manifest) -> None:
    """The last look before data goes: every volume that holds some is in the archive, and nobody writes to one.

    Raises:
        Refused: one is not, or a pod uses one.
    """
    archived = {volume.uid for volume in whole.volumes}
    missing = [claim.name for claim in to_archive(site, found) if claim.uid not in archived]
    if missing:
        raise Refused(
            "volumes appeared that are not in the archive; nothing was removed",
            where=f"namespace {site.hub.namespace}",
            evidence="\n".join(missing),
            next_step="run it again: they are archived, too",
        )
    using = closing.in_use(site)
    if using:
        raise Refused(
            "volumes are in use again; nothing was removed",
            where=f"namespace {site.hub.namespace}",
            evidence="\n".join(f"{claim}: {', '.join(pods)}" for claim, pods in sorted(using.items())),
            next_step="find out who started these pods, then run it again",
        )


def uninstall(site: Site, on_line: Callable[[str], None]) -> None:
    """Remove the release, also one that was half removed before. Claims stay."""
    site.helm.uninstall(site.hub.release, site.hub.namespace, on_line=on_line)


def delete_namespace(site: Site, say: Say) -> None:
    """Delete the hub's namespace with all that is in it, and wait until it has gone.

    Raises:
        HubfleetError: it does not go, with what Kubernetes says about why.
    """
    kube, name = site.kube, site.hub.namespace
    path, end, said = f"/api/v1/namespaces/{name}", time.monotonic() + _SECONDS, ""
    try:
        with kube.errors(f"delete namespace {name}"):
            kube.raise_for(kube.http.delete(path))
        while True:
            conditions = _conditions(kube.get_json(path, f"watch namespace {name}"))
            if conditions and conditions != said:
                say(conditions)
                said = conditions
            if time.monotonic() > end:
                raise HubfleetError(
                    f"the namespace {name} does not go",
                    where=f"cluster {site.cluster.name}",
                    evidence=conditions,
                    next_step="mend what it waits for, then run this again: the archive is complete",
                )
            time.sleep(_POLL_SECONDS)
    except NotFound:
        return


def delete_share_volumes(kube: Kube, volumes: tuple[Volume, ...]) -> None:
    """The pointers to NFS shares that basehub made (they stay when a release goes); the files on the server stay."""
    for each in volumes:
        if each.ours and each.reclaim == "Retain":
            try:
                with kube.errors(f"delete volume {each.name}"):
                    kube.raise_for(kube.http.delete(f"/api/v1/persistentvolumes/{each.name}"))
            except NotFound:
                continue


def forget_lock(kube: Kube, name: str) -> None:
    """Delete the hub's Lease: nobody works on it any more."""
    try:
        with kube.errors(f"delete the lock {name}"):
            kube.raise_for(kube.http.delete(f"/apis/coordination.k8s.io/v1/namespaces/{LOCKS}/leases/{name}"))
    except NotFound:
        return


def leftovers(site: Site, before: Inventory, now: Callable[[], Inventory], say: Say) -> tuple[Leftover, ...]:
    """What is still there. Volumes that their provider is deleting get a minute for it.

    Args:
        site: the hub.
        before: what there was, for what stands outside the cluster.
        now: looks again.
        say: gets a line while it waits.
    """
    end, found = time.monotonic() + _VOLUME_SECONDS, now()
    while any(each.reclaim == "Delete" for each in found.volumes) and time.monotonic() < end:
        say(f"{len(found.volumes)} volumes are being deleted")
        time.sleep(_POLL_SECONDS)
        found = now()
    return (*_in_cluster(site, found, before), *outside(before))


def outside(found: Inventory) -> Iterator[Leftover]:
    """What no Kubernetes knows: a person removes it."""
    for domain in found.domains:
        yield Leftover("DNS name", domain, "remove the record")
    for authenticator, client in sorted(found.oauth_clients.items()):
        yield Leftover("OAuth client", f"{authenticator} {client}", "remove it at the identity provider")
    for purpose, bucket in sorted(found.buckets.items()):
        yield Leftover("bucket", f"{bucket} ({purpose})", "it goes with the next infra-apply, if its files may go")
    if found.disk:
        yield Leftover("disk of the homes", found.disk, "it goes with an infra-apply that is allowed to destroy it")
    if found.identity:
        yield Leftover("cloud identity", found.identity, "it goes with the next infra-apply")
    if "outside" in found.database:
        yield Leftover("database", found.database, "its owner archives and removes it")


def _in_cluster(site: Site, found: Inventory, before: Inventory) -> Iterator[Leftover]:
    if found.namespace:
        yield Leftover("namespace", f"{site.hub.namespace} ({found.namespace})", f"./inv teardown-hub {site.subject}")
    for each in found.volumes:
        what = each.share or each.driver or "its disk"
        yield Leftover("volume", f"{each.name} ({each.claim}, {each.reclaim}, {each.phase})",
                       f"{what} holds the files: remove them there, then kubectl delete pv {each.name}")  # fmt: skip
    for share in sorted({each.share for each in before.volumes if each.share and not site.hub.home_server}):
        owner = f"they are of {site.hub.homes.shared_with}" if site.hub.homes.shared_with else "remove them there"
        yield Leftover("files on a share", share, owner)


def _conditions(namespace: Mapping[str, Any]) -> str:
    """Why a namespace that is being deleted is still there, in Kubernetes's words."""
    found = namespace["status"].get("conditions", [])
    return "; ".join(str(each.get("message", "")) for each in found if each.get("status") == "True")
