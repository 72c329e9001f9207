"""What the fake Google Cloud knows of single kinds of things: names, what Google adds to them, how they are changed.

What is added is what terraform's provider needs to read a thing again; Google adds more. Sources: the discovery
documents of the APIs (https://developers.google.com/discovery), such as https://compute.googleapis.com/discovery/v1/apis/compute/v1/rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fakes.loopback import Request

PROJECT, NUMBER = "example-hubs", "123456789012"
BILLING = "012345-6789AB-CDEF01"
NOW = "2026-11-24T10:00:00Z"
VERSION = "1.33.5-gke.100"
COLLECTIONS = {
    "networks", "subnetworks", "routers", "addresses", "disks", "snapshots", "resourcePolicies", "firewalls",
    "forwardingRules", "serviceAccounts", "repositories", "instances", "workflows", "jobs", "notificationChannels",
    "budgets", "clusters", "nodePools", "b", "services",
}  # fmt: skip
WITHOUT_OPERATIONS = {
    "iam.googleapis.com", "storage.googleapis.com", "cloudscheduler.googleapis.com", "monitoring.googleapis.com",
    "billingbudgets.googleapis.com", "cloudresourcemanager.googleapis.com",
}  # fmt: skip
# What must be on before terraform can switch on the others (docs/make-a-cluster.md), and storage, which always is.
SWITCHED_ON = {"storage.googleapis.com", "cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"}
_LINK = "https://www.googleapis.com/compute/v1/"
_IDS = {"repositories": "repository_id", "instances": "instanceId", "workflows": "workflowId"}
_NUMBERED = {"notificationChannels", "budgets"}
_RELATIVE = {"repositories", "instances", "workflows", "jobs", "notificationChannels", "budgets"}
Things = dict[str, dict[str, Any]]


class Refusal(Exception):
    """Google's no: a status and, last in the words, its reason."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def fixed(host: str, path: str) -> dict[str, Any] | None:
    """What is there without being made: the project, and who pays."""
    if host == "cloudresourcemanager.googleapis.com" and path == f"projects/{PROJECT}":
        return {"projectId": PROJECT, "projectNumber": NUMBER, "name": "Hubs", "lifecycleState": "ACTIVE"}
    if host == "compute.googleapis.com" and path == f"projects/{NUMBER}":
        return {"name": PROJECT, "id": NUMBER}
    if host == "cloudbilling.googleapis.com" and path == f"projects/{PROJECT}/billingInfo":
        return {"projectId": PROJECT, "billingAccountName": f"billingAccounts/{BILLING}", "billingEnabled": True}
    return None


def wanted(kind: str, request: Request, number: str) -> tuple[dict[str, Any], str]:
    """What is to be made, and its name: in the body, in the query, or of Google's choice (then made of the number)."""
    body = dict(request.body or {})
    if kind == "serviceAccounts":
        email = f"{body['accountId']}@{PROJECT}.iam.gserviceaccount.com"
        return {**body.get("serviceAccount", {}), "email": email}, email
    if kind in ("clusters", "nodePools"):
        body = body["cluster" if kind == "clusters" else "nodePool"]
        return body, body["name"]
    if kind in _NUMBERED:
        return body, number
    if kind in _IDS:
        return body, request.query[_IDS[kind]]
    return body, str(body["name"]).rpartition("/")[2]


def service(name: str) -> dict[str, Any]:
    """An API that is switched on."""
    return {"name": f"projects/{NUMBER}/services/{name}", "state": "ENABLED", "parent": f"projects/{NUMBER}"}


def known_as(path: str) -> str:
    """A path as its thing has it: a service account may be asked for in the project `-`."""
    words = path.split("/")
    if words[0] == "projects" and words[1] == "-":
        words[1] = PROJECT
    return "/".join(words)


def made(kind: str, path: str, body: dict[str, Any], number: int) -> dict[str, Any]:
    """A thing as Google shows it once it is made."""
    found = {**body, **_ADDED[kind](path, body, number)} if kind in _ADDED else dict(body)
    if kind in _RELATIVE:
        return {**found, "name": path}
    return found


def _compute(path: str, number: int, **more: Any) -> dict[str, Any]:
    words = path.split("/")
    place = {} if words[2] == "global" else {words[2][:-1]: f"{_LINK}{'/'.join(words[:4])}"}
    return {
        "id": str(number), "selfLink": f"{_LINK}{path}", "creationTimestamp": NOW, "fingerprint": "AAAA",
        "labelFingerprint": "AAAA", **place, **more,
    }  # fmt: skip


