"""Making homes larger: volumes of single users in their cluster, a store that all share in cluster.yaml.

Nothing here makes anything smaller or anew: no storage can shrink without losing files, so that it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet import clouds
from hubfleet.errors import HubfleetError, Refused, WrongUsage
from hubfleet.fleet import Cluster, Fleet, Hub, load_fleet
from hubfleet.fleet.edit import set_value
from hubfleet.fleet.keypath import KeyPath, dotted
from hubfleet.fleet.rewrite import Rewrite, rewrite
from hubfleet.runs import Run
from hubfleet.runs.lock import locked
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.validation import quantities
from hubfleet.workflows.deploy.namespace import ensure_own
from hubfleet.workflows.homes.measure import Volume, volumes

GIB = 2**30
_SIZE = re.compile(r"[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)")
_IN_CLOUDS = ("gcp", "aws", "azure")


@dataclass(frozen=True)
class Growth:
    """What has to happen.

    Args:
        subject: `cluster/hub`.
        kind: of the homes.
        size: as it was asked for.
        edits: files that change.
        claims: volumes that are asked to grow.
        larger: volumes that are larger already; they stay.
        note: what a person should know.
        next_step: what is to be done afterwards; empty: nothing.
    """

    subject: str
    kind: str
    size: str
    edits: tuple[Rewrite, ...] = ()
    claims: tuple[Volume, ...] = ()
    larger: tuple[Volume, ...] = ()
    note: str = ""
    next_step: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it is as large already."""
        return not self.edits and not self.claims

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "hub": self.subject, "kind": self.kind, "size": self.size, "files": [each.name for each in self.edits],
            "volumes": [each.claim for each in self.claims], "larger": [each.claim for each in self.larger],
            "note": self.note, "next_step": self.next_step,
        }  # fmt: skip


def plan(root: Path, cluster_name: str, hub_name: str, size: str) -> Growth:
    """What makes the homes of a hub as large as this. Changes nothing.

    Args:
        root: the repository.
        cluster_name: as in `clusters/`.
        hub_name: as in its cluster.yaml.
        size: of one user's volume, or of the whole store, such as `20Gi`.

    Raises:
        WrongUsage: no such cluster or hub, or no such size.
        Refused: it would become smaller, can not grow, or is not the hub's own.
    """
    wanted = size_of(size)
    fleet = load_fleet(root)
    cluster = fleet.cluster(cluster_name)
    hub = cluster.hub(hub_name)
    refuse_what_is_not_its_own(cluster, hub)
    if hub.homes.kind == "pvc":
        return _of_volumes(fleet, cluster, hub, size, wanted)
    return of_store(fleet, cluster, hub, size, wanted)


def grow(run: Run, root: Path, cluster: Cluster, hub: Hub, planned: Growth) -> None:
    """Do what was planned: first the files, so that new homes have the new size; then the volumes.

    Raises:
        HubfleetError: some volumes could not be asked; the others were, and the next call goes on.
    """
    for each in planned.edits:
        with run.step(f"write {each.name}"):
            rewrite(root, each)
    if not planned.claims:
        return
    kube = clouds.access(cluster).kube
    ensure_own(kube)
    with locked(kube, f"hub-{hub.namespace}", run), run.step("ask the volumes to grow") as step:
        troubles = []
        for volume in planned.claims:
            try:
                _ask(kube, hub.namespace, volume.claim, planned.size)
                step.say(f"{volume.claim}: {planned.size}")
            except HubfleetError as trouble:
                troubles.append(f"{volume.claim}: {trouble.evidence or trouble.what}")
        if troubles:
            raise HubfleetError(
                f"{len(troubles)} of {len(planned.claims)} volumes could not be made larger",
                where=planned.subject,
                evidence="\n".join(troubles),
                next_step=f"./inv grow-homes {planned.subject.replace('/', ' ')} {planned.size} asks them again",
            )


def size_of(text: str) -> int:
    """Bytes of a size as a person writes it.

    Raises:
        WrongUsage: it is none.
    """
    found = quantities.kubernetes(text) if _SIZE.fullmatch(text) else None
    if not found:
        raise WrongUsage(f"{text} is no size", next_step="write it like the quota in cluster.yaml: 20Gi")
    return int(found)


def refuse_what_is_not_its_own(cluster: Cluster, hub: Hub) -> None:
    """Raises Refused where there is nothing of the hub's own that could grow."""
    where = f"{cluster.name}/{hub.name}"
    if hub.homes.shared_with:
        raise Refused(
            f"{where} uses the homes of {hub.homes.shared_with}",
            where=str(hub.at),
            next_step=f"./inv grow-homes {cluster.name} {hub.homes.shared_with} SIZE",
        )
    if hub.homes.kind == "none":
        raise Refused(f"{where} keeps no homes", where=str(hub.at), next_step="homes.kind of cluster.yaml says so")
    made = hub.homes.kind != "nfs" or hub.home_server or cluster.infrastructure.get("storage")
    ours = cluster.provider in _IN_CLOUDS and made
    if hub.homes.kind != "pvc" and not ours:
        raise Refused(
            f"the file server of {where} is not made by hubfleet",
            where=str(hub.at),
            next_step=f"whoever runs {hub.homes.server or 'it'} makes it larger; homes need no change",
        )


