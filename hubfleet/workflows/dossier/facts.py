"""What Kubernetes says about a hub, cut down to what explains a failure. Parsing is pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CORE = ("hub", "proxy")
USERS_SERVER = "singleuser-server"  # the label `component` that KubeSpawner gives pods


@dataclass(frozen=True)
class Container:
    """A container of a pod: how it is now, and how it ended the time before.

    Args:
        name: its name. `init`: it runs before the others.
        image: what it should run.
        ready: Kubernetes sends it traffic; for an init container: it is done.
        restarts: how often it was started again.
        state: waiting, running or terminated.
        reason: why it waits or ended, in Kubernetes' word, such as ImagePullBackOff.
        message: Kubernetes' own sentence about it.
        exit_code: of the present or the last ending; None: it never ended.
        ended: why it ended, now or the last time, such as OOMKilled.
    """

    name: str
    init: bool
    image: str
    ready: bool
    restarts: int
    state: str
    reason: str
    message: str
    exit_code: int | None
    ended: str


@dataclass(frozen=True)
class Pod:
    """A pod: its part in the hub, its phase, why it has no node or was evicted, its containers."""

    name: str
    component: str
    phase: str
    reason: str
    message: str
    unschedulable: str
    deleting: bool
    containers: tuple[Container, ...]

    @property
    def ok(self) -> bool:
        """It does what it should: all containers ready, or all ended well."""
        if self.component == USERS_SERVER and self.phase == "Succeeded":
            return False  # a server serves until it is stopped
        return self.phase == "Succeeded" or (self.phase == "Running" and all(each.ready for each in self.containers))


@dataclass(frozen=True)
class Event:
    """Something that Kubernetes reported: when last, about what, and how often."""

    at: str
    kind: str
    name: str
    warning: bool
    reason: str
    message: str
    count: int


@dataclass(frozen=True)
class Claim:
    """A volume claim: Bound, Pending or Lost; empty storage class: none is set."""

    name: str
    phase: str
    storage_class: str


@dataclass(frozen=True)
class Workload:
    """A deployment: how many pods are wanted and ready, and why none can be made."""

    name: str
    wanted: int
    ready: int
    trouble: str


@dataclass(frozen=True)
class Log:
    """The last lines that matter of a container; `previous`: of the time before it was started again."""

    pod: str
    container: str
    previous: bool
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """All that is known about a hub that does not do what it should.

    Args:
        namespace: the hub's.
        pods: of the hub itself, and of the user whose server was tried.
        events: newest last, each told once.
        claims: the hub's volume claims, and the user's.
        workloads: the hub's deployments.
        logs: last lines.
        messages: what spawner, kernel and check said, newest last.
        unread: what could not be read in time.
    """

    namespace: str
    pods: tuple[Pod, ...] = ()
    events: tuple[Event, ...] = ()
    claims: tuple[Claim, ...] = ()
    workloads: tuple[Workload, ...] = ()
    logs: tuple[Log, ...] = ()
    messages: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def pods(listing: dict[str, Any]) -> tuple[Pod, ...]:
    """The pods of a PodList."""
    return tuple(_pod(each) for each in listing["items"] or ())


def claims(listing: dict[str, Any]) -> tuple[Claim, ...]:
    """The claims of a PersistentVolumeClaimList."""
    return tuple(
        Claim(
            each["metadata"]["name"],
            each.get("status", {}).get("phase", ""),
            each["spec"].get("storageClassName") or "",
        )
        for each in listing["items"] or ()
    )


def workloads(listing: dict[str, Any]) -> tuple[Workload, ...]:
    """The deployments of a DeploymentList."""
    return tuple(_workload(each) for each in listing["items"] or ())


def events(listing: dict[str, Any], keep: int = 60) -> tuple[Event, ...]:
    """The events of an EventList: newest last, the same sentence about the same object only once."""
    newest: dict[tuple[str, str, str, str], Event] = {}
    for event in sorted((_event(each) for each in listing["items"] or ()), key=lambda event: event.at):
        key = (event.kind, event.name, event.reason, event.message)
        newest.pop(key, None)
        newest[key] = event
    return tuple(newest.values())[-keep:]


def _pod(pod: dict[str, Any]) -> Pod:
    status = pod.get("status", {})
    conditions = {each["type"]: each for each in status.get("conditions", [])}
    scheduled = conditions.get("PodScheduled", {})
    unschedulable = scheduled.get("message", "") if scheduled.get("status") == "False" else ""
    return Pod(
        name=pod["metadata"]["name"],
        component=(pod["metadata"].get("labels") or {}).get("component", ""),
        phase=status.get("phase", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        unschedulable=unschedulable,
        deleting="deletionTimestamp" in pod["metadata"],
        containers=tuple(_containers(status)),
    )


def _containers(status: dict[str, Any]) -> Iterable[Container]:
    for init, key in ((True, "initContainerStatuses"), (False, "containerStatuses")):
        for each in status.get(key) or []:
            yield _container(each, init=init)


def _container(container: dict[str, Any], *, init: bool) -> Container:
    states: dict[str, dict[str, Any]] = container.get("state") or {"waiting": {}}
    state, about = next(iter(states.items()))
    last = (container.get("lastState") or {}).get("terminated") or {}
    ending = about if state == "terminated" else last
    return Container(
        name=container["name"],
        init=init,
        image=container.get("image", ""),
        ready=bool(container.get("ready")),
        restarts=int(container.get("restartCount", 0)),
        state=state,
        reason=about.get("reason", ""),
        message=(about.get("message") or last.get("message") or "")[:600],
        exit_code=ending.get("exitCode"),
        ended=ending.get("reason", ""),
    )


def _event(event: dict[str, Any]) -> Event:
    series = event.get("series") or {}
    at = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    about = event.get("involvedObject") or {}
    return Event(
        at=str(at or event["metadata"].get("creationTimestamp", "")),
        kind=about.get("kind", ""),
        name=about.get("name", ""),
        warning=event.get("type") == "Warning",
        reason=event.get("reason", ""),
        message=(event.get("message") or "").strip()[:600],
        count=int(series.get("count") or event.get("count") or 1),
    )


def _workload(deployment: dict[str, Any]) -> Workload:
    conditions = deployment.get("status", {}).get("conditions") or []
    trouble = [each.get("message", "") for each in conditions if each["type"] == "ReplicaFailure"]
    wanted = deployment["spec"].get("replicas")
    return Workload(
        name=deployment["metadata"]["name"],
        wanted=1 if wanted is None else int(wanted),
        ready=int(deployment.get("status", {}).get("readyReplicas") or 0),
        trouble=" ".join(trouble),
    )
