"""Pods that hubfleet makes for one purpose: made, waited for, and removed, whatever happens in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.tools.kubernetes import Kube, NotFound, in_cluster

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0  # an image or a volume may need a second attempt
_GONE_SECONDS = 60.0
_HOPELESS = frozenset({
    "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
    "CreateContainerError", "RunContainerError", "CrashLoopBackOff",
})  # fmt: skip


@contextmanager
def temporary(kube: Kube, namespace: str, body: Mapping[str, Any]) -> Iterator[str]:
    """A pod for the time of a block. One of the same name that an interrupted run left goes first.

    Args:
        kube: the cluster.
        namespace: where it is made.
        body: the pod.

    Yields:
        Its name.
    """
    name = str(body["metadata"]["name"])
    remove(kube, namespace, name)
    with kube.errors(f"make pod {namespace}/{name}"):
        kube.raise_for(kube.http.post(_path(namespace), json=body))
    try:
        yield name
    finally:
        with suppress(HubfleetError):  # what failed in the block matters more; the next run removes the pod
            remove(kube, namespace, name)


def remove(kube: Kube, namespace: str, name: str) -> None:
    """Delete a pod and wait until it has gone, so that nothing of it holds a volume. None there is fine.

    Raises:
        HubfleetError: it is still there after a minute.
    """
    path = _path(namespace, name)
    end = time.monotonic() + _GONE_SECONDS
    with suppress(NotFound):
        with kube.errors(f"delete pod {namespace}/{name}"):
            kube.raise_for(kube.http.delete(path))
        while time.monotonic() < end:
            kube.get_json(path, f"watch pod {name}")
            time.sleep(_POLL_SECONDS)
        raise HubfleetError(
            f"pod {name} does not end",
            where=namespace,
            next_step=in_cluster(f"kubectl -n {namespace} describe pod {name}", kube.name),
        )


def ended(kube: Kube, namespace: str, name: str, *, seconds: float) -> tuple[bool, str]:
    """Wait until a pod's program has ended: whether it ended well, and its log.

    Raises:
        HubfleetError: it did not end in time.
    """
    end = time.monotonic() + seconds
    phase = ""
    while time.monotonic() < end:
        phase = kube.get_json(_path(namespace, name), f"watch pod {name}")["status"].get("phase", "")
        if phase in ("Succeeded", "Failed"):
            break
        time.sleep(_POLL_SECONDS)
    log = _log(kube, namespace, name)
    if phase not in ("Succeeded", "Failed"):
        raise HubfleetError(f"pod {name} did not end within {seconds:.0f} s", where=namespace, evidence=log)
    return phase == "Succeeded", log


def until_running(kube: Kube, namespace: str, name: str, *, seconds: float, say: Callable[[str], None]) -> None:
    """Wait until programs can be started in a pod.

    Args:
        kube: the cluster.
        namespace: of the pod.
        name: of the pod.
        seconds: how long at most: a node may have to be added, an image pulled, a disk attached.
        say: gets a line whenever something changes.

    Raises:
        HubfleetError: it does not run, with what Kubernetes says about it.
    """
    end, said, trouble_since = time.monotonic() + seconds, "", 0.0
    while True:
        pod = kube.get_json(_path(namespace, name), f"watch pod {name}")
        if _is_ready(pod):
            return
        doing, trouble = pod_state(pod)
        if doing != said:
            say(doing)
            said = doing
        now = time.monotonic()
        trouble_since = (trouble_since or now) if trouble else 0.0
        hopeless = pod["status"].get("phase") in ("Failed", "Succeeded") or (
            trouble_since and now - trouble_since > _PATIENCE_SECONDS
        )
        if hopeless or now > end:
            raise HubfleetError(
                f"pod {name} does not start: {doing}",
                where=namespace,
                evidence="\n".join(_events(kube, namespace, name)),
                next_step=in_cluster(f"kubectl -n {namespace} get events", kube.name),  # the pod goes now
            )
        time.sleep(_POLL_SECONDS)


def pod_state(pod: Mapping[str, Any]) -> tuple[str, str]:
    """What a pod is doing, for people, and the trouble it is in that hardly goes away by waiting."""
    if pod["metadata"].get("deletionTimestamp"):
        return "the old one is ending", ""
    status = pod["status"]
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting")
        if waiting:
            reason = str(waiting.get("reason", "waiting"))
            last = container.get("lastState", {}).get("terminated") or {}
            code = f", exit code {last['exitCode']}" if "exitCode" in last else ""
            return reason + code, reason if reason in _HOPELESS else ""
        ended = container.get("state", {}).get("terminated")
        if ended and ended.get("exitCode"):
            return f"ended with exit code {ended['exitCode']}", "ended"
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"not scheduled: {condition.get('message', '')}", ""
    return "started, not ready yet" if status.get("phase") == "Running" else str(status.get("phase", "")).lower(), ""


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _events(kube: Kube, namespace: str, name: str) -> list[str]:
    try:
        found = kube.list_json(f"/api/v1/namespaces/{namespace}/events", "read events",
                               fieldSelector=f"involvedObject.name={name}")  # fmt: skip
    except HubfleetError:
        return []
    return [f"{each.get('reason', '')}: {each.get('message', '')}" for each in found[-8:]]


def _log(kube: Kube, namespace: str, name: str) -> str:
    with kube.errors(f"read the log of pod {name}"):
        return str(kube.http.get(f"{_path(namespace, name)}/log").text)


def _path(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/pods" + (f"/{name}" if name else "")
