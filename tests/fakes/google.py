"""Google's token service and the lists of Compute Engine, Cloud Storage and Filestore, on loopback.

Modelled: an access token for a service account's signed assertion (its signature is not verified); a login that has
been withdrawn; lists by project, in two pages; 403 of an API that is switched off.
Not modelled: rights, filters (hubfleet does not use them), regions that are out of reach, whatever changes things.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.loopback import Answer, Request
from tests.fakes.loopback import served as http_served

ACCOUNT = "robot@example-hubs.iam.gserviceaccount.com"


@dataclass
class FakeGoogle:
    """The state. `withdrawn`: the key is no longer valid. `things`: by path, what its list holds."""

    address: str = ""
    withdrawn: bool = False
    given: int = 0
    things: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    switched_off: set[str] = field(default_factory=set)
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.path == "/token":
            return self._token()
        if any(request.path.startswith(f"/{host}") for host in self.switched_off):
            words = "Cloud Filestore API has not been used in project 1 before or it is disabled."
            return Answer({"error": {"code": 403, "message": words, "status": "PERMISSION_DENIED"}}, 403)
        if request.headers.get("authorization") != f"Bearer token-{self.given}":
            return Answer({"error": {"code": 401, "message": "Invalid Credentials"}}, 401)
        return self._listed(request)

    def key_file(self, folder: Path) -> Path:
        """A service account's key that is sent to this server."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        data = {
            "type": "service_account", "project_id": "example-hubs", "private_key_id": "1",
            "private_key": pem.decode(), "client_email": ACCOUNT, "client_id": "1",
            "token_uri": f"{self.address}/token",
        }  # fmt: skip
        path = folder / "key.json"
        path.write_text(json.dumps(data))
        return path

    def _token(self) -> Answer:
        if self.withdrawn:
            return Answer({"error": "invalid_grant", "error_description": "Invalid grant: account not found"}, 400)
        self.given += 1
        return Answer({"access_token": f"token-{self.given}", "expires_in": 3600, "token_type": "Bearer"})

    def _listed(self, request: Request) -> Answer:
        things = self.things.get(request.path, [])
        half = (len(things) + 1) // 2
        second = request.query.get("pageToken") == "2"
        page = things[half:] if second else things[:half]
        if "/aggregated/" in request.path:
            kind = request.path.rpartition("/")[2]
            body: dict[str, Any] = {"items": {f"zones/{index}": {kind: [each]} for index, each in enumerate(page)}}
            body["items"]["zones/empty"] = {"warning": {"code": "NO_RESULTS_ON_PAGE"}}
        else:
            body = {"instances" if "/instances" in request.path else "items": page}
        return Answer(body if second or len(things) == len(page) else {**body, "nextPageToken": "2"})


@contextmanager
def served() -> Iterator[FakeGoogle]:
    """Serve it on a free port."""
    fake = FakeGoogle()
    with http_served(fake.answer) as address:
        fake.address = address
        yield fake
