"""Where the programs of the cluster are, and in which environment they run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import daemons
from hubfleet.localcluster.settings import Settings

KUBERNETES = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
    "hostpath-provisioner", "api-door",
)  # fmt: skip
_SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

Find = Callable[[str, Path], Path]


@dataclass(frozen=True)
class Programs:
    """Paths of what the cluster runs. What its kind of nodes does not need is None."""

    version: str
    kubeadm: Path
    env: Mapping[str, str]
    kwok: Path | None = None
    coredns: Path | None = None
    containerd: Path | None = None
    cni: Path | None = None


def find(root: Path, settings: Settings, tool: Find | None = None) -> Programs:
    """All programs that this cluster needs, and a link for each that will run.

    Raises:
        HubfleetError: one is missing; says how to get it.
    """
    from hubfleet import toolchain

    tool = tool or toolchain.tool
    kubernetes = Path(os.path.realpath(tool("kubernetes", root)))
    for name in KUBERNETES:
        daemons.link(settings.folder, name, kubernetes)
    version, kubeadm = _version(root), daemons.link(settings.folder, "kubeadm", kubernetes)
    if not settings.real:
        kwok = daemons.link(settings.folder, "kwok", tool("kwok", root))
        return Programs(version, kubeadm, environment(settings), kwok=kwok)
    return Programs(
        version,
        kubeadm,
        environment(settings, tool("runc", root), tool("iptables", root)),
        coredns=tool("coredns", root),
        containerd=daemons.link(settings.folder, "containerd", tool("containerd", root)),
        cni=tool("bridge", root).parent,
    )


def environment(settings: Settings, *programs: Path) -> dict[str, str]:
    """What the daemons get: a PATH with their programs first, and no proxy: all they talk to is here."""
    folders = [str(settings.folder / "bin"), *(str(each.parent) for each in programs), *_SYSTEM_PATH]
    return {"PATH": ":".join(dict.fromkeys(folders)), "HOME": str(settings.folder), "LANG": "C.UTF-8"}


def _version(root: Path) -> str:
    import yaml

    try:
        return str(yaml.safe_load((root / "fleet.yaml").read_text())["tools"]["kubernetes"])
    except (OSError, KeyError, TypeError, yaml.YAMLError) as trouble:
        raise HubfleetError(
            "the version of Kubernetes is not pinned",
            where=f"{root / 'fleet.yaml'}: tools.kubernetes",
            evidence=str(trouble),
        ) from None