def _subnetwork(path: str, body: dict[str, Any], number: int) -> dict[str, Any]:
    gateway = body["ipCidrRange"].rpartition(".")[0] + ".1"
    return _compute(path, number, gatewayAddress=gateway, purpose="PRIVATE", stackType="IPV4_ONLY",
                    privateIpv6GoogleAccess="DISABLE_GOOGLE_ACCESS",
                    logConfig={**body.get("logConfig", {})}, enableFlowLogs=True)  # fmt: skip


def _network(path: str, body: dict[str, Any], number: int) -> dict[str, Any]:
    order = body.get("networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL")
    routing = body.get("routingConfig", {"routingMode": "REGIONAL"})
    return _compute(path, number, routingConfig=routing, networkFirewallPolicyEnforcementOrder=order)


def _address(path: str, _: dict[str, Any], number: int) -> dict[str, Any]:
    return _compute(path, number, address="203.0.113.10", status="RESERVED", addressType="EXTERNAL",
                    networkTier="PREMIUM", ipVersion="IPV4")  # fmt: skip


def _disk(path: str, body: dict[str, Any], number: int) -> dict[str, Any]:
    kind = f"{_LINK}{'/'.join(path.split('/')[:4])}/diskTypes/{str(body['type']).rpartition('/')[2]}"
    return _compute(path, number, sizeGb=str(body["sizeGb"]), status="READY", type=kind, physicalBlockSizeBytes="4096")


def _snapshot(path: str, _: dict[str, Any], number: int) -> dict[str, Any]:
    return _compute(path, number, status="READY", storageBytes=str(2**30))


def _account(path: str, body: dict[str, Any], number: int) -> dict[str, Any]:
    return {"name": path, "projectId": PROJECT, "uniqueId": str(number), "email": body["email"]}


def _bucket(path: str, body: dict[str, Any], _: int) -> dict[str, Any]:
    access = {"publicAccessPrevention": "inherited", **body.get("iamConfiguration", {})}
    name = path.rpartition("/")[2]
    policy = body.get("softDeletePolicy", {"retentionDurationSeconds": "604800"})
    kept = body.get("retentionPolicy")
    retention = {"retentionPolicy": {**kept, "effectiveTime": NOW}} if kept else {}
    return {
        "id": name, "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}", "projectNumber": NUMBER,
        "location": str(body.get("location", "US")).upper(), "locationType": "region", "timeCreated": NOW,
        "updated": NOW, "storageClass": body.get("storageClass", "STANDARD"), "metageneration": "1",
        "iamConfiguration": access, "softDeletePolicy": {**policy, "effectiveTime": NOW}, **retention,
    }  # fmt: skip


def _store(_: str, body: dict[str, Any], __: int) -> dict[str, Any]:
    networks = [{**each, "ipAddresses": ["10.65.0.2"], "reservedIpRange": "10.65.0.0/29"} for each in body["networks"]]
    return {"state": "READY", "createTime": NOW, "networks": networks, "protocol": "NFS_V3", "etag": "AAAA"}


def _repository(_: str, __: dict[str, Any], ___: int) -> dict[str, Any]:
    return {"createTime": NOW, "updateTime": NOW, "mode": "STANDARD_REPOSITORY", "registryUri": ""}


def _workflow(_: str, __: dict[str, Any], ___: int) -> dict[str, Any]:
    return {"state": "ACTIVE", "revisionId": "000001-000", "createTime": NOW, "updateTime": NOW}


def _job(_: str, body: dict[str, Any], __: int) -> dict[str, Any]:
    usual = {"maxRetryDuration": "0s", "minBackoffDuration": "5s", "maxBackoffDuration": "3600s", "maxDoublings": 5}
    target = dict(body["httpTarget"])
    token = {"scope": "https://www.googleapis.com/auth/cloud-platform", **target["oauthToken"]}
    return {"state": "ENABLED", "retryConfig": {**usual, **body["retryConfig"]}, "attemptDeadline": "180s",
            "httpTarget": {**target, "oauthToken": token}}  # fmt: skip


def _budget(_: str, body: dict[str, Any], __: int) -> dict[str, Any]:
    rules = [{"spendBasis": "CURRENT_SPEND", **each} for each in body["thresholdRules"]]
    amount = {"specifiedAmount": {"currencyCode": "USD", **body["amount"]["specifiedAmount"]}}
    usual = {"creditTypesTreatment": "INCLUDE_ALL_CREDITS", "calendarPeriod": "MONTH"}
    about = {**usual, **body["budgetFilter"]}
    return {"etag": "AAAA", "thresholdRules": rules, "amount": amount, "budgetFilter": about}


