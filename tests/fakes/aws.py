"""AWS on loopback: moto's server, and in front of it the calls of EKS that moto lacks.

Modelled here: update_cluster_version, update_nodegroup_version, update_nodegroup_config, describe_update, list_updates,
describe_cluster_versions; updates take a number of looks, fail, or get lost; 429 and 503 for any call; a login that has
expired or is unknown. moto models the rest, among it STS, EC2, load balancers, EFS, S3 and tags.
Not modelled: rights, disruption budgets, EKS's refusals of version skew, signatures (any key is an administrator of
the account that moto has: 123456789012).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from moto.eks.models import eks_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.fakes.loopback import serving

ACCOUNT = "123456789012"
REGION = "eu-west-1"
VERSIONS = [
    {"clusterVersion": "1.35", "endOfStandardSupportDate": 1806278400.0, "versionStatus": "STANDARD_SUPPORT"},
    {"clusterVersion": "1.34", "endOfStandardSupportDate": 1796169600.0, "versionStatus": "STANDARD_SUPPORT"},
    {"clusterVersion": "1.33", "endOfStandardSupportDate": 1785283200.0, "versionStatus": "EXTENDED_SUPPORT"},
]
Start = Callable[..., Any]


@dataclass
class _Update:
    pool: str
    body: dict[str, Any]
    effect: Callable[[], None]
    looks: int
    error: str = ""


@dataclass
class FakeAws:
    """The state. `faults`: (part of method and path, status, code, headers), each used once."""

    address: str = ""
    looks: int = 2
    fail_next: str = ""
    faults: list[tuple[str, int, str, dict[str, str]]] = field(default_factory=list)
    updates: dict[str, _Update] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def wsgi(self, moto: Any) -> Any:
        def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
            path = unquote(environ["PATH_INFO"])
            self.calls.append(f"{environ['REQUEST_METHOD']} {path}")
            for fault in self.faults:
                asked = f"{environ['REQUEST_METHOD']} {path}"
                if fault[0] in asked or fault[0] in environ.get("HTTP_AUTHORIZATION", ""):
                    self.faults.remove(fault)
                    return _refused(start, *fault[1:], xml="/s3/" in environ.get("HTTP_AUTHORIZATION", ""))
            if "/eks/" not in environ.get("HTTP_AUTHORIZATION", ""):
                return moto(environ, start)
            found = self._eks(environ, path)
            return moto(environ, start) if found is None else _json(start, found)

        return application

    def lose(self, identity: str) -> None:
        """Forget an update, as if EKS had never heard of it."""
        del self.updates[identity]

    def _eks(self, environ: dict[str, Any], path: str) -> dict[str, Any] | None:
        if path == "/cluster-versions":
            return {"clusterVersions": VERSIONS}
        words = path.strip("/").split("/")
        if "updates" not in words and words[-1] not in ("update-version", "update-config"):
            return None
        pool = words[3] if "node-groups" in words else environ.get("QUERY_STRING", "").partition("nodegroupName=")[2]
        if environ["REQUEST_METHOD"] == "POST":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            return self._begin(words, pool, json.loads(environ["wsgi.input"].read(length)))
        if words[-1] == "updates":
            return {"updateIds": [name for name, each in self.updates.items() if each.pool == pool]}
        return self._look(words[-1])

    def _begin(self, words: list[str], pool: str, asked: dict[str, Any]) -> dict[str, Any]:
        cluster = eks_backends[ACCOUNT][REGION].clusters[words[1]]
        thing = cluster.nodegroups[pool] if pool else cluster

        def effect() -> None:
            if "scalingConfig" in asked:
                thing.scaling_config = asked["scalingConfig"]
            else:
                thing.version = asked["version"]

        name = f"update-{len(self.updates) + 1}"
        kind = "ConfigUpdate" if "scalingConfig" in asked else "VersionUpdate"
        body = {"id": name, "status": "InProgress", "type": kind, "params": [], "createdAt": 1795500000.0, "errors": []}
        self.updates[name] = _Update(pool, body, effect, self.looks, self.fail_next)
        self.fail_next = ""
        return {"update": body}

    def _look(self, name: str) -> dict[str, Any]:
        if name not in self.updates:
            return {"__missing": f"No update found for id: {name}."}
        update = self.updates[name]
        update.looks -= 1
        if update.looks <= 0 and update.body["status"] == "InProgress":
            update.body["status"] = "Failed" if update.error else "Successful"
            if update.error:
                update.body["errors"] = [{"errorCode": "PodEvictionFailure", "errorMessage": update.error}]
            else:
                update.effect()
        return {"update": update.body}


def _json(start: Start, body: dict[str, Any]) -> Iterable[bytes]:
    if "__missing" in body:
        return _refused(start, 404, "ResourceNotFoundException", {}, body["__missing"])
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def _refused(
    start: Start, status: int, code: str, headers: dict[str, str], words: str = "injected", *, xml: bool = False
) -> Iterable[bytes]:
    """In JSON and, for the older services, as XML: each reads its own."""
    error = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code), *headers.items()]
    start(f"{status} Refused", error)
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{words}</Message></Error></ErrorResponse>"
    return [
        text.encode()
        if xml or code in ("ExpiredToken", "InvalidClientTokenId")
        else json.dumps({"message": words}).encode()
    ]


@contextmanager
def served() -> Iterator[FakeAws]:
    """Serve it on a free port, with nothing in the account."""
    fake = FakeAws()
    moto = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, fake.wsgi(moto), threaded=True)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield fake
