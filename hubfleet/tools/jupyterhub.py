"""A JupyterHub's REST API, as a service with a token uses it.

Source: https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from hubfleet.errors import HubfleetError
from hubfleet.masking import hide

_NOT_FOUND = 404
_POLL_SECONDS = 0.1


class HubRefused(HubfleetError):
    """The hub answered, and the answer was no. `status` is its HTTP status."""

    def __init__(self, what: str, status: int, **parts: str) -> None:
        super().__init__(what, **parts)
        self.status = status


class HubUnreachable(HubfleetError):
    """No answer came."""


@dataclass(frozen=True)
class Progress:
    """One message of a starting server: percent, text, and whether it ended well or badly."""

    percent: int
    message: str
    ready: bool = False
    failed: bool = False


_NOTHING_SAID = Progress(-1, "")


@dataclass(frozen=True)
class HubUser:
    """A user whom the hub knows, when the hub first knew them, and which of their servers run or start."""

    name: str
    created: datetime
    servers: tuple[str, ...]


class HubApi:
    """One hub's API.

    Args:
        base_url: where the proxy answers, such as `http://127.0.0.1:30080`.
        token: of a service with the scopes admin:users, admin:servers, access:servers, list:users, read:servers.
        timeout: seconds without an answer after which a call fails.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = 15.0) -> None:
        hide(token)
        self.base_url = base_url.rstrip("/")
        self.token = token
        # An HTTP proxy of this machine has no business between us and 127.0.0.1.
        self._http = httpx.Client(
            base_url=f"{self.base_url}/hub/api",
            headers={"Authorization": f"token {token}"},
            timeout=timeout,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def version(self) -> str:
        """JupyterHub's version."""
        return str(self._call("GET", "/", "read the hub's version").json()["version"])

    def users(self, prefix: str) -> tuple[list[HubUser], datetime]:
        """Users whose names start so, and the hub's own time now."""
        answer = self._call("GET", "/users", "list users", params={"name_filter": prefix, "limit": "200"})
        now = parsedate_to_datetime(answer.headers["date"])
        return [_user(each) for each in answer.json() if each["name"].startswith(prefix)], now

    def create_user(self, name: str) -> None:
        """Make a user."""
        self._call("POST", f"/users/{name}", f"create user {name}")

    def start_server(self, name: str, options: dict[str, Any]) -> None:
        """Ask for the user's server. It may still be starting when this returns: see `progress`.

        Args:
            name: the user.
            options: what the spawner's form would send; `{}` takes the default profile.
        """
        self._call("POST", f"/users/{name}/server", f"start the server of {name}", json=options)

    def progress(self, name: str, *, timeout: float) -> Iterator[Progress]:
        """The messages of a starting server, as they come; ends with one that is `ready` or `failed`.

        While the spawner says nothing, one without a text comes every few seconds.

        Raises:
            HubUnreachable: neither came within `timeout` seconds.
        """
        ends = time.monotonic() + timeout
        seen = 0
        while time.monotonic() < ends:
            try:
                count = 0
                for event in self._events(name, ends):
                    count += 1 if event != _NOTHING_SAID else 0
                    if count > seen or event == _NOTHING_SAID:  # a new connection tells everything again
                        seen = max(seen, count)
                        yield event
                    if event.ready or event.failed:
                        return
            except httpx.TransportError:
                pass
            time.sleep(_POLL_SECONDS)
        raise HubUnreachable(f"the server of {name} was not ready after {timeout:.0f} s", where=self.base_url)

    def stop_server(self, name: str, *, timeout: float) -> None:
        """Stop the user's server, and wait until the hub says that it has gone. One that does not run is fine.

        Raises:
            HubUnreachable: it was still there after `timeout` seconds.
        """
        ends = time.monotonic() + timeout
        try:
            self._call("DELETE", f"/users/{name}/server", f"stop the server of {name}")
            while self._user(name).servers:
                if time.monotonic() > ends:
                    raise HubUnreachable(f"the server of {name} did not stop in {timeout:.0f} s", where=self.base_url)
                time.sleep(_POLL_SECONDS)
        except HubRefused as trouble:
            if trouble.status != _NOT_FOUND:
                raise

    def delete_user(self, name: str) -> None:
        """Delete the user. One who does not exist is fine."""
        try:
            self._call("DELETE", f"/users/{name}", f"delete user {name}")
        except HubRefused as trouble:
            if trouble.status != _NOT_FOUND:
                raise

    def server_url(self, name: str) -> str:
        """Where the user's server answers, through the proxy."""
        return f"{self.base_url}/user/{name}"

    def _user(self, name: str) -> HubUser:
        return _user(self._call("GET", f"/users/{name}", f"look at user {name}").json())

    def _events(self, name: str, ends: float) -> Iterator[Progress]:
        with self._http.stream("GET", f"/users/{name}/server/progress") as answer:
            if answer.is_error:
                answer.read()
                raise _refused(answer, f"follow the server of {name}", self.base_url)
            for line in answer.iter_lines():  # the hub sends an empty line every few seconds
                said = line.startswith("data:")
                yield _progress(json.loads(line.removeprefix("data:"))) if said else _NOTHING_SAID
                if time.monotonic() > ends:
                    return

    def _call(self, method: str, path: str, doing: str, **arguments: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **arguments)
        except httpx.TransportError as trouble:
            raise HubUnreachable(
                f"the hub did not answer when asked to {doing}",
                where=self.base_url,
                evidence=f"{type(trouble).__name__}: {trouble}",
            ) from trouble
        if answer.is_error:
            raise _refused(answer, doing, self.base_url)
        return answer


def _refused(answer: httpx.Response, doing: str, where: str) -> HubRefused:
    try:
        message = str(answer.json().get("message", ""))
    except (ValueError, AttributeError):
        message = answer.reason_phrase
    return HubRefused(f"the hub refused to {doing} ({answer.status_code})", answer.status_code, where=where,
                      evidence=message)  # fmt: skip


def _user(model: dict[str, Any]) -> HubUser:
    created = datetime.fromisoformat(model["created"]) if model.get("created") else datetime.now(UTC)
    running = model.get("servers") or {}
    return HubUser(model["name"], created, tuple(name for name, each in running.items() if not each.get("stopped")))


def _progress(event: dict[str, Any]) -> Progress:
    return Progress(
        int(event.get("progress") or 0),
        str(event.get("message") or event.get("raw_event", {}).get("message", "")),
        bool(event.get("ready")),
        bool(event.get("failed")),
    )
