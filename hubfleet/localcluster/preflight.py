"""What must be so before anything is changed. Each refusal says what works instead."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.localcluster import identity, ports
from hubfleet.localcluster.daemons import running
from hubfleet.localcluster.settings import Settings

_FIRST_BYTES = 2_000_000_000
_LEFT_BYTES = 200_000_000  # for logs and the database of a cluster that has its images
_KUBERNETES = ("kubelet", "kube-proxy", "k3s", "k3s-server", "k0s", "rke2", "microk8s")
_INSTEAD = "./inv local-up --simulated 3 needs no root; or use kind, k3d or minikube with `provider: kubeconfig`"


def check(settings: Settings, *, first: bool) -> None:
    """Refuse what can not work here.

    Args:
        settings: of the cluster that is wanted.
        first: nothing of it is there yet, so it needs room for images.

    Raises:
        WrongUsage: not Linux, not root, the port is taken, or another Kubernetes is on this machine.
        HubfleetError: the disk is full.
    """
    if sys.platform != "linux":
        raise WrongUsage(
            f"the local cluster runs on Linux, not on {sys.platform}",
            next_step="use kind, k3d, minikube or Docker Desktop with `provider: kubeconfig`: ./inv demo --on CONTEXT",
        )
    if settings.real and os.geteuid() != 0:
        raise WrongUsage(
            "real nodes need root, because pods are mounts, interfaces and control groups", next_step=_INSTEAD
        )
    _port(settings)
    _disk(settings.folder, _FIRST_BYTES if first else _LEFT_BYTES)
    if settings.real:
        _alone(settings)


def _port(settings: Settings) -> None:
    ours = running(settings.folder / "bin/kube-apiserver")
    if any(f"--secure-port={settings.port}" in each.argv for each in ours) or ports.free(settings.port):
        return
    raise WrongUsage(
        f"port {settings.port} is taken by {ports.holder(settings.port)}",
        where=f"127.0.0.1:{settings.port}, where the API server is to listen",
        next_step=f"end that program, or ./inv local-up --port {ports.other_than(settings.port)}",
    )


def _disk(folder: Path, needed: int) -> None:
    place = next(each for each in (folder, *folder.parents) if each.exists())
    left = shutil.disk_usage(place).free
    if left < needed:
        raise HubfleetError(
            f"only {left / 1e9:.1f} GB are free, the local cluster needs {needed / 1e9:.1f}",
            where=str(place),
            next_step="free some space, or put it on another disk: XDG_STATE_HOME=/somewhere ./inv local-up",
        )


def _alone(settings: Settings) -> None:
    each = stranger(settings)
    if each is not None:
        raise WrongUsage(
            f"another Kubernetes runs on this machine: {Path(each.argv[0]).name} (process {each.pid})",
            where=" ".join(each.argv)[:200],
            evidence="two of them would rewrite each other's network rules, without end and without a word",
            next_step="use it with `provider: kubeconfig`, or end it; simulated nodes can run beside it",
        )


def stranger(settings: Settings) -> identity.Process | None:
    """A program of another Kubernetes that shares our network; one in a container (kind, k3d) does not."""
    for each in identity.processes():
        known = Path(each.argv[0]).name in _KUBERNETES and not each.argv[0].startswith(f"{settings.folder}/bin/")
        if known and identity.same_network(each):
            return each
    return None
