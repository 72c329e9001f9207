"""Collecting a dossier: bounded in time and size, everything at once, nothing changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import asdict, dataclass, replace
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.masking import masked
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.dossier import facts as parse
from hubfleet.workflows.dossier.causes import Cause
from hubfleet.workflows.dossier.diagnosis import probable_cause
from hubfleet.workflows.dossier.facts import CORE, Container, Event, Facts, Log, Pod
from hubfleet.workflows.dossier.logs import relevant

_MOST_EVENTS, _SHOWN_EVENTS, _SHOWN_LINES, _MOST_LOGS = "2000", 12, 12, 8
_TAIL_LINES, _TAIL_BYTES = "400", "200000"
_OF_USERS = "component in (singleuser-server,singleuser-storage)"
_NOT_OF_USERS = "component notin (singleuser-server,singleuser-storage)"


@dataclass(frozen=True)
class Dossier:
    """What is known, and what it means; `cause` is None where no rule knows."""

    facts: Facts
    cause: Cause | None
    seconds: float

    def lines(self) -> list[str]:
        """For people, masked: what is not well, newest last. Some 60 lines at most."""
        shown = [f"pod {each.name}: {_state(each)}" for each in self.facts.pods]
        shown += [f"deployment {each.name}: {each.ready} of {each.wanted} ready {each.trouble}".rstrip()
                  for each in self.facts.workloads if each.ready < max(each.wanted, 1)]  # fmt: skip
        shown += [f"volume claim {each.name}: {each.phase}" for each in self.facts.claims if each.phase != "Bound"]
        shown += [_told(each) for each in self.facts.events if each.warning][-_SHOWN_EVENTS:]
        for log in self.facts.logs:
            name = f"{log.pod}/{log.container}{' before its restart' if log.previous else ''}"
            shown += [f"log of {name}:", *[f"  {line}" for line in log.lines[-_SHOWN_LINES:]]] if log.lines else []
        shown += [f"said: {message}" for message in self.facts.messages[-5:]]
        shown += [f"not read: {each}" for each in self.facts.unread]
        return [masked(line) for line in shown]

    def text(self) -> str:
        """The cause, the command that comes next, and all lines, masked."""
        head = [f"probable cause: {self.cause}", f"  {self.cause.evidence}"] if self.cause else []
        head += [f"next: {self.next_step}"] if self.next_step else []
        return "\n".join([masked(line) for line in head] + self.lines())

    @property
    def next_step(self) -> str:
        """The command or edit that helps; empty where the cause is not known."""
        return self.cause.next_step if self.cause else ""

    def report(self) -> dict[str, Any]:
        """For `--json`, masked."""
        cause = None if self.cause is None else {key: masked(value) for key, value in asdict(self.cause).items()}
        return {"cause": cause, "lines": self.lines(), "seconds": round(self.seconds, 3)}


def collect(
    kube: Kube, namespace: str, *, user: str = "", messages: Sequence[str] = (), budget: float = 2.0
) -> Dossier:
    """Read what explains a failure. Never raises: what can not be read is named in the dossier.

    Args:
        kube: the cluster's API.
        namespace: the hub's.
        user: a user whose server was tried; empty: only the hub itself matters.
        messages: what was said so far: the spawner's messages, an exception of a cell.
        budget: seconds for all of it.
    """
    started = time.monotonic()
    reader = _Reader(kube, namespace, started + budget)
    known = replace(reader.objects(user), messages=tuple(messages))
    known = replace(known, logs=reader.logs(known.pods, user), unread=tuple(reader.unread))
    return Dossier(known, probable_cause(known), time.monotonic() - started)


class _Reader:
    """Reads in parallel until the time is over."""

    def __init__(self, kube: Kube, namespace: str, ends: float) -> None:
        self._kube = kube
        self._core = f"/api/v1/namespaces/{namespace}"
        self._apps = f"/apis/apps/v1/namespaces/{namespace}"
        self._namespace = namespace
        self._ends = ends
        self.unread: list[str] = []

    def objects(self, user: str) -> Facts:
        """Everything but logs."""
        asked: dict[str, tuple[str, dict[str, str]]] = {
            "pods": (f"{self._core}/pods", {"labelSelector": _NOT_OF_USERS}),
            "claims": (f"{self._core}/persistentvolumeclaims", {"labelSelector": _NOT_OF_USERS}),
            "deployments": (f"{self._apps}/deployments", {}),
            "events": (f"{self._core}/events", {"limit": _MOST_EVENTS}),
        }
        if user:
            mine = {"labelSelector": f"{_OF_USERS},hub.jupyter.org/username in ({user},{user.replace('-', '-2d')})"}
            asked["the user's pods"] = (f"{self._core}/pods", mine)
            asked["the user's claims"] = (f"{self._core}/persistentvolumeclaims", mine)
        got = self._all({name: self._getter(path, query) for name, (path, query) in asked.items()})
        nothing: dict[str, Any] = {"items": []}
        found = Facts(
            self._namespace,
            pods=parse.pods(got.get("pods", nothing)) + parse.pods(got.get("the user's pods", nothing)),
            claims=parse.claims(got.get("claims", nothing)) + parse.claims(got.get("the user's claims", nothing)),
            workloads=parse.workloads(got.get("deployments", nothing)),
        )
        listing = got.get("events", nothing)
        known = [each for each in listing["items"] if _matters(each["involvedObject"], found, user)]
        return replace(found, events=parse.events({"items": known}))

    def logs(self, pods: Sequence[Pod], user: str) -> tuple[Log, ...]:
        """The last lines of hub and proxy, and of every container that failed, also before its restart."""
        wanted = [(pod, each, previous) for pod in pods for each in pod.containers for previous in _which(pod, each)]
        readers = {
            f"log of {pod.name}/{each.name}{' before' if previous else ''}": self._log_getter(pod, each, previous)
            for pod, each, previous in wanted[:_MOST_LOGS]
        }
        got = self._all(readers)
        return tuple(
            Log(pod.name, each.name, previous, relevant(text, about=user))
            for (pod, each, previous), name in zip(wanted, readers, strict=False)
            if (text := got.get(name))
        )

    def _getter(self, path: str, query: dict[str, str]) -> Callable[[], Any]:
        return lambda: self._get(path, query).json()

    def _log_getter(self, pod: Pod, container: Container, previous: bool) -> Callable[[], Any]:
        query = {"container": container.name, "tailLines": _TAIL_LINES, "limitBytes": _TAIL_BYTES}
        query |= {"previous": "true"} if previous else {}
        return lambda: self._get(f"{self._core}/pods/{pod.name}/log", query).text

    def _get(self, path: str, query: dict[str, str]) -> Any:
        with self._kube.errors(f"read {path}"):
            left = max(0.1, self._ends - time.monotonic())
            answer = self._kube.http.get(path, params=query, timeout=left)
            self._kube.raise_for(answer)
            return answer

    def _all(self, readers: dict[str, Callable[[], Any]]) -> dict[str, Any]:
        pool = ThreadPoolExecutor(max_workers=8)
        futures: dict[str, Future[Any]] = {name: pool.submit(read) for name, read in readers.items()}
        got = {}
        for name, future in futures.items():
            try:
                got[name] = future.result(timeout=max(0.0, self._ends - time.monotonic()))
            except TookTooLong:
                self.unread.append(f"{name} (no time left)")
            except HubfleetError as trouble:
                self.unread.append(f"{name} ({trouble.evidence or trouble.what})")
        pool.shutdown(wait=False, cancel_futures=True)
        return got


def _matters(about: dict[str, Any], found: Facts, user: str) -> bool:
    """Whether an event is about the hub itself or the user who was tried, not about the other users."""
    name = str(about.get("name", ""))
    if user and (user in name or user.replace("-", "-2d") in name):
        return True
    known = {pod.name for pod in found.pods} | {claim.name for claim in found.claims}
    if name in known | {each.name for each in found.workloads}:
        return True
    return about.get("kind") in ("ReplicaSet", "Job") and name.startswith(tuple(w.name for w in found.workloads) + CORE)


def _which(pod: Pod, container: Container) -> list[bool]:
    """Which logs of a container are worth reading: False for the present one, True for the one before."""
    started = container.state != "waiting" or container.restarts > 0 or container.exit_code is not None
    if not started or (pod.component not in CORE and container.ready):
        return []
    return [False, True] if container.restarts else [False]


def _state(pod: Pod) -> str:
    said = [f"{pod.phase} {pod.reason}".strip()]
    said += [pod.unschedulable or pod.message] if pod.unschedulable or pod.message else []
    for each in pod.containers:
        if not each.ready or each.restarts:
            ending = f", last ended {each.ended or 'with'} ({each.exit_code})" if each.exit_code else ""
            restarts = f", {each.restarts} restarts" if each.restarts else ""
            said.append(f"{each.name} {each.state} {each.reason}".rstrip() + restarts + ending)
    return "; ".join(said)


def _told(event: Event) -> str:
    times = f" ({event.count} times)" if event.count > 1 else ""
    return f"{event.at[11:19]} {event.kind} {event.name}: {event.reason}: {event.message}{times}"