def _cluster(path: str, body: dict[str, Any], _: int) -> dict[str, Any]:
    words = path.split("/")
    network = {"network": _known(body["network"]), "subnetwork": _known(body["subnetwork"])}
    ways = body.get("controlPlaneEndpointsConfig", {})
    ip = ways.get("ipEndpointsConfig", {})
    first = {"name": "default-pool", "initialNodeCount": body.get("initialNodeCount", 1), "config": body["nodeConfig"]}
    return {
        "selfLink": f"https://container.googleapis.com/v1/{path}", "location": words[3], "zone": words[3],
        "locations": [words[3]], "status": "RUNNING", "endpoint": "192.0.2.1", "createTime": NOW,
        "currentMasterVersion": body.get("initialClusterVersion") or VERSION, "currentNodeVersion": VERSION,
        "network": network["network"].rpartition("/")[2], "subnetwork": network["subnetwork"].rpartition("/")[2],
        "networkConfig": {**body.get("networkConfig", {}), **network, "defaultSnatStatus": {}},
        "clusterIpv4Cidr": "10.64.128.0/17", "servicesIpv4Cidr": "10.64.32.0/19", "labelFingerprint": "AAAA",
        "masterAuth": {"clusterCaCertificate": "LS0tLS1CRUdJTg=="}, "nodePools": body.get("nodePools", [first]),
        "loggingService": "logging.googleapis.com/kubernetes",
        "monitoringService": "monitoring.googleapis.com/kubernetes",
        "defaultMaxPodsConstraint": {"maxPodsPerNode": "110"}, "shieldedNodes": {"enabled": True},
        "databaseEncryption": {"state": "DECRYPTED"}, "maintenancePolicy": _maintained(body),
        "controlPlaneEndpointsConfig": {**ways, "ipEndpointsConfig": {**ip, "publicEndpoint": "192.0.2.1"}},
        "addonsConfig": {**_ADDONS, **body.get("addonsConfig", {})},
    }  # fmt: skip


_ADDONS: dict[str, Any] = {
    "httpLoadBalancing": {}, "horizontalPodAutoscaling": {}, "networkPolicyConfig": {"disabled": True},
    "gcePersistentDiskCsiDriverConfig": {"enabled": True}, "dnsCacheConfig": {"enabled": True},
}  # fmt: skip


def _maintained(body: dict[str, Any]) -> dict[str, Any]:
    """A maintenance window with the duration that GKE gives it."""
    policy = body.get("maintenancePolicy", {})
    window = dict(policy.get("window", {}))
    if "dailyMaintenanceWindow" in window:
        window["dailyMaintenanceWindow"] = {**window["dailyMaintenanceWindow"], "duration": "PT4H0M0S"}
    return {**policy, "window": window, "resourceVersion": "AAAA"}


def _pool(path: str, body: dict[str, Any], _: int) -> dict[str, Any]:
    usual = {"imageType": "COS_CONTAINERD", "metadata": {"disable-legacy-endpoints": "true"}, "diskSizeGb": 100,
             "diskType": "pd-balanced", "machineType": "e2-medium"}  # fmt: skip
    return {
        "selfLink": f"https://container.googleapis.com/v1/{path}", "status": "RUNNING", "etag": "AAAA",
        "version": body.get("version") or VERSION, "config": {**usual, **body.get("config", {})},
        "locations": body.get("locations") or [path.split("/")[3]], "podIpv4CidrSize": 24,
        "upgradeSettings": body.get("upgradeSettings", {"maxSurge": 1, "strategy": "SURGE"}),
        "maxPodsConstraint": {"maxPodsPerNode": "110"},
    }  # fmt: skip


def _known(link: str) -> str:
    """A link as `projects/...`."""
    return f"projects/{link.partition('projects/')[2]}" if "projects/" in link else link


_ADDED: dict[str, Callable[[str, dict[str, Any], int], dict[str, Any]]] = {
    "networks": _network, "subnetworks": _subnetwork, "routers": lambda path, _, number: _compute(path, number),
    "addresses": _address, "disks": _disk, "snapshots": _snapshot,
    "resourcePolicies": lambda path, _, number: _compute(path, number, status="READY"), "serviceAccounts": _account,
    "b": _bucket, "instances": _store, "repositories": _repository, "workflows": _workflow, "jobs": _job,
    "budgets": _budget, "clusters": _cluster, "nodePools": _pool,
}  # fmt: skip
