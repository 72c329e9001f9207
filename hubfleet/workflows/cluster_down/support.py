"""Support goes before the cluster does: whoever could remove its load balancers and disks goes with the cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.process import pause
from hubfleet.tools.helm import Helm
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.workflows.cluster_down.inhabitants import SUPPORT

_NAMESPACE = f"/api/v1/namespaces/{SUPPORT}"
_POLL_SECONDS = 2.0
_LOOKS = 300
Say = Callable[[str], None]


def uninstall(helm: Helm, on_line: Say) -> None:
    """Remove the release, also one that was half removed before."""
    helm.uninstall(SUPPORT, SUPPORT, on_line=on_line)


def clear(kube: Kube, say: Say) -> tuple[str, ...]:
    """Delete support's namespace, and wait until its load balancers and disks are gone in the cloud too.

    Kubernetes keeps a service of type LoadBalancer, and a volume, until the cloud's controller has removed the thing.

    Returns:
        Volumes that stay, because their class says Retain: their disks are left.

    Raises:
        HubfleetError: something does not go; says what.
    """
    ours = [each for each in _volumes(kube) if each["spec"].get("claimRef", {}).get("namespace") == SUPPORT]
    kept = tuple(_name(each) for each in ours if each["spec"].get("persistentVolumeReclaimPolicy") != "Delete")
    going = {_name(each) for each in ours} - set(kept)
    _delete(kube)
    for _ in range(_LOOKS):
        left = _left(kube, going)
        if not left:
            return kept
        say(f"waiting for {', '.join(left)}")
        pause(_POLL_SECONDS)
    raise HubfleetError(
        f"{len(left)} things of support do not go",
        where=f"namespace {SUPPORT}",
        evidence="\n".join(left),
        next_step="kubectl describe them, mend what they wait for, then run this again",
    )


def _delete(kube: Kube) -> None:
    try:
        with kube.errors(f"delete namespace {SUPPORT}"):
            kube.raise_for(kube.http.delete(_NAMESPACE))
    except NotFound:
        return


def _left(kube: Kube, going: set[str]) -> list[str]:
    try:
        kube.get_json(_NAMESPACE, f"watch namespace {SUPPORT}")
        left = [f"namespace {SUPPORT}"]
    except NotFound:
        left = []
    services = kube.list_json(f"{_NAMESPACE}/services", "list support's services")
    left += [f"load balancer {_name(each)}" for each in services if each["spec"].get("type") == "LoadBalancer"]
    return left + [f"volume {name}" for name in sorted(going & {_name(each) for each in _volumes(kube)})]


def _volumes(kube: Kube) -> list[Any]:
    return kube.list_json("/api/v1/persistentvolumes", "list the volumes")


def _name(item: Mapping[str, Any]) -> str:
    return str(item["metadata"]["name"])
