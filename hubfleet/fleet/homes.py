"""Where users' files live, as values of the JupyterHub chart.

`pvc` gives each user a volume of their own. The file stores (nfs, filestore, efs, azure-files) are one
volume for all, which helm/basehub claims under the name below; each user sees their own folder of it.
A hub of kind nfs that names no path serves its own disk; with a path, it is somebody else's file server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from hubfleet.fleet.home_server import CLOUDS, EXPORT, disk_is_wanted, disk_of, put_home_server
from hubfleet.fleet.keypath import dotted
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.made import Made
    from hubfleet.fleet.model import Cluster, Homes, Hub, Location

CLAIM = "homes"
_STORAGE = "jupyterhub.singleuser.storage"


class Where(Protocol):
    """Where the hub is written."""

    @property
    def path(self) -> KeyPath:
        """The hub's path in cluster.yaml."""

    def hub(self, *path: str) -> Location:
        """The place of one of the hub's keys."""

    def outputs(self, *path: str) -> Location:
        """The place of a key in outputs.yaml."""


def put_homes(made: Made, cluster: Cluster, hub: Hub, where: Where) -> Finding | None:
    """Put the homes of a hub, or say why they can not be had.

    Args:
        made: the layer in the making.
        cluster: the hub's cluster.
        hub: the hub.
        where: where the hub is written.
    """
    at = where.hub("homes")
    owner = _owner(cluster, hub)
    if owner is None:
        wanted = hub.homes.shared_with
        return _trouble(where, "shared-with", f"the cluster has no hub {wanted} with homes of its own")
    homes = owner.homes
    if homes.kind == "none":
        made.put(f"{_STORAGE}.type", "none", at)
        return None
    if homes.kind == "pvc":
        if owner is not hub:
            message = f"the homes of {owner.name} are volumes of single users, which no other hub can use"
            return _trouble(where, "shared-with", message, "share homes of kind nfs, filestore, efs or azure-files")
        _put_volumes(made, homes, at)
        return None
    if owner.home_server:
        return _put_own_server(made, cluster, hub, owner, where)
    return _put_file_store(made, cluster, owner, where)


def _owner(cluster: Cluster, hub: Hub) -> Hub | None:
    """The hub whose homes these are: itself, or the one it shares with."""
    if not hub.homes.shared_with:
        return hub
    found = [each for each in cluster.hubs if each.name == hub.homes.shared_with]
    return found[0] if found and not found[0].homes.shared_with else None


def _put_volumes(made: Made, homes: Homes, at: Location) -> None:
    made.put(f"{_STORAGE}.type", "dynamic", at)
    if homes.quota:
        made.put(f"{_STORAGE}.capacity", homes.quota, at)
    if homes.storage_class:
        made.put(f"{_STORAGE}.dynamic.storageClass", homes.storage_class, at)


def _put_file_store(made: Made, cluster: Cluster, owner: Hub, where: Where) -> Finding | None:
    server, path, root = owner.homes.server, owner.homes.path, ""
    if owner.homes.kind != "nfs":
        server = server or cluster.outputs.homes_server
        root = "" if path else cluster.outputs.homes_path or "/"
        path = path or f"{root.rstrip('/')}/{owner.name}"
    if not server:
        if owner.homes.kind == cluster.infrastructure.get("storage", {}).get("kind"):  # asked for, and still to be made
            message = f"the {owner.homes.kind} of these homes is not made yet, so that the hub can not be deployed"
            hint = f"./inv infra-plan {cluster.name}, then infra-apply: it writes the address to outputs.yaml"
            return _trouble(where, "kind", message, hint, "warning")
        message = f"no {owner.homes.kind} is known on this cluster"
        hint = f"infra-apply writes it to {cluster.folder.name}/outputs.yaml (homes.server, homes.path)"
        return _trouble(where, "kind", message, hint)
    at = where.hub("homes")
    _put_share(made, server, path, at)
    if root:
        made.put("basehub.homes.nfs.root", root, at)  # the folder is this hub's alone, and nobody else makes it
    return None


def _put_own_server(made: Made, cluster: Cluster, hub: Hub, owner: Hub, where: Where) -> Finding | None:
    """The owner's file server; the owner itself also runs it. A retired hub may have lost its disk already."""
    at = where.hub("homes")
    _put_share(made, owner.homes.server, EXPORT, at)
    if owner is not hub:
        return None
    disk = disk_of(cluster, hub)
    if disk:
        put_home_server(made, cluster, hub, disk, (at, where.outputs("hubs", hub.name, "disk")))
        return None
    return _no_disk(cluster, hub, where) if hub.state != "retired" else None


def _no_disk(cluster: Cluster, hub: Hub, where: Where) -> Finding:
    """A disk that is still to be made is no mistake in the files, though the hub can not be deployed yet."""
    if disk_is_wanted(cluster, hub):
        message = "the disk of these homes is not made yet, so that the hub can not be deployed"
        hint = f"./inv infra-plan {cluster.name}, then infra-apply: it writes the disk to outputs.yaml"
        return _trouble(where, "kind", message, hint, "warning")
    message = "no disk is known for these homes, and none is asked for"
    hint = f"infrastructure.hubs.{hub.name}.size_gb asks for one; " if cluster.provider in CLOUDS else ""
    return _trouble(where, "kind", message, f"{hint}for somebody else's file server, say homes.path")


def _put_share(made: Made, server: str, path: str, at: Location) -> None:
    made.put("basehub.homes.nfs.server", server, at)
    made.put("basehub.homes.nfs.path", path, at)
    made.put(f"{_STORAGE}.type", "static", at)
    made.put(f"{_STORAGE}.static.pvcName", CLAIM, at)
    made.put(f"{_STORAGE}.static.subPath", "{username}", at)


def _trouble(
    where: Where, key: str, message: str, hint: str = "", severity: Literal["error", "warning"] = "error"
) -> Finding:
    at = where.hub("homes", key)
    return Finding(at.file, at.line, dotted((*where.path, "homes", key)), message, hint, "no-homes", severity)
