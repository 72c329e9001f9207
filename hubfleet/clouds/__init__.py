"""How each kind of cluster is reached."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubfleet.clouds.access import Access
from hubfleet.errors import WrongUsage

if TYPE_CHECKING:
    from hubfleet.clouds.interface import Cloud
    from hubfleet.fleet import Cluster

__all__ = ["Access", "access", "cloud"]

_KEPT_SECONDS = 300.0
_kept: dict[Any, tuple[Access, float]] = {}


def access(cluster: Cluster) -> Access:
    """How to reach this cluster. For gcp, aws and azure the cloud is asked where its API is.

    Raises:
        HubfleetError: the local cluster does not run, or the kubeconfig or its context is missing.
        LoginNeeded, Refused, Unanswered: the cloud does not know us, does not let us in, or does not answer.
    """
    if cluster.provider == "local":
        from hubfleet import localcluster

        return Access(cluster.name, localcluster.kubeconfig())
    if cluster.provider == "kubeconfig":
        return _own(cluster)
    return _asked(cluster)


def cloud(cluster: Cluster) -> Cloud:
    """The cluster's place in its cloud. Nothing is contacted yet; only its provider's library will be imported.

    Raises:
        WrongUsage: it is in no cloud that hubfleet knows.
    """
    if cluster.provider == "gcp":
        from hubfleet.clouds.gcp import Gke

        return Gke(cluster)
    if cluster.provider == "aws":
        from hubfleet.clouds.aws import Eks

        return Eks(cluster)
    if cluster.provider == "azure":
        from hubfleet.clouds.azure import Aks

        return Aks(cluster)
    raise WrongUsage(
        f"the cluster {cluster.name} is in no cloud: its provider is {cluster.provider}",
        where=str(cluster.at),
        next_step="this works with the providers gcp, aws and azure",
    )


def _asked(cluster: Cluster) -> Access:
    """The cloud's answer, kept for a few minutes: a rollout asks for the same cluster once for each hub."""
    key = (cluster.name, cluster.provider, *sorted(cluster.place.items()))
    kept, until = _kept.get(key, (None, 0.0))
    if kept is None or time.monotonic() > until or not kept.kubeconfig.is_file():
        kept = cloud(cluster).access()
        _kept[key] = (kept, time.monotonic() + _KEPT_SECONDS)
    return replace(kept)  # each caller has a client of its own, to close as it likes


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
