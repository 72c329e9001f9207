"""Azure's resource manager on loopback: the far end of the real azure-mgmt-containerservice client.

Modelled: one subscription with one AKS cluster and its node pools; reading and putting both, with etags; work that
takes a number of looks at `provisioningState`, or fails; upgrade profiles; the kubeconfig of a cluster with Entra ID;
resources by tag; 429 and 503 with Retry-After; a subscription that the login does not reach; a login that has expired.
Not modelled: Entra ID itself (the credential is a fake that gives unsigned tokens), rights, TLS, Azure's long-running
operation addresses (hubfleet looks at states instead), node images, surge, validation of what is put.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.containerservice import ContainerServiceClient

from tests.fakes.loopback import Answer, Request
from tests.fakes.loopback import served as http_served

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hubs"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/hubs"


class FakeCredential:
    """azure-identity's interface; `expired` as `az login` that was long ago."""

    def __init__(self) -> None:
        self.expired = False
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        from azure.core.exceptions import ClientAuthenticationError

        if self.expired:
            raise ClientAuthenticationError("AADSTS700082: The refresh token has expired due to inactivity.")
        self.scopes += scopes
        claims = base64.urlsafe_b64encode(json.dumps({"upn": "ada@example.org"}).encode()).decode().rstrip("=")
        return AccessToken(f"e30.{claims}.", int(time.time()) + 3600)


@dataclass
class FakeAzure:
    """The state. `faults`: (part of a path, status, headers), each used once."""

    address: str = ""
    looks: int = 2
    fail_next: bool = False
    entra: bool = True
    faults: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    cluster: dict[str, Any] = field(default_factory=dict)
    pools: dict[str, dict[str, Any]] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)
    _fails: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cluster = {
            "kubernetesVersion": "1.32.4", "currentKubernetesVersion": "1.32.4", "provisioningState": "Succeeded",
            "autoUpgradeProfile": {"upgradeChannel": "none"}, "aadProfile": {"managed": True},
        }  # fmt: skip
        self.pools = {
            "core": self.pool({}, "1.32.4"),
            "user": self.pool({"hub.jupyter.org/node-purpose": "user"}, "1.32.4"),
        }

    @staticmethod
    def pool(labels: dict[str, str], version: str) -> dict[str, Any]:
        return {
            "orchestratorVersion": version, "currentOrchestratorVersion": version, "vmSize": "Standard_D4s_v5",
            "count": 1, "minCount": 0, "maxCount": 5, "enableAutoScaling": True, "nodeLabels": labels,
            "provisioningState": "Succeeded",
        }  # fmt: skip

    def client(self, credential: FakeCredential) -> ContainerServiceClient:
        """The real client, pointed here. Over plain HTTP azure-core sends no token by itself, so a policy does."""

        class Bearer(SansIOHTTPPolicy[Any, Any]):
            def on_request(self, request: Any) -> None:
                request.http_request.headers["Authorization"] = f"Bearer {credential.get_token('arm').token}"

        return ContainerServiceClient(
            credential, SUBSCRIPTION, self.address, authentication_policy=Bearer(), retry_total=1,
            retry_backoff_factor=0.05,
        )  # fmt: skip

    def answer(self, request: Request) -> Answer:
        for fault in self.faults:
            if fault[0] in request.path:
                self.faults.remove(fault)
                return _error(fault[1], "Injected", fault[2])
        if SUBSCRIPTION not in request.path:
            return _error(404, "SubscriptionNotFound", {})
        if request.path == f"/subscriptions/{SUBSCRIPTION}":
            return Answer({"subscriptionId": SUBSCRIPTION})
        if request.path == f"/subscriptions/{SUBSCRIPTION}/resources":
            return Answer({"value": self.resources})
        if not request.path.startswith(CLUSTER):
            return _error(404, "ResourceNotFound", {})
        return self._aks(request, request.path.removeprefix(CLUSTER).strip("/").split("/"))

    def _aks(self, request: Request, words: list[str]) -> Answer:
        if words == ["upgradeProfiles", "default"]:
            return Answer({"properties": self._upgrades()})
        if words == ["listClusterUserCredential"]:
            return Answer({"kubeconfigs": [{"name": "clusterUser", "value": _kubeconfig()}]})
        if words == ["agentPools"]:
            return Answer({"value": [self._shown(name, pool) for name, pool in self.pools.items()]})
        name = words[1] if words[0] == "agentPools" else ""
        if name and name not in self.pools:
            return _error(404, "NotFound", {})
        thing = self.pools[name] if name else self.cluster
        return self._put(name, thing, request) if request.method == "PUT" else Answer(self._shown(name, thing))

    def _put(self, name: str, thing: dict[str, Any], request: Request) -> Answer:
        wanted = request.headers.get("if-match", "").strip('"')
        if wanted and wanted != _etag(thing):
            return _error(412, "PreconditionFailed", {})
        thing.update(request.body["properties"])
        thing["provisioningState"] = "Upgrading"
        self._left[name] = self.looks
        if self.fail_next:
            self._fails.add(name)
            self.fail_next = False
        return Answer(self._shown(name, thing), 200)

    def _shown(self, name: str, thing: dict[str, Any]) -> dict[str, Any]:
        if name in self._left:
            self._left[name] -= 1
            if self._left[name] < 0:
                del self._left[name]
                thing["provisioningState"] = "Failed" if name in self._fails else "Succeeded"
                if name not in self._fails:
                    now = "currentOrchestratorVersion" if name else "currentKubernetesVersion"
                    thing[now] = thing["orchestratorVersion" if name else "kubernetesVersion"]
        properties = dict(thing)
        if not name and not self.entra:
            properties.pop("aadProfile")
        path = f"{CLUSTER}/agentPools/{name}" if name else CLUSTER
        shown = {"id": path, "name": name or "hubs", "properties": properties}
        if name:
            properties["eTag"] = _etag(thing)
            return shown
        return {**shown, "location": "westeurope", "eTag": _etag(thing)}

    def _upgrades(self) -> dict[str, Any]:
        offered = [
            {"kubernetesVersion": "1.33.1"}, {"kubernetesVersion": "1.32.6"},
            {"kubernetesVersion": "1.33.9", "isPreview": True},
        ]  # fmt: skip
        profile = {"kubernetesVersion": self.cluster["currentKubernetesVersion"], "osType": "Linux"}
        return {"controlPlaneProfile": {**profile, "upgrades": offered}, "agentPoolProfiles": [profile]}


@contextmanager
def served() -> Iterator[FakeAzure]:
    """Serve it on a free port."""
    fake = FakeAzure()
    with http_served(fake.answer) as address:
        fake.address = address
        yield fake


def _etag(thing: dict[str, Any]) -> str:
    return f"etag-{thing.get('kubernetesVersion', thing.get('orchestratorVersion'))}-{thing.get('maxCount')}"


def _error(status: int, code: str, headers: dict[str, str]) -> Answer:
    return Answer({"error": {"code": code, "message": f"{code}: injected"}}, status, headers)


def _kubeconfig() -> str:
    text = (
        "clusters: [{name: hubs, cluster: {server: 'https://hubs.example.org:443', certificate-authority-data: QQ==}}]"
    )
    return base64.b64encode(text.encode()).decode()
