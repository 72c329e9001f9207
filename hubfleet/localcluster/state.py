"""What is there and what runs, found by looking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import daemons, identity
from hubfleet.localcluster.settings import Settings, load
from hubfleet.localcluster.volumes import Home, homes

CONTROL = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "hostpath-provisioner")
REAL_NODE = ("containerd", "kubelet", "kube-proxy", "api-door")
SIMULATED_NODE = ("kwok",)

NETWORK_POLICY = "not enforced: network policies are stored, and have no effect"


@dataclass(frozen=True)
class Component:
    """A program of the cluster. `pid` is 0 when it does not run; `seconds` is how long it has been running."""

    name: str
    pid: int
    seconds: int


@dataclass(frozen=True)
class NodeState:
    """A node as Kubernetes sees it."""

    name: str
    ready: bool


@dataclass(frozen=True)
class ClusterState:
    """The local cluster.

    Args:
        exists: there is data of a cluster in the folder.
        ready: the API server is ready, every component runs, every node is Ready.
        homes: volumes with files; what `local-down --delete-data` would delete.
    """

    exists: bool
    ready: bool
    folder: Path
    kind: str = ""
    address: str = ""
    kubeconfig: Path | None = None
    components: tuple[Component, ...] = ()
    nodes: tuple[NodeState, ...] = ()
    homes: tuple[Home, ...] = ()
    network_policy: str = NETWORK_POLICY

    @property
    def running(self) -> bool:
        """Whether anything of it runs."""
        return any(each.pid for each in self.components)


def look(folder: Path, *, measure: bool = True) -> ClusterState:
    """The state of the cluster in this folder.

    Args:
        folder: of the cluster.
        measure: also read the sizes of its volumes, which takes a while when there are many files.
    """
    settings = load(folder)
    if settings is None:
        return ClusterState(exists=False, ready=False, folder=folder)
    parts = components(settings)
    nodes = _nodes(folder / "admin.conf") if any(each.pid for each in parts) else None
    return ClusterState(
        exists=True,
        ready=nodes is not None
        and bool(nodes)
        and all(each.pid for each in parts)
        and all(each.ready for each in nodes),
        folder=folder,
        kind=settings.kind,
        address=f"https://127.0.0.1:{settings.port}",
        kubeconfig=folder / "admin.conf",
        components=parts,
        nodes=nodes or (),
        homes=homes(settings) if measure else (),
    )


def component_names(settings: Settings) -> tuple[str, ...]:
    """The programs that this kind of cluster consists of."""
    return CONTROL + (REAL_NODE if settings.real else SIMULATED_NODE)


def components(settings: Settings) -> tuple[Component, ...]:
    """Each program of the cluster, running or not."""
    everyone = list(identity.processes())
    found = []
    for name in component_names(settings):
        running = daemons.running(settings.folder / "bin" / name, everyone)
        alive = running[0] if running else None
        found.append(Component(name, alive.pid if alive else 0, int(identity.seconds_alive(alive)) if alive else 0))
    return tuple(found)


def parse_nodes(listed: dict[str, Any]) -> tuple[NodeState, ...]:
    """Names and readiness out of a NodeList."""
    return tuple(
        NodeState(
            each["metadata"]["name"],
            any(
                one["type"] == "Ready" and one["status"] == "True"
                for one in each.get("status", {}).get("conditions", [])
            ),
        )
        for each in listed.get("items", [])
    )


def _nodes(kubeconfig: Path) -> tuple[NodeState, ...] | None:
    from hubfleet.localcluster.api import Api

    try:
        api = Api(kubeconfig, timeout=3.0)
        return parse_nodes(api.get("/api/v1/nodes") or {}) if api.ready() else None
    except (HubfleetError, OSError, KeyError):
        return None
