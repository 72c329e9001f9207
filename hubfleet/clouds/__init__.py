"""How each kind of cluster is reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hubfleet.clouds.access import Access
from hubfleet.errors import HubfleetError, WrongUsage

if TYPE_CHECKING:
    from hubfleet.fleet import Cluster

__all__ = ["Access", "access"]


def access(cluster: Cluster) -> Access:
    """How to reach this cluster. Nothing is contacted yet.

    Raises:
        HubfleetError: the local cluster does not run, or the kubeconfig or its context is missing.
    """
    if cluster.provider == "local":
        from hubfleet import localcluster

        return Access(cluster.name, localcluster.kubeconfig())
    if cluster.provider == "kubeconfig":
        return _own(cluster)
    raise HubfleetError(
        f"this version can not log in to {cluster.provider} clusters by itself",
        where=f"clusters/{cluster.name}/cluster.yaml",
        next_step="make a kubeconfig with the cloud's own command, and set `provider: kubeconfig` with its context",
    )


def _own(cluster: Cluster) -> Access:
    """A context of a kubeconfig that the person already has; it is read, never written."""
    settings = cluster.place
    path = Path(settings.get("file") or os.environ.get("KUBECONFIG") or "~/.kube/config").expanduser()
    if not path.is_file():
        raise WrongUsage(
            f"there is no kubeconfig {path}",
            where=f"clusters/{cluster.name}/cluster.yaml, kubeconfig.file",
            next_step="kubectl config get-contexts shows what you have",
        )
    return Access(cluster.name, path, str(settings.get("context") or ""))