def of_store(fleet: Fleet, cluster: Cluster, hub: Hub, size: str, wanted: int) -> Growth:
    """A store that terraform makes: its size is in cluster.yaml. Pure, but for reading that file."""
    empty = Growth(f"{cluster.name}/{hub.name}", str(hub.homes.kind), size)
    if hub.homes.kind == "efs":
        return Growth(empty.subject, empty.kind, size, note="EFS grows by itself, and is paid by what is in it")
    if wanted % GIB:
        raise WrongUsage(f"{size} is no whole number of GiB", next_step=f"{wanted // GIB + 1}Gi, for example")
    path, now = store_size(cluster, hub)
    if now is None:
        raise Refused(
            f"cluster.yaml does not say how large the homes of {empty.subject} are",
            where=cluster.at.file,
            next_step=f"add {dotted(path)} as it is now, then give the command again",
        )
    _refuse_smaller(empty.subject, dotted(path), now * GIB, wanted, f"{now}Gi", size)
    edits = _edit(fleet, cluster, path, wanted // GIB)
    note = f"{dotted(path)}: {now} -> {wanted // GIB}" if edits else f"{dotted(path)} says {now} already"
    if path == ("infrastructure", "storage", "size_gb"):
        others = [each.name for each in cluster.hubs if each.homes.kind == hub.homes.kind and each is not hub]
        note += f"; the store is also the one of {', '.join(others)}" if others else ""
    return Growth(empty.subject, empty.kind, size, edits, note=note, next_step=f"./inv infra-plan {cluster.name}")


def store_size(cluster: Cluster, hub: Hub) -> tuple[KeyPath, int | None]:
    """Where cluster.yaml says how large the store is, and what it says, in GiB.

    Disks are one for each hub, and get a size of their own; the clouds' file stores are one for all.
    """
    storage: Mapping[str, Any] = cluster.infrastructure.get("storage") or {}
    general = storage.get("size_gb")
    if hub.homes.kind != "nfs":
        return ("infrastructure", "storage", "size_gb"), general
    own = (cluster.infrastructure.get("hubs") or {}).get(hub.name) or {}
    return ("infrastructure", "hubs", hub.name, "size_gb"), own.get("size_gb") or general


def _of_volumes(fleet: Fleet, cluster: Cluster, hub: Hub, size: str, wanted: int) -> Growth:
    subject = f"{cluster.name}/{hub.name}"
    path = ("hubs", cluster.hubs.index(hub), "homes", "quota")
    declared = quantities.kubernetes(hub.homes.quota) if hub.homes.quota else None
    if declared is not None:
        _refuse_smaller(subject, dotted(path), int(declared), wanted, hub.homes.quota, size)
    kube = clouds.access(cluster).kube
    found = volumes(kube, hub.namespace)
    smaller = tuple(each for each in found if each.size < wanted)
    _refuse_fixed(kube, cluster, subject, smaller or tuple(found), hub)
    edits = () if declared == wanted else _edit(fleet, cluster, path, size)
    larger = tuple(each for each in found if each.size > wanted)
    note = f"{len(larger)} volumes are larger already and stay" if larger else ""
    next_step = f"./inv deploy-hub {cluster.name} {hub.name}" if edits else ""
    return Growth(subject, "pvc", size, edits, smaller, larger, note, next_step)


def _refuse_smaller(subject: str, key: str, now: int, wanted: int, was: str, size: str) -> None:
    if wanted < now:
        raise Refused(
            f"the homes of {subject} would become smaller: {was} -> {size}",
            where=key,
            next_step="no storage shrinks without losing files; new homes alone can be smaller: edit the quota",
        )


def _refuse_fixed(kube: Kube, cluster: Cluster, subject: str, found: tuple[Volume, ...], hub: Hub) -> None:
    """Raises Refused where the storage of these volumes can not make them larger."""
    names = {each.storage_class for each in found} or {hub.homes.storage_class}
    fixed = sorted(name for name in names if name and not _expands(kube, name))
    if not fixed:
        return
    here = cluster.provider == "local"
    raise Refused(
        f"the storage class {', '.join(fixed)} can not make volumes larger",
        where=subject,
        evidence="Volumes of the cluster on this machine are folders: their sizes are not enforced." if here else "",
        next_step="homes can already hold what the disk holds" if here else "a class with allowVolumeExpansion: true",
    )


def _expands(kube: Kube, name: str) -> bool:
    try:
        found = kube.get_json(f"/apis/storage.k8s.io/v1/storageclasses/{name}", f"look at storage class {name}")
    except NotFound:
        return False
    return found.get("allowVolumeExpansion") is True


def _edit(fleet: Fleet, cluster: Cluster, path: KeyPath, value: str | int) -> tuple[Rewrite, ...]:
    name = cluster.at.file
    before = (fleet.root / name).read_bytes()
    after = set_value(before, path, value, name)
    return () if after == before else (Rewrite(name, before, after),)


def _ask(kube: Kube, namespace: str, claim: str, size: str) -> None:
    body = {"spec": {"resources": {"requests": {"storage": size}}}}
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}"
    headers = {"Content-Type": "application/merge-patch+json"}
    with kube.errors(f"make volume {claim} larger"):
        kube.raise_for(kube.http.patch(path, content=json.dumps(body), headers=headers))
