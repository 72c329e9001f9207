"""Watching a rollout: the parts that serve users, and nothing that may take half an hour.

Hub and proxy have to be there; image pullers, placeholders and daemon sets need not (they serve nobody yet).
Polling costs two calls of 3-5 ms; it also names what a watch would miss.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.pods import pod_state

SERVING_HUB = ("app=jupyterhub,component in (hub,proxy,autohttps)",)
SERVING_HOMES = ("app.kubernetes.io/component=nfs-server",)  # jupyterhub-home-nfs: without it no server gets its home
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 12.0  # a container may need a moment until its secret, volume or image is there
_CRASHES = 2  # restarts after which a container that ended badly again is not waited for


class RolloutFailed(HubfleetError):
    """What serves users did not come up."""


@dataclass(frozen=True)
class Part:
    """A Deployment on its way.

    Args:
        name: such as `hub`.
        ready: whether the new revision, and only it, serves.
        doing: what its newest pod is doing, for people.
        trouble: a reason that hardly goes away by waiting, such as `ImagePullBackOff`; empty when there is none.
        hopeless: it has crashed so often that nobody needs to wait.
    """

    name: str
    ready: bool
    doing: str
    trouble: str
    hopeless: bool = False


def until_serving(
    kube: Kube, namespace: str, *, seconds: float, say: Callable[[str], None], serving: Sequence[str] = SERVING_HUB
) -> None:
    """Wait until hub and proxy serve, or what else is asked for.

    Args:
        kube: the cluster.
        namespace: of the release.
        seconds: how long at most.
        say: gets a line whenever something changes.
        serving: each selects some of the Deployments that have to serve; an empty one: all of the namespace.

    Raises:
        RolloutFailed: they do not, in time or ever.
    """
    end = time.monotonic() + seconds
    trouble_since: dict[str, float] = {}
    said = ""
    while True:
        parts = observe(kube, namespace, serving)
        line = ", ".join(f"{part.name}: {part.doing}" for part in parts)
        if line != said:
            say(line)
            said = line
        if parts and all(part.ready for part in parts):
            return
        now = time.monotonic()
        trouble_since = {part.name: trouble_since.get(part.name, now) for part in parts if part.trouble}
        if any(each.hopeless for each in parts) or any(now - at > _PATIENCE_SECONDS for at in trouble_since.values()):
            raise RolloutFailed(f"it does not start: {line}", where=namespace)
        if now > end:
            raise RolloutFailed(f"it does not serve after {seconds:.0f} s: {line or 'no deployments'}", where=namespace)
        time.sleep(_POLL_SECONDS)


def observe(kube: Kube, namespace: str, selectors: Sequence[str] = SERVING_HUB) -> list[Part]:
    """The parts that serve users, as they are now."""
    return [each for selector in selectors for each in _observed(kube, namespace, selector)]


def _observed(kube: Kube, namespace: str, selector: str) -> list[Part]:
    deployments = kube.list_json(
        f"/apis/apps/v1/namespaces/{namespace}/deployments", "watch the deployments", labelSelector=selector
    )  # fmt: skip
    pods = kube.list_json(f"/api/v1/namespaces/{namespace}/pods", "watch the pods", labelSelector=selector)
    return [part(deployment, pods) for deployment in deployments]


def part(deployment: Mapping[str, Any], pods: list[Mapping[str, Any]]) -> Part:
    """One Deployment with its pods, judged. Pure."""
    name = deployment["metadata"]["name"]
    own = [pod for pod in pods if _belongs(pod, deployment)]
    newest = max(own, key=lambda pod: pod["metadata"]["creationTimestamp"], default=None)
    if _complete(deployment):
        return Part(name, True, "ready", "")
    if newest is None:
        return Part(name, False, _condition(deployment) or "waiting for a pod", "")
    doing, trouble = pod_state(newest)
    return Part(name, False, doing, trouble, hopeless=bool(trouble) and _restarts(newest) >= _CRASHES)


def _belongs(pod: Mapping[str, Any], deployment: Mapping[str, Any]) -> bool:
    """Whether the Deployment's selector means the pod."""
    labels = pod["metadata"].get("labels", {})
    return bool(deployment["spec"]["selector"]["matchLabels"].items() <= labels.items())


def _restarts(pod: Mapping[str, Any]) -> int:
    return max((each.get("restartCount", 0) for each in pod["status"].get("containerStatuses", [])), default=0)


def _complete(deployment: Mapping[str, Any]) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    return bool(
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
    )


def _condition(deployment: Mapping[str, Any]) -> str:
    for each in deployment.get("status", {}).get("conditions", []):
        if each["type"] == "ReplicaFailure" and each["status"] == "True":
            return str(each.get("message", "no pod can be made"))
    return ""
