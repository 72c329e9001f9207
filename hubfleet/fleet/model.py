"""The fleet as frozen dataclasses: what the files say, checked, with no guessing left to do.

Every key is described in schemas/{fleet,cluster,outputs}.schema.yaml; the names here are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hubfleet.errors import InvalidConfiguration, WrongUsage
from hubfleet.fleet.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    from hubfleet.fleet.document import Document
    from hubfleet.validation.finding import Finding

VALIDATE_NEXT = "correct them; ./inv validate shows all there are"

Provider = Literal["gcp", "aws", "azure", "local", "kubeconfig"]
State = Literal["active", "read-only", "retired"]
Access = Literal["members", "public", "staff"]
HomesKind = Literal["pvc", "nfs", "filestore", "efs", "azure-files", "none"]


@dataclass(frozen=True, order=True)
class Location:
    """Where something is written: a file relative to the repository, and its 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class ChartPin:
    """Which chart, and where from: `source` is `upstream`, `embedded`, or the path of a chart."""

    version: str
    source: str = "upstream"
    repository: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Archive:
    """Where home directories are archived.

    Args:
        destination: a folder, or the address of a bucket.
        recipients: public age keys.
        keep_days: days to keep; None: for ever.
        origin: the file that says so.
    """

    destination: str
    recipients: tuple[str, ...] = ()
    keep_days: int | None = None
    origin: str = ""


@dataclass(frozen=True)
class Rollout:
    """Limits of a rollout over many hubs."""

    at_once: int = 4
    at_once_per_cluster: int = 2
    failures_allowed: int = 0
    soak_minutes: int = 0


@dataclass(frozen=True)
class Round:
    """A declared move of hubs to a chart version, from a day on. `hubs` are names as in --select."""

    version: str
    hubs: tuple[str, ...]
    start: date
    digest: str = ""


@dataclass(frozen=True)
class Settings:
    """fleet.yaml."""

    tools: Mapping[str, str]
    jupyterhub: ChartPin
    home_server: ChartPin
    support: Mapping[str, ChartPin]
    stages: tuple[str, ...]
    admins: tuple[str, ...]
    registry: str
    archive: Archive | None
    rollout: Rollout
    rounds: tuple[Round, ...]
    digests: Mapping[str, str] = field(default_factory=dict)  # of JupyterHub charts that hubs may pin, by version


@dataclass(frozen=True)
class Contact:
    """A person to tell before a change."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True)
class Community:
    """Who a hub is for."""

    type: str
    contacts: tuple[Contact, ...]
    name: str = ""
    url: str = ""


@dataclass(frozen=True)
class Homes:
    """Where users' files live: a kind of its own, or the homes of another hub of the cluster."""

    kind: HomesKind | None
    quota: str = ""
    storage_class: str = ""
    server: str = ""
    path: str = ""
    shared_with: str = ""


@dataclass(frozen=True)
class NodePool:
    """Machines for one hub's users alone."""

    machine_type: str
    max: int
    min: int = 0
    disk: str = ""
    spot: bool = False
    gpu_type: str = ""
    gpu_count: int = 0


@dataclass(frozen=True)
class Event:
    """A time when many people come; start and end know their zone (a day alone: UTC, the whole day)."""

    name: str
    start: datetime
    end: datetime
    people: int


@dataclass(frozen=True)
class Limits:
    """Bounds of what a community can ask for; None: no bound."""

    memory: str | None = None
    cpu: float | str | None = None
    images: tuple[str, ...] | None = None
    users: int | None = None


@dataclass(frozen=True)
class Disk:
    """A disk of homes: the CSI driver's name of it, its size in GiB, and its nodes' zone (empty: in no zone)."""

    id: str
    size_gb: int
    zone: str = ""


@dataclass(frozen=True)
class HubOutputs:
    """What the cloud has for one hub: identity of its users, buckets by purpose, the disk of its homes."""

    identity: str = ""
    buckets: Mapping[str, str] = field(default_factory=dict)
    disk: Disk | None = None


