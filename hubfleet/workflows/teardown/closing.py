"""Closing a hub, so that no file changes while it is archived: nobody can start a server, and none runs.

The release stays; `./inv deploy-hub` opens the hub again, because a closed revision no longer counts as verified.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from hubfleet.errors import Refused
from hubfleet.fleet.home_server import CLAIM as DISK_CLAIM
from hubfleet.tools import releases
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.workflows import mounting
from hubfleet.workflows.teardown import inventory
from hubfleet.workflows.teardown.site import Site

_SECONDS = 180.0
_POLL_SECONDS = 0.3
_MERGE = {"Content-Type": "application/merge-patch+json"}


def close(site: Site, say: Callable[[str], None]) -> None:
    """Stop the hub, then users' servers, and wait until nothing uses a volume any more. Once more is fine.

    Raises:
        Refused: something that hubfleet does not stop still uses a volume.
    """
    kube, namespace = site.kube, site.hub.namespace
    found = releases.release(kube, namespace, site.hub.release)
    if found and found.verified:
        releases.mark(kube, found, found.revision, verified="closed")
    if _scale_to_none(kube, namespace):
        say("the hub is stopped")
    for server in inventory.servers(kube, namespace):
        say(f"stopping the server of {server.user or server.pod}")
        _delete_pod(kube, namespace, server.pod)
    _wait(site)


def in_use(site: Site) -> dict[str, tuple[str, ...]]:
    """Which pods use which of the hub's claims.

    Pods of ours do not count, nor does the hub's own file server: it writes only for whoever mounts the homes.
    """
    found = mounting.users_of(site.kube, site.hub.namespace)
    return {claim: pods for claim, pods in found.items() if not (site.hub.home_server and claim == DISK_CLAIM)}


def _wait(site: Site) -> None:
    end = time.monotonic() + _SECONDS
    while using := in_use(site):
        if time.monotonic() > end:
            lines = [f"{claim}: {', '.join(pods)}" for claim, pods in sorted(using.items())]
            raise Refused(
                "volumes are still in use, so that files may change while they are archived",
                where=f"namespace {site.hub.namespace}",
                evidence="\n".join(lines),
                next_step="end these pods, and whatever starts them, then run this again",
            )
        time.sleep(_POLL_SECONDS)


def _scale_to_none(kube: Kube, namespace: str) -> bool:
    """Whether the hub had to be stopped."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/hub/scale"
    try:
        now = kube.get_json(path, "look at the hub")
    except NotFound:
        return False
    if not now["spec"].get("replicas"):
        return False
    with kube.errors("stop the hub"):
        body = json.dumps({"spec": {"replicas": 0}})
        kube.raise_for(kube.http.patch(path, content=body, headers=_MERGE))
    return True


def _delete_pod(kube: Kube, namespace: str, name: str) -> None:
    try:
        with kube.errors(f"stop {name}"):
            kube.raise_for(kube.http.delete(f"/api/v1/namespaces/{namespace}/pods/{name}"))
    except NotFound:
        return
