"""Google's REST APIs on loopback, as far as terraform/gcp uses them: it remembers what is made, and makes nothing.

Every API is at `<address>/<its host>/<its path>`; `endpoints()` says so to terraform's google provider and to its gcs
backend, and hubfleet's own look at leftovers takes the address alone. What is known of single kinds is in
google_kinds.py, objects in buckets in google_objects.py, the login is google.py's.
Modelled: making, reading, changing and deleting things of any collection; operations that are done at once, take a
number of looks, or fail; policies with etags; what is used by something else is not deleted, and what is used must be
there; APIs that are switched off; 429, 503 or anything else for any call; a login.
Not modelled: rights, quotas and billing; time and states between; most of the defaults that Google fills in, and its
checks of values (names, ranges, sizes, versions, regions: nearly anything is accepted); what Google makes by itself
(nodes, routes, firewalls, service agents); update masks (what is sent is merged); filters; paging; concurrency of
operations.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.fakes import google_changes as changes
from tests.fakes import google_kinds as kinds
from tests.fakes import google_objects
from tests.fakes.google import FakeGoogle
from tests.fakes.loopback import Answer, Request
from tests.fakes.loopback import served as http_served

# The provider's variables (GOOGLE_<name>_CUSTOM_ENDPOINT); it has one for each product, named after Google's own.
_PRODUCTS = {
    "ARTIFACT_REGISTRY": "artifactregistry.googleapis.com/v1", "BILLING_BUDGETS": "billingbudgets.googleapis.com/v1",
    "CLOUD_BILLING": "cloudbilling.googleapis.com/v1", "CLOUD_SCHEDULER": "cloudscheduler.googleapis.com/v1",
    "COMPUTE": "compute.googleapis.com/compute/v1", "CONTAINER": "container.googleapis.com/v1",
    "FILESTORE": "file.googleapis.com/v1", "IAM_BETA": "iam.googleapis.com/v1",
    "MONITORING": "monitoring.googleapis.com", "RESOURCE_MANAGER": "cloudresourcemanager.googleapis.com/v1",
    "SERVICE_USAGE": "serviceusage.googleapis.com/v1", "STORAGE": "storage.googleapis.com/storage/v1",
    "WORKFLOWS": "workflows.googleapis.com/v1",
}  # fmt: skip
_VERSIONS = ("compute/v1/", "storage/v1/", "v1/", "v3/")
_COMPUTE = "compute.googleapis.com"


@dataclass
class Fault:
    """What goes wrong with a call, once or several times.

    Args:
        part: of the call, such as `POST` and a part of its path: `POST .../nodePools`.
        status: of the answer; 0: the operation begins, and fails.
        words: of the error.
        times: how often.
    """

    part: str
    status: int = 0
    words: str = "injected"
    times: int = 1


@dataclass
class FakeCloud:
    """The state. `looks`: by part of a call, how often its operation is asked for before it is done."""

    google: FakeGoogle = field(default_factory=FakeGoogle)
    address: str = ""
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, dict[str, google_objects.Object]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _works: dict[str, list[Any]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def endpoints(self) -> dict[str, str]:
        """Where everything is, as environment variables of hubfleet, the provider and the backend."""
        found = {f"GOOGLE_{name}_CUSTOM_ENDPOINT": f"{self.address}/{place}/" for name, place in _PRODUCTS.items()}
        return {**found, "HUBFLEET_GCP_ENDPOINT": self.address}

    def add_bucket(self, name: str) -> None:
        """A bucket that somebody else made."""
        self.things[f"storage.googleapis.com/b/{name}"] = kinds.made("b", f"b/{name}", {"name": name}, 0)

    def of(self, collection: str) -> dict[str, dict[str, Any]]:
        """Everything of a collection (`disks`, `clusters`, `b`), by name."""
        return {name: body for path, body in self.things.items() for kind, name in [_end(path)] if kind == collection}

    def answer(self, request: Request) -> Answer:
        """Answer a call."""
        with self._lock:
            call = f"{request.method} {unquote(request.path)}"
            self.calls.append(call)
            if request.path == "/token":
                return self.google.answer(request)
            if not self._is_ours(request.headers.get("authorization", "")):
                return _error(401, "Invalid Credentials")
            fault = self._fault(call)
            if fault and fault.status:
                return _error(fault.status, fault.words)
            try:
                return self._answer(request, unquote(request.path).strip("/"), fault.words if fault else "")
            except kinds.Refusal as refusal:
                return _error(refusal.status, str(refusal))

    def _answer(self, request: Request, path: str, failure: str) -> Answer:
        if found := google_objects.answer(self.objects, self.of("b"), request, path):
            return found
        host, _, rest = path.partition("/")
        for version in _VERSIONS:
            rest = rest.removeprefix(version)
        if host not in kinds.SWITCHED_ON and host not in self.of("services"):
            raise kinds.Refusal(403, f"{host} has not been used in project {kinds.NUMBER} before, SERVICE_DISABLED")
        if (known := self._looked(rest) or kinds.fixed(host, rest)) is not None:
            return Answer(known)
        rest, _, verb = rest.partition(":")
        if verb or rest.endswith("/iam"):
            return self._asked_to(host, rest, verb, request, failure)
        words = rest.split("/")
        if words[-1] in kinds.COLLECTIONS and (len(words) < 2 or words[-2] not in kinds.COLLECTIONS):
            return self._collection(host, rest, request, failure)
        if len(words) > 2 and words[-3] in kinds.COLLECTIONS and host == _COMPUTE:
            return self._asked_to(host, "/".join(words[:-1]), words[-1], request, failure)
        return self._thing(host, rest, request, failure)

    def _collection(self, host: str, path: str, request: Request, failure: str) -> Answer:
        kind = path.rpartition("/")[2]
        if request.method == "GET":
            return Answer(self._listed(host, path, kind))
        body, name = kinds.wanted(kind, request, f"{next(self._numbers):06d}")
        thing = f"{path}/{name}"
        if f"{host}/{thing}" in self.things:
            raise kinds.Refusal(409, f"The resource '{thing}' already exists, alreadyExists")
        changes.refuse_missing(self.things, body)
        if not failure:
            made = kinds.made(kind, thing, body, next(self._numbers))
            self.things[f"{host}/{thing}"] = made
            for inner in made.pop("nodePools", []) if kind == "clusters" else []:
                pool = f"{thing}/nodePools/{inner['name']}"
                self.things[f"{host}/{pool}"] = kinds.made("nodePools", pool, inner, next(self._numbers))
        return self._done(host, thing, request, failure)

    def _thing(self, host: str, path: str, request: Request, failure: str) -> Answer:
        thing = self._known(host, path)
        if request.method == "GET":
            return Answer(self._shown(host, path, thing))
        if request.method == "DELETE":
            if not failure:
                changes.refuse_used(self.things, path, self.objects)
                for each in [name for name in self.things if f"{name}/".startswith(f"{host}/{path}/")]:
                    del self.things[each]
                    self.policies.pop(each, None)
        elif not failure:
            changes.change(self.things, f"{host}/{path}", request.body)
        return self._done(host, path, request, failure)

    def _asked_to(self, host: str, path: str, verb: str, request: Request, failure: str) -> Answer:
        if verb in ("getIamPolicy", "setIamPolicy") or path.endswith("/iam"):
            return Answer(self._policy(host, path.removesuffix("/iam"), verb, request))
        if path.endswith("/services") or "/services/" in path:
            for name in request.body.get("serviceIds", [path.rpartition("/")[2]]):
                self.things[f"{host}/projects/{kinds.PROJECT}/services/{name}"] = kinds.service(name)
            return self._done(host, path, request, failure)
        self._known(host, path)
        if not failure:
            changes.do(self.things, f"{host}/{path}", verb, request.body or {})
        return self._done(host, path, request, failure)

    def _policy(self, host: str, path: str, verb: str, request: Request) -> dict[str, Any]:
        """A policy as it is, or as it is to be: refused where somebody else changed it meanwhile."""
        if path != f"projects/{kinds.PROJECT}":
            self._known(host, path)
        policy = self.policies.setdefault(f"{host}/{path}", {"version": 1, "bindings": [], "etag": "0"})
        if verb == "setIamPolicy" or request.method == "PUT":
            wanted = request.body.get("policy", request.body)
            if wanted.get("etag", policy["etag"]) != policy["etag"]:
                raise kinds.Refusal(409, "There were concurrent policy changes. Please retry, aborted")
            changes.refuse_strangers(self.of("serviceAccounts"), wanted)
            policy.update({"bindings": [], **wanted, "etag": str(int(policy["etag"]) + 1)})
        return policy

    def _listed(self, host: str, path: str, kind: str) -> dict[str, Any]:
        if "/aggregated/" in path:
            found: dict[str, list[Any]] = {}
            for each, body in self.things.items():
                if _end(each)[0] == kind:
                    found.setdefault("/".join(each.split("/")[3:5]), []).append(body)
            return {"items": {place: {kind: things} for place, things in found.items()}}
        before, _, _ = path.partition("/-/")
        found_here = [
            self._shown(host, each.partition("/")[2], body)
            for each, body in self.things.items()
            if each.startswith(f"{host}/{before}/") and _end(each)[0] == kind
        ]
        return {"items" if host in (_COMPUTE, "storage.googleapis.com") else kind: found_here}

    def _known(self, host: str, path: str) -> dict[str, Any]:
        found = self.things.get(f"{host}/{kinds.known_as(path)}")
        if found is None:
            raise kinds.Refusal(404, f"The resource '{path}' was not found, notFound")
        return found

    def _shown(self, host: str, path: str, thing: dict[str, Any]) -> dict[str, Any]:
        if path.split("/")[-2] == "clusters":
            inside = [body for each, body in self.things.items() if each.startswith(f"{host}/{path}/nodePools/")]
            return {**thing, "nodePools": inside}
        return thing

    def _done(self, host: str, path: str, request: Request, failure: str) -> Answer:
        """The answer to a change: an operation, or the thing where the API has none."""
        thing = self.things.get(f"{host}/{kinds.known_as(path)}", {})
        if host in kinds.WITHOUT_OPERATIONS:
            if failure:
                raise kinds.Refusal(400, failure)
            return Answer(None, 204) if request.method == "DELETE" else Answer(thing)
        name = f"operation-{next(self._numbers)}"
        call = f"{request.method} {host}/{path}"
        looks = next((count for part, count in self.looks.items() if part in call), 0)
        self._works[name] = [looks, changes.operation(host, path, name, thing, failure)]
        return Answer(self._looked(f"operations/{name}"))

    def _looked(self, path: str) -> dict[str, Any] | None:
        """An operation as it is now; None where the path is of something else."""
        before, _, name = path.rpartition("/")
        if before.rpartition("/")[2] != "operations":
            return None
        if name not in self._works:
            raise kinds.Refusal(404, f"The operation {name} was not found, notFound")
        looks, done = self._works[name]
        self._works[name][0] -= 1
        return dict(done if looks <= 0 else changes.running(done))

    def _fault(self, call: str) -> Fault | None:
        method, _, path = call.partition(" ")
        for fault in self.faults:
            verb, _, part = fault.part.partition(" ")
            if fault.times > 0 and verb == method and part in path:
                fault.times -= 1
                return fault
        return None

    def _is_ours(self, authorization: str) -> bool:
        given = [f"Bearer token-{number}" for number in range(1, self.google.given + 1)]
        return not self.google.withdrawn and authorization in given


@contextmanager
def served() -> Iterator[FakeCloud]:
    """Serve it on a free port."""
    fake = FakeCloud()
    with http_served(fake.answer) as address:
        fake.address = fake.google.address = address
        yield fake


def _end(path: str) -> tuple[str, str]:
    """Collection and name of a thing."""
    words = path.split("/")
    return words[-2], words[-1]


def _error(status: int, words: str) -> Answer:
    reason = words.rpartition(", ")[2] if ", " in words else "injected"
    body = {"code": status, "message": words, "errors": [{"reason": reason, "message": words}]}
    return Answer({"error": body}, status)
