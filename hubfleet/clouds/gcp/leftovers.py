"""What a cluster left behind on Google Cloud: read through REST, never changed.

Disks, snapshots, addresses, forwarding rules, file stores and buckets, by label. What the load balancer controller of
Kubernetes makes has no label: it is known by its firewall's target, the machines. Nor has the last copy of a disk of
homes that was destroyed: it is known by its name (terraform/modules/gcp-homes).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hubfleet.clouds.endpoints import stand_in
from hubfleet.clouds.gcp import found as things
from hubfleet.clouds.gcp import login
from hubfleet.clouds.gcp.errors import errors
from hubfleet.clouds.interface import Leftover, Missing, Unanswered
from hubfleet.clouds.tags import CLUSTER
from hubfleet.errors import Refused

ENDPOINT = "HUBFLEET_GCP_ENDPOINT"
# Labels that GKE writes on what it makes: https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels
_GKE_NAME, _GKE_PLACE = "goog-k8s-cluster-name", "goog-k8s-cluster-location"
_KINDS = {
    "disks": things.disk,
    "snapshots": things.snapshot,
    "addresses": things.address,
    "forwardingRules": things.rule,
}
Get = Callable[[str, Mapping[str, str]], Any]


def find(cluster: str, project: str, location: str, name: str) -> tuple[Leftover, ...]:
    """Everything that carries the cluster's labels, and its load balancers.

    Args:
        cluster: its name in `clusters/`.
        project: of the GKE cluster.
        location: of the GKE cluster.
        name: of the GKE cluster.

    Raises:
        LoginNeeded, Refused, Unanswered: see `errors`.
    """
    return tuple(_all(reader(project), cluster, project, location, name))


def reader(project: str) -> Get:
    """A function that GETs an address of Google's APIs: its JSON."""
    from google.auth.transport.requests import AuthorizedSession

    session = AuthorizedSession(login.credentials())  # type: ignore[no-untyped-call]
    address = stand_in(ENDPOINT)

    def get(url: str, query: Mapping[str, str]) -> Any:
        from google.api_core.exceptions import from_http_response
        from requests import RequestException

        where = f"project {project}, {url.partition('?')[0]}"
        asked = url.replace("https://", f"{address.rstrip('/')}/", 1) if address else url
        with errors("look for leftovers", where):
            try:
                response = session.get(asked, params=query, timeout=30)
            except RequestException as trouble:
                raise Unanswered("Google Cloud does not answer", where=where, evidence=str(trouble)) from trouble
            if not response.ok:
                raise from_http_response(response)  # type: ignore[no-untyped-call]
            return response.json()

    return get


def _all(get: Get, cluster: str, project: str, location: str, name: str) -> Iterator[Leftover]:
    compute = f"https://compute.googleapis.com/compute/v1/projects/{project}"

    def ours(labels: Mapping[str, str]) -> bool:
        gke = labels.get(_GKE_NAME) == name and labels.get(_GKE_PLACE, location) == location
        return labels.get(CLUSTER) == cluster or gke

    last_copies = f"homes-{hashlib.sha1(cluster.encode(), usedforsecurity=False).hexdigest()[:8]}-"
    firewalls = list(_pages(get, f"{compute}/global/firewalls", {}, "items"))
    balancers = _balancers(firewalls, name)
    for kind, read in _KINDS.items():
        found = _listed(get, compute, kind)
        yield from (
            read(each, project)
            for each in found
            if ours(each.get("labels", {}))
            or (kind == "forwardingRules" and each["name"] in balancers)
            or (kind == "snapshots" and each["name"].startswith(last_copies))
        )
    stores = f"https://file.googleapis.com/v1/projects/{project}/locations/-/instances"
    yield from (
        things.store(each, project) for each in _quietly(get, stores, "instances") if ours(each.get("labels", {}))
    )
    buckets = _pages(get, "https://storage.googleapis.com/storage/v1/b", {"project": project}, "items")
    yield from (things.bucket(each) for each in buckets if ours(each.get("labels", {})))


def _balancers(firewalls: Iterable[Mapping[str, Any]], name: str) -> set[str]:
    """The cluster's load balancers: firewalls `k8s-fw-<name>` let them reach machines `gke-<cluster>-<hash>-node`.

    https://github.com/kubernetes/cloud-provider-gcp/blob/master/providers/gce/gce_util.go (MakeFirewallName)
    """
    machines = re.compile(rf"gke-{re.escape(name)}-[0-9a-f]+-node")
    return {
        str(each["name"]).removeprefix("k8s-fw-")
        for each in firewalls
        if str(each["name"]).startswith("k8s-fw-") and any(map(machines.fullmatch, each.get("targetTags", ())))
    }


def _listed(get: Get, compute: str, kind: str) -> Iterator[dict[str, Any]]:
    """All of a kind: snapshots belong to no place, the others are listed over all regions and zones at once."""
    if kind == "snapshots":
        yield from _pages(get, f"{compute}/global/snapshots", {}, "items")
        return
    for scope in _pages(get, f"{compute}/aggregated/{kind}", {}, "items"):
        yield from scope.get(kind, ())


def _quietly(get: Get, url: str, key: str) -> Iterator[dict[str, Any]]:
    """The same for an API that a project without such things has not switched on."""
    try:
        yield from _pages(get, url, {}, key)
    except Missing:
        return
    except Refused as trouble:
        if "SERVICE_DISABLED" not in trouble.evidence and "has not been used" not in trouble.evidence:
            raise


def _pages(get: Get, url: str, query: Mapping[str, str], key: str) -> Iterator[dict[str, Any]]:
    page = ""
    while True:
        answer = get(url, {**query, **({"pageToken": page} if page else {})})
        items = answer.get(key, ())
        yield from (items.values() if isinstance(items, dict) else items)
        page = answer.get("nextPageToken", "")
        if not page:
            return
