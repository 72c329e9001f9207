"""What hubfleet asks of a cloud; the same words mean the same on each.

`gcp`, `aws` and `azure` implement `Cloud`. Nothing here imports a cloud's library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from hubfleet.errors import HubfleetError

if TYPE_CHECKING:
    from datetime import date, datetime

    from hubfleet.clouds.access import Access

OperationState = Literal["running", "done", "failed"]


class LoginNeeded(HubfleetError):
    """Nobody is logged in, or the login has expired. The next step is the command that logs in."""


class Unanswered(HubfleetError):
    """The cloud did not answer, or asks to come later: the network is away, 429, 503. Another try may do.

    `retry_after`: seconds after which the cloud wants to be asked again; None where it does not say.
    """

    def __init__(
        self, what: str, *, where: str = "", evidence: str = "", next_step: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(what, where=where, evidence=evidence, next_step=next_step)
        self.retry_after = retry_after


class Missing(HubfleetError):
    """The cloud has no such cluster, pool, operation or bucket."""


def no_such_bucket(address: str, trouble: Missing) -> Missing:
    """What to say where a cloud's answer means that the bucket itself is not there.

    Args:
        address: such as `s3://example-archive`.
        trouble: the answer.
    """
    return Missing(
        "there is no such bucket",
        where=address,
        evidence=trouble.evidence,
        next_step="look at its name; infrastructure.archive in cluster.yaml and infra-apply make one",
    )


@dataclass(frozen=True)
class Identity:
    """Who the cloud takes us for.

    Args:
        principal: the person, service account or role.
        place: the project (GCP), account (AWS) or subscription (Azure) that these credentials work in; empty where
            the credentials are not bound to one.
    """

    principal: str
    place: str = ""


@dataclass(frozen=True)
class Pool:
    """A node pool (GKE, AKS) or managed node group (EKS).

    Args:
        version: Kubernetes version of its nodes, without a leading `v`.
        size: nodes that it has now; None where the cloud does not say.
        smallest: lower bound of its autoscaling. `largest`: upper bound.
        machine_type: the cloud's name of the machine.
        user: whether users' servers run on it (label `hub.jupyter.org/node-purpose: user`).
    """

    name: str
    version: str
    size: int | None = None
    smallest: int | None = None
    largest: int | None = None
    machine_type: str = ""
    user: bool = False


@dataclass(frozen=True)
class Versions:
    """Kubernetes versions of one cluster.

    Args:
        control_plane: of its API server, without a leading `v`.
        pools: with theirs.
        available: that the control plane could be upgraded to, oldest first.
        end_of_support: the last day on which the control plane's version is supported at the standard price.
        channel: the release channel, where the cloud upgrades by itself; else empty.
    """

    control_plane: str
    pools: tuple[Pool, ...]
    available: tuple[str, ...] = ()
    end_of_support: date | None = None
    channel: str = ""


@dataclass(frozen=True)
class Operation:
    """Work that a cloud does in its own time.

    Args:
        id: with which it is found again, also by another machine.
        kind: what it does, such as `upgrade control plane`.
        target: on what: a pool's name, or the cluster's.
        state: `running`, `done`, `failed`.
        detail: the cloud's own words: progress, or why it failed.
        started: when, if the cloud says.
    """

    id: str
    kind: str
    target: str
    state: OperationState
    detail: str = ""
    started: datetime | None = None


@dataclass(frozen=True)
class Leftover:
    """Something in the cloud that carries a cluster's tag and costs money.

    Args:
        kind: such as `disk`, `load balancer`, `snapshot`, `address`, `bucket`, `cluster`.
        name: the cloud's name of it.
        place: region or zone.
        hub: from its tag; empty where it belongs to the cluster as a whole.
        created: when.
        dollars_per_month: an estimate from list prices; None where there is none.
        remove: the command with which a person removes it.
        holds_data: whether people's files may be in it.
        in_use: whether a machine, a cluster or an address still stands on it, as far as the cloud says.
    """

    kind: str
    name: str
    place: str
    hub: str = ""
    created: datetime | None = None
    dollars_per_month: float | None = None
    remove: str = ""
    holds_data: bool = False
    in_use: bool = False


class Cloud(Protocol):
    """One cluster's place in one cloud. Every method raises HubfleetError with what to do next."""

    def identity(self) -> Identity:
        """Who we are there.

        Raises:
            LoginNeeded: nobody, or the login has expired; says the command to log in.
        """

    def check(self) -> Identity:
        """Who we are, after comparing it with what cluster.yaml names. Called before any work starts.

        Raises:
            LoginNeeded: see `identity`.
            Refused: the credentials are for another project, account or subscription.
        """

    def access(self) -> Access:
        """How to reach the cluster's API: a kubeconfig of its own without secrets, tokens refreshed as they expire."""

    def versions(self) -> Versions:
        """Versions of control plane and pools, and what they can be upgraded to."""

    def upgrade_control_plane(self, version: str) -> Operation:
        """Begin it; it goes on without us."""

    def upgrade_pool(self, pool: str, version: str) -> Operation:
        """Begin it: nodes are replaced with the pool's surge settings, budgets of disruption respected by the cloud."""

    def resize_pool(self, pool: str, *, smallest: int, largest: int) -> Operation:
        """Set the bounds of a pool's autoscaling."""

    def operation(self, identity: str) -> Operation:
        """The operation of that id as it is now, also one that another machine began.

        Raises:
            Missing: the cloud does not know it, or no longer. Unanswered: try again.
        """

    def running_operations(self) -> tuple[Operation, ...]:
        """What the cloud does on this cluster at this moment, whoever began it."""

    def leftovers(self) -> tuple[Leftover, ...]:
        """Everything that carries this cluster's tags (`hubfleet-cluster`, `kubernetes.io/cluster/<name>` and what the
        cloud's own controllers write) and still exists.
        """
