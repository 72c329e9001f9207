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

_NEEDED_BYTES = 2_000_000_000
_KUBERNETES = ("kubelet", "kube-proxy", "k3s", "k3s-server", "k0s", "rke2", "microk8s")
_INSTEAD = "./inv local-up --simulated 3 needs no root; or use kind, k3d or minikube with `provider: kubeconfig`"


def check(settings: Settings) -> None:
    """Refuse what can not work here.

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
    _disk(settings.folder)
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


def _disk(folder: Path) -> None:
    place = next(each for each in (folder, *folder.parents) if each.exists())
    left = shutil.disk_usage(place).free
    if left < _NEEDED_BYTES:
        raise HubfleetError(
            f"only {left / 1e9:.1f} GB are free, the local cluster needs {_NEEDED_BYTES / 1e9:.0f}",
            where=str(place),
            next_step="free some space, or put it on another disk: XDG_STATE_HOME=/somewhere ./inv local-up",
        )


def _alone(settings: Settings) -> None:
    """Two kube-proxies would rewrite each other's rules, without end and without a word."""
    for each in identity.processes():
        name = Path(each.argv[0]).name
        stranger = name in _KUBERNETES and not each.argv[0].startswith(f"{settings.folder}/bin/")
        if stranger and identity.same_network(each):
            raise WrongUsage(
                f"another Kubernetes runs on this machine: {name} (process {each.pid})",
                where=" ".join(each.argv)[:200],
                evidence="two of them would rewrite each other's network rules",
                next_step="use it with `provider: kubeconfig`, or end it; simulated nodes can run beside it",
            )