@dataclass(frozen=True)
class Outputs:
    """outputs.yaml of a cluster: what infra-apply found in the cloud. `file` is empty when there is none."""

    file: str = ""
    ingress_address: str = ""
    registry: str = ""
    services_range: str = ""
    homes_server: str = ""
    homes_path: str = ""
    homes_storage_class: str = ""
    archive: str = ""
    hubs: Mapping[str, HubOutputs] = field(default_factory=dict)


@dataclass(frozen=True)
class Hub:
    """One JupyterHub: one helm release in one namespace.

    Args:
        values: files of helm values, lowest first.
        secrets: encrypted files of helm values, lowest first.
        community_file: what the community edits, if it is there.
        override_file: an engineer's values for a time, if it is there.
        at: where the hub is written.
        people: the most at the same time outside of events; None: nobody said.
        home_server: the chart that serves its homes from its own disk; None: they are elsewhere.
    """

    name: str
    namespace: str
    state: State
    display_name: str
    domain: str
    aliases: tuple[str, ...]
    use_case: str
    stage: str
    access: Access
    community: Community
    homes: Homes
    node_pool: NodePool | None
    chart: ChartPin
    common_values: bool
    values: tuple[Path, ...]
    secrets: tuple[Path, ...]
    events: tuple[Event, ...]
    community_file: Path | None
    override_file: Path | None
    at: Location
    people: int | None = None
    home_server: ChartPin | None = None

    @property
    def release(self) -> str:
        """Name of the helm release."""
        return self.name

    @property
    def domains(self) -> tuple[str, ...]:
        """The domain and its aliases."""
        return (self.domain, *self.aliases)


@dataclass(frozen=True)
class Reserved:
    """Whom a cluster is for alone: a community by its name, hubs under rules such as HIPAA. Empty: anybody."""

    community: str = ""
    compliance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """One Kubernetes cluster and the hubs on it.

    Args:
        place: the provider's own coordinates, such as project, location and cluster.
        common_values: values for every hub that takes them, if the file is there.
        secrets: encrypted values for every hub that takes common values.
        support: the charts that its support can be made of, by name.
        admins: of every hub of the cluster, the fleet's own among them.
        domain: what its hubs' domains end with; empty: nobody said.
        reserved: whom the cluster is for alone.
    """

    name: str
    display_name: str
    provider: Provider
    place: Mapping[str, Any]
    infrastructure: Mapping[str, Any]
    common_values: Path | None
    secrets: tuple[Path, ...]
    support: Mapping[str, ChartPin]
    admins: tuple[str, ...]
    limits: Limits
    archive: Archive | None
    outputs: Outputs
    hubs: tuple[Hub, ...]
    folder: Path
    at: Location
    domain: str = ""
    reserved: Reserved = Reserved()

    def hub(self, name: str) -> Hub:
        """The hub of that name.

        Raises:
            WrongUsage: there is none.
        """
        for hub in self.hubs:
            if hub.name == name:
                return hub
        known = [hub.name for hub in self.hubs]
        raise WrongUsage(
            f"the cluster {self.name} has no hub {name}",
            where=str(self.at),
            next_step=did_you_mean(name, known) or "./inv list-hubs shows all",
        )


@dataclass(frozen=True)
class Fleet:
    """All clusters.

    Args:
        clusters: those whose files are right.
        documents: fleet.yaml and every cluster's files as they were read, by name, for the lines of values.
        unread: the mistakes of the other clusters, by the names of their folders.
    """

    root: Path
    settings: Settings
    clusters: tuple[Cluster, ...]
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False, compare=False)
    unread: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name.

        Raises:
            WrongUsage: there is none.
            InvalidConfiguration: its files are wrong.
        """
        for cluster in self.clusters:
            if cluster.name == name:
                return cluster
        if name in self.unread:
            found = self.unread[name]
            raise InvalidConfiguration(
                f"the cluster {name} has {count_of(len(found))}", findings=found, next_step=VALIDATE_NEXT
            )
        known = [*(cluster.name for cluster in self.clusters), *self.unread]
        raise WrongUsage(
            f"there is no cluster {name}",
            where="clusters/",
            next_step=did_you_mean(name, known) or "./inv list-hubs shows all",
        )


def count_of(mistakes: int) -> str:
    """A number of mistakes in words."""
    return f"{mistakes} {'mistake' if mistakes == 1 else 'mistakes'}"
