"""What the cluster is asked for a dossier, and what of its answers matters."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.dossier import facts as parse
from hubfleet.workflows.dossier.facts import CORE, USERS_SERVER, Container, Facts, Log, Pod
from hubfleet.workflows.dossier.logs import relevant

LogName = tuple[str, str, bool]

_MOST_EVENTS, _MOST_LOGS = "2000", 8
_TAIL_LINES, _TAIL_BYTES = "400", "200000"
_OF_USERS = "component in (singleuser-server,singleuser-storage)"
_NOT_OF_USERS = "component notin (singleuser-server,singleuser-storage)"


@dataclass(frozen=True)
class Told:
    """What the cluster answered, as it is: listings by name, logs as text, and what could not be read."""

    listings: Mapping[str, Any]
    logs: Mapping[LogName, str]
    unread: tuple[str, ...] = ()


def understood(told: Told, namespace: str, user: str, messages: Sequence[str]) -> Facts:
    """Cut down what the cluster told to what matters for the hub and this user. Pure."""
    found = objects(told.listings, namespace, user)
    logs = tuple(Log(*name, relevant(text, about=user)) for name, text in told.logs.items())
    return replace(found, logs=logs, messages=tuple(messages), unread=told.unread)


def objects(listings: Mapping[str, Any], namespace: str, user: str) -> Facts:
    """Everything but logs. Pure."""
    nothing: dict[str, Any] = {"items": []}
    found = Facts(
        namespace,
        pods=tuple(pod for name in ("pods", "the user's pods") for pod in parse.pods(listings.get(name, nothing))),
        claims=tuple(each for name in ("claims", "the user's claims")
                     for each in parse.claims(listings.get(name, nothing))),
        workloads=parse.workloads(listings.get("deployments", nothing)),
    )  # fmt: skip
    listed = listings.get("events", nothing)["items"] or ()
    known = [each for each in listed if _matters(each.get("involvedObject") or {}, found, user)]
    return replace(found, events=parse.events({"items": known}))


def wanted_logs(pods: Sequence[Pod]) -> list[LogName]:
    """Which logs are worth reading: of hub, proxy and the user's server, and of every container that failed.

    Of a container that was started again also the log of before.
    """
    names = [(pod.name, each.name, old) for pod in pods for each in pod.containers for old in _which(pod, each)]
    return names[:_MOST_LOGS]


class Reader:
    """Reads in parallel until the time is over."""

    def __init__(self, kube: Kube, namespace: str, ends: float) -> None:
        self._kube = kube
        self._namespace = namespace
        self._ends = ends
        self._unread: list[str] = []

    def read(self, user: str) -> Told:
        """Everything: objects first, because they say which logs matter."""
        listings = self._all({name: partial(self._listing, *asked) for name, asked in self._asked(user).items()})
        names = wanted_logs(objects(listings, self._namespace, user).pods)
        logs = self._all({_spoken(name): partial(self._log, name) for name in names})
        texts = {name: logs[_spoken(name)] for name in names if _spoken(name) in logs}
        return Told(listings, texts, tuple(self._unread))

    def _asked(self, user: str) -> dict[str, tuple[str, dict[str, str]]]:
        core, apps = f"/api/v1/namespaces/{self._namespace}", f"/apis/apps/v1/namespaces/{self._namespace}"
        not_users = {"labelSelector": _NOT_OF_USERS}
        asked: dict[str, tuple[str, dict[str, str]]] = {
            "pods": (f"{core}/pods", not_users),
            "claims": (f"{core}/persistentvolumeclaims", not_users),
            "deployments": (f"{apps}/deployments", {}),
            "events": (f"{core}/events", {"limit": _MOST_EVENTS}),
        }
        if user:
            mine = {"labelSelector": f"{_OF_USERS},hub.jupyter.org/username in ({user},{user.replace('-', '-2d')})"}
            asked["the user's pods"] = (f"{core}/pods", mine)
            asked["the user's claims"] = (f"{core}/persistentvolumeclaims", mine)
        return asked

    def _listing(self, path: str, query: dict[str, str]) -> Any:
        return self._get(path, query).json()

    def _log(self, name: LogName) -> str:
        pod, container, previous = name
        query = {"container": container, "tailLines": _TAIL_LINES, "limitBytes": _TAIL_BYTES}
        query |= {"previous": "true"} if previous else {}
        return str(self._get(f"/api/v1/namespaces/{self._namespace}/pods/{pod}/log", query).text)

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
                self._unread.append(f"{name} (no time left)")
            except HubfleetError as trouble:
                self._unread.append(f"{name} ({trouble.evidence or trouble.what})")
        pool.shutdown(wait=False, cancel_futures=True)
        return got


def _spoken(name: LogName) -> str:
    pod, container, previous = name
    return f"log of {pod}/{container}{' before its restart' if previous else ''}"


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
    if not started or (pod.component not in (*CORE, USERS_SERVER) and container.ready):
        return []
    return [False, True] if container.restarts else [False]
