"""A real Kubernetes on this machine, made of the programs that a production cluster runs.

`up` starts what is missing and repairs what broke, `down` ends it and leaves nothing but data behind,
`status` looks. There is no daemon of hubfleet's own: the truth is what runs, found by looking. Every
process is started through a link below the cluster's folder, so a process whose first word is
`<folder>/bin/etcd` is this cluster's etcd and no other; ids are never trusted alone.

    <state>/local/       settings.json, pki, etcd, volumes, trash, images, logs, admin.conf
    /run/hubfleet/<id>/  sockets and mounts of the container runtime, real nodes only

Two kinds of nodes: `Real` runs pods (Linux, root), `Simulated` pretends them (no root needed).
docs/local-cluster.md is for people, docs/decisions/0003-local-cluster.md says why it is so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster.settings import Nodes, Real, Settings, Simulated, load, location
from hubfleet.localcluster.state import ClusterState
from hubfleet.localcluster.volumes import Home

__all__ = [
    "ClusterState", "Home", "Nodes", "Real", "Settings", "Simulated",
    "down", "images", "import_images", "kubeconfig", "status", "up",
]  # fmt: skip

Say = Callable[[str], None]


def up(
    root: Path, nodes: Nodes | None = None, say: Say = print, *, port: int = 0, folder: Path | None = None
) -> ClusterState:
    """Start the cluster, or repair it, or find that it runs.

    Args:
        root: the folder of `fleet.yaml`, which pins the programs' versions.
        nodes: `Real()` or `Simulated(count)`; default: what it was, `Real()` at first.
        say: gets one line for each thing that a person waits for.
        port: of the API server on loopback; 0: what it was, 6443 at first.
        folder: where the cluster is kept; default: `<state>/local`.

    Raises:
        WrongUsage: the port is taken, or this machine or user can not run such nodes, or the cluster that
            is there has other nodes.
        HubfleetError: a program is missing, or did not start; with the end of its log.
    """
    from hubfleet.localcluster.raising import raise_cluster

    return raise_cluster(root, folder or location(), nodes, port, say)


def down(
    say: Say = print, *, delete_data: bool = False, confirmed: bool = False, folder: Path | None = None
) -> ClusterState:
    """End the cluster: processes, mounts, interfaces, rules. Data stays, unless it is to be deleted.

    Args:
        say: gets one line for each thing that ended.
        delete_data: also delete the database, the certificates, the images and the volumes.
        confirmed: a person, or a script, agreed to lose the files in the volumes.
        folder: where the cluster is kept; default: `<state>/local`.

    Raises:
        Refused: volumes hold files and nobody confirmed; lists them. Nothing was changed.
        HubfleetError: something could not be ended or removed.
    """
    from hubfleet.localcluster.ending import end_cluster

    return end_cluster(folder or location(), say, delete_data=delete_data, confirmed=confirmed)


def status(folder: Path | None = None) -> ClusterState:
    """Look at the cluster without changing anything. Needs the API server only for what it alone knows."""
    from hubfleet.localcluster.state import look

    return look(folder or location())


def kubeconfig(folder: Path | None = None) -> Path:
    """The administrator's kubeconfig of the cluster that runs; its context is `local`.

    Raises:
        HubfleetError: it does not run.
    """
    from hubfleet.localcluster.api import answers

    place = folder or location()
    config = place / "admin.conf"
    if load(place) is None or not config.exists() or not answers(config):
        raise HubfleetError("the local cluster does not run", where=str(place), next_step="./inv local-up")
    return config


def images(folder: Path | None = None) -> tuple[str, ...]:
    """References of the images that the cluster's nodes have, sorted."""
    from hubfleet.localcluster.node_images import references

    return references(folder or location())


def import_images(archive: Path, folder: Path | None = None) -> None:
    """Give the images of an archive (`docker save`, or an OCI layout in a tar file) to the cluster's nodes."""
    from hubfleet.localcluster.node_images import take

    take(folder or location(), archive)
