"""The few calls to the API server that starting a cluster needs, before any client library could be used.

http.client, because its import is quick and `local-up` is to find a running cluster in a blink. The
client's key never touches the disk again: OpenSSL reads it from memory.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hubfleet.errors import HubfleetError

_TIMEOUT_SECONDS = 10.0
_NOT_FOUND = 404
_ERRORS = 400
FIELD_MANAGER = "hubfleet-local"


class Api:
    """An API server, as the person of a kubeconfig with embedded certificates sees it."""

    def __init__(self, kubeconfig: Path, timeout: float = _TIMEOUT_SECONDS) -> None:
        import yaml

        content = yaml.safe_load(kubeconfig.read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        address = urlsplit(cluster["server"])
        self._host, self._port = address.hostname or "", address.port or 443
        self._timeout = timeout
        self._context = ssl.create_default_context(cadata=_decoded(cluster, "certificate-authority-data").decode())
        pair = _decoded(user, "client-certificate-data") + b"\n" + _decoded(user, "client-key-data")
        descriptor = os.memfd_create("client")
        try:
            os.write(descriptor, pair)
            self._context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)

    def ready(self) -> bool:
        """Whether the server says that it is ready to serve."""
        try:
            return self._send("GET", "/readyz")[0] == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at this path; None when there is none."""
        code, body = self._checked("GET", path, allow=_NOT_FOUND)
        return None if code == _NOT_FOUND else json.loads(body)

    def text(self, path: str) -> str:
        """The answer at this path, as it is."""
        return self._checked("GET", path)[1]

    def apply(self, path: str, wanted: dict[str, Any]) -> None:
        """Server-side apply of one object at its own path (.../resource/name)."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        self._checked("PATCH", path + query, wanted, "application/apply-patch+yaml")

    def create(self, path: str, wanted: dict[str, Any]) -> None:
        """Create an object in the collection at this path."""
        self._checked("POST", path, wanted)

    def replace(self, path: str, wanted: dict[str, Any]) -> None:
        """Write the whole object."""
        self._checked("PUT", path, wanted)

    def delete(self, path: str) -> None:
        """Delete the object at this path, if there is one."""
        self._checked("DELETE", path, allow=_NOT_FOUND)

    def _checked(
        self, method: str, path: str, body: dict[str, Any] | None = None, kind: str = "application/json", allow: int = 0
    ) -> tuple[int, str]:
        where = f"{method} https://{self._host}:{self._port}{path}"
        try:
            code, answer = self._send(method, path, body, kind)
        except (OSError, http.client.HTTPException) as trouble:
            raise HubfleetError("the API server does not answer", where=where, evidence=str(trouble)) from None
        if code >= _ERRORS and code != allow:
            raise HubfleetError(f"the API server refused with {code}", where=where, evidence=answer[:2000])
        return code, answer

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, kind: str = "application/json"
    ) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._context)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()


def answers(kubeconfig: Path) -> bool:
    """Whether the API server of this kubeconfig is ready, asked once and briefly."""
    return Api(kubeconfig, timeout=2.0).ready()


def _decoded(part: dict[str, str], key: str) -> bytes:
    return base64.b64decode(part[key])
