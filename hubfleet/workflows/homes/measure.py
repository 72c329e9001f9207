"""Measuring homes inside their cluster: by the kubelets of their nodes, or by a short-lived pod that looks.

kubelets know the volumes that are mounted now, at no cost. A store that all homes share is looked through by one pod,
read-only. A volume that nobody has mounted is looked at only when asked for: while a pod of ours has it, its user's
server could not start on another node.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.clouds import Access
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Hub
from hubfleet.fleet.homes import CLAIM as SHARED
from hubfleet.toolchain import tool
from hubfleet.tools.kubernetes import Kube
from hubfleet.validation import quantities
from hubfleet.workflows.homes.readings import WHOLE, Home, of_kubelet
from hubfleet.workflows.mounting import Place, hub_image, mounted
from hubfleet.workflows.teardown.inventory import USER

_SECONDS = 240.0  # for looking through one volume; what is left is told as unfinished
_ELASTIC = 2**60  # file stores that grow by themselves (EFS) say that they hold 8 EiB
_SIZES = """
import json, os, sys, time
root, split, end = sys.argv[1], sys.argv[2] == "folders", time.monotonic() + float(sys.argv[3])
seen = set()
def size(top):
    total, folders = 0, [top]
    while folders:
        if time.monotonic() > end:
            return total, False
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    about = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif about.st_nlink > 1:
                        if (about.st_dev, about.st_ino) in seen:
                            continue
                        seen.add((about.st_dev, about.st_ino))
                    total += about.st_blocks * 512
        except OSError:
            continue
    return total, True
tops = [(e.name, e.path) for e in os.scandir(root) if e.is_dir(follow_symlinks=False)] if split else [("*", root)]
sizes = {name: size(path) for name, path in sorted(tops)}
whole = os.statvfs(root)
print(json.dumps({
    "sizes": {name: total for name, (total, done) in sizes.items()},
    "unfinished": [name for name, (total, done) in sizes.items() if not done],
    "used": (whole.f_blocks - whole.f_bfree) * whole.f_frsize,
    "capacity": whole.f_blocks * whole.f_frsize,
}))
"""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Volume:
    """A user's own volume.

    Args:
        claim: its name.
        user: whose home it is.
        size: bytes that it was asked for.
        storage_class: what provides it.
    """

    claim: str
    user: str
    size: int
    storage_class: str = ""


@dataclass(frozen=True)
class Measured:
    """What was found.

    Args:
        homes: by user, or by folder; of a shared store also the whole, under `WHOLE`.
        missing: homes that nobody could tell about.
        unfinished: folders whose sizes are at least so much.
    """

    homes: dict[str, Home]
    missing: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()


def volumes(kube: Kube, namespace: str) -> list[Volume]:
    """The volumes of users in a namespace, sorted by user."""
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    return sorted(users_volumes(kube.list_json(path, "list the homes")), key=lambda each: each.user)


def users_volumes(claims: Iterable[Any]) -> Iterable[Volume]:
    """Those of these claims that are homes. KubeSpawner notes on each whose it is."""
    for each in claims:
        user = (each["metadata"].get("annotations") or {}).get(USER)
        if user:
            now = each.get("status", {}).get("capacity", {}).get("storage")
            asked = each["spec"].get("resources", {}).get("requests", {}).get("storage", "0")
            size = quantities.kubernetes(now or asked) or 0.0
            yield Volume(each["metadata"]["name"], str(user), int(size), str(each["spec"].get("storageClassName", "")))


def own_volumes(root: Path, access: Access, hub: Hub, *, look: bool, say: Say) -> Measured:
    """Homes that are volumes of single users.

    Args:
        root: the repository.
        access: to the cluster.
        hub: the hub.
        look: mount what no kubelet tells about, one after the other.
        say: gets a line for each volume that is mounted.
    """
    kube, found = access.kube, volumes(access.kube, hub.namespace)
    told = _kubelets(kube, hub.namespace) if found else {}
    homes = {
        each.user: Home(each.user, told[each.claim], each.size, time.time()) for each in found if each.claim in told
    }
    place = _place(root, access, hub) if look and len(homes) < len(found) else None
    for each in found:
        if each.user not in homes and place is not None:
            say(f"looking into {each.claim}")
            seen = _looked(place, each.claim, "whole", say)
            homes[each.user] = Home(each.user, int(seen["sizes"][WHOLE]), each.size, time.time())
    return Measured(homes, tuple(each.user for each in found if each.user not in homes))


def shared_store(root: Path, access: Access, hub: Hub, *, quota: int, say: Say) -> Measured:
    """Homes that are folders of one store."""
    seen = _looked(_place(root, access, hub), SHARED, "folders", say)
    now = time.time()
    homes = {name: Home(name, int(size), quota, now) for name, size in seen["sizes"].items()}
    capacity = int(seen["capacity"])
    homes[WHOLE] = Home(WHOLE, int(seen["used"]), capacity if capacity < _ELASTIC else 0, now)
    return Measured(homes, (), tuple(seen["unfinished"]))


def _kubelets(kube: Kube, namespace: str) -> dict[str, int]:
    pods = kube.list_json(f"/api/v1/namespaces/{namespace}/pods", "look where homes are mounted")
    nodes = sorted({pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")})
    told: dict[str, int] = {}
    for node in nodes:
        path = f"/api/v1/nodes/{node}/proxy/stats/summary"
        try:
            told |= of_kubelet(kube.get_json(path, f"ask the kubelet of {node}"), namespace)
        except HubfleetError:  # a node that just went, or no right to ask: its volumes count as missing
            continue
    return told


def _place(root: Path, access: Access, hub: Hub) -> Place:
    image = hub_image(access.kube, hub.namespace)
    if image is None:
        raise HubfleetError("the hub is not installed: there is no image to look with", where=hub.namespace)
    return Place(access, hub.namespace, tool("kubectl", root), image)


def _looked(place: Place, claim: str, how: str, say: Say) -> dict[str, Any]:
    with mounted(place, claim, {"SIZES": _SIZES}, say=say) as pod:
        found = json.loads(pod.python("SIZES", how, str(_SECONDS), seconds=_SECONDS + 60).stdout)
    return dict(found)
