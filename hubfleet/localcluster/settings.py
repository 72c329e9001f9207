"""What a local cluster is made with. Chosen once, then kept beside its data: its database remembers addresses."""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hubfleet import paths
from hubfleet.errors import HubfleetError, WrongUsage

REAL = "real"
SIMULATED = "simulated"


@dataclass(frozen=True)
class Real:
    """The machine is the node, and pods run."""


@dataclass(frozen=True)
class Simulated:
    """`count` nodes that only say that pods run."""

    count: int


Nodes = Real | Simulated


@dataclass(frozen=True)
class Settings:
    """The choices, and the names and addresses that follow from them.

    Args:
        folder: where everything of this cluster is kept.
        kind: `real` or `simulated` nodes.
        count: simulated nodes; 0 for real ones.
        port: of the API server, on 127.0.0.1.
        etcd_port, etcd_peer_port: of the database, on 127.0.0.1.
        bridge: the network interface that pods hang on; at most 15 characters (IFNAMSIZ).
        pods, services: address ranges, /16.
        overlay: whether layers of images are overlay mounts; chosen once, because images are unpacked for it.
        iptables: the variant of iptables that works with this kernel.
    """

    folder: Path
    kind: str = REAL
    count: int = 0
    port: int = 6443
    etcd_port: int = 2379
    etcd_peer_port: int = 2380
    bridge: str = "hubfleet0"
    pods: str = "10.213.0.0/16"
    services: str = "10.214.0.0/16"
    overlay: bool = True
    iptables: str = "iptables"

    @property
    def real(self) -> bool:
        return self.kind == REAL

    @property
    def id(self) -> str:
        """Tells this cluster's things from others' in places that all share, such as iptables and /run."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]

    @property
    def node(self) -> str:
        return "local"

    @property
    def node_address(self) -> str:
        """The bridge's own address: what pods, and nobody else, reach the node by."""
        return str(ipaddress.ip_network(self.pods)[1])

    @property
    def dns_address(self) -> str:
        return str(ipaddress.ip_network(self.services)[10])

    @property
    def run(self) -> Path:
        return Path("/run/hubfleet") / self.id

    @property
    def socket(self) -> Path:
        """Of containerd. Below /run, because a socket's path may have 107 bytes at most (unix(7))."""
        return self.run / "containerd.sock"

    @property
    def pki(self) -> Path:
        return (self.folder / "pki").resolve()

    @property
    def volumes(self) -> Path:
        return self.folder / "volumes"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def cgroup(self) -> str:
        return f"hubfleet-{self.id}"


def location() -> Path:
    """Where the local cluster of this user is kept."""
    return paths.state() / "local"


def load(folder: Path) -> Settings | None:
    """The settings of the cluster in this folder; None when there is none."""
    file = folder / "settings.json"
    try:
        found = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except PermissionError:
        raise HubfleetError("this user may not read the local cluster", where=str(file)) from None
    except ValueError as trouble:
        raise HubfleetError(
            "the local cluster's settings are damaged", where=str(file), evidence=str(trouble)
        ) from None
    known = {field.name for field in dataclasses.fields(Settings)}
    return Settings(folder=folder, **{key: value for key, value in found.items() if key in known})


def save(settings: Settings) -> None:
    """Keep the settings beside the data."""
    kept = {name: value for name, value in dataclasses.asdict(settings).items() if name != "folder"}
    write(settings.folder / "settings.json", json.dumps(kept, indent=2) + "\n")


def write(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a whole file or none, with these permissions."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def adjusted(before: Settings, nodes: Nodes | None, port: int) -> Settings:
    """The settings of a cluster that exists, with what may change changed.

    Raises:
        WrongUsage: real nodes can not become simulated ones, nor the other way round: the pods in the
            database would wait for nodes that never come back.
    """
    if nodes is not None and isinstance(nodes, Real) != before.real:
        raise WrongUsage(
            f"the local cluster has {before.kind} nodes",
            where=str(before.folder),
            next_step="./inv local-down --delete-data, or keep a second one with another XDG_STATE_HOME",
        )
    count = nodes.count if isinstance(nodes, Simulated) else before.count
    return dataclasses.replace(before, count=count, port=port or before.port)


def free_ranges(taken: Iterable[str], folder: Path) -> tuple[str, str]:
    """Two neighbouring /16 ranges, for pods and services, that no route of this machine leads to.

    Args:
        taken: the destinations of the machine's routes, such as `192.168.1.0/24`.
        folder: of the cluster, for the message.

    Raises:
        HubfleetError: every candidate is taken.
    """
    used = [ipaddress.ip_network(each) for each in taken]
    for second in range(213, 253, 2):
        pair = (f"10.{second}.0.0/16", f"10.{second + 1}.0.0/16")
        if not any(ipaddress.ip_network(one).overlaps(other) for one in pair for other in used):
            return pair
    raise HubfleetError(
        "no free address range for pods: this machine has routes to all of 10.213.0.0 to 10.252.255.255",
        where=str(folder),
    )
