"""Objects in a bucket of Cloud Storage, through its JSON API.

A resumable upload makes its object when its last bytes arrive, and none before; what is begun and never finished costs
nothing and is forgotten after a week. https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from hubfleet.clouds.endpoints import stand_in
from hubfleet.clouds.gcp import login
from hubfleet.clouds.gcp.errors import errors
from hubfleet.clouds.interface import Missing, Unanswered, no_such_bucket
from hubfleet.errors import HubfleetError, Refused
from hubfleet.masking import hide
from hubfleet.process import pause

ENDPOINT = "STORAGE_EMULATOR_HOST"  # as Google's own library calls it
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.5
_PART_BYTES = 16 << 20  # a multiple of 256 KiB, which Cloud Storage asks for
_READ_BYTES = 1 << 20
_TIMEOUT_SECONDS = 60
_NEEDED = ("storage.objects.create", "storage.objects.get", "storage.objects.list")
_NOT_FOUND, _TAKEN, _GO_ON, _GIVEN_UP = 404, 412, 308, 499
_BYTES = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class GcsObjects:
    """A bucket of Cloud Storage."""

    bucket: str

    @property
    def address(self) -> str:
        """`gs://<bucket>`."""
        return f"gs://{self.bucket}"

    def check(self, prefix: str) -> None:  # noqa: ARG002  # rights are the bucket's
        """Ask which of the rights that are needed we have."""
        query = {"permissions": list(_NEEDED)}
        answer = self.ask("GET", f"{self._top}/iam/testPermissions", "look at the bucket", params=query)
        lacking = [each for each in _NEEDED if each not in answer.json().get("permissions", ())]
        if lacking:
            raise Refused(
                "Google Cloud does not allow us to write archives to this bucket",
                where=self.address,
                evidence=f"we lack {', '.join(lacking)}",
                next_step=f"ask for these rights (docs/cloud-accounts.md), or {login.LOGIN} with an account that has "
                "them; or another --destination",
            )

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins so."""
        query = {"prefix": prefix, "fields": "items(name),nextPageToken"}
        while True:
            page = self.ask("GET", f"{self._top}/o", "list the archive", params=query).json()
            yield from (str(each["name"]) for each in page.get("items", ()))
            if not page.get("nextPageToken"):
                return
            query["pageToken"] = page["nextPageToken"]

    def read(self, key: str, offset: int, size: int | None = None) -> Iterator[bytes]:
        """An object's bytes from the offset on."""
        from requests import RequestException

        last = "" if size is None else str(offset + size - 1)
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-{last}"} if offset or last else {})
        answer = self.ask(
            "GET", self._object(key), "read the archive", ok=(_NOT_FOUND,), params={"alt": "media"}, headers=headers,
            stream=True,
        )  # fmt: skip
        with answer:
            if answer.status_code == _NOT_FOUND:
                raise FileNotFoundError(f"{self.address}/{key}: {answer.text.strip()[:200]}")
            left, words = int(answer.headers["Content-Length"]), "it ended too early"
            try:
                for chunk in answer.iter_content(_READ_BYTES):
                    left -= len(chunk)
                    yield chunk
            except RequestException as trouble:
                left, words = max(left, 1), str(trouble)
        if left:
            raise self._lost(words)

    def put(self, key: str, data: bytes) -> None:
        """Write a small object."""
        query = {"uploadType": "media", "name": key, "ifGenerationMatch": "0"}
        answer = self.ask("POST", self._uploads, "write the archive", ok=(_TAKEN,), params=query, data=data,
                          headers=_BYTES)  # fmt: skip
        # The answer to an earlier attempt may have been lost.
        if answer.status_code == _TAKEN and b"".join(self.read(key, 0)) != data:
            raise Refused("there is an object of this name already", where=f"{self.address}/{key}")

    def begin(self, key: str, expected: int) -> GcsUpload:  # noqa: ARG002  # parts have one size
        """Begin a resumable upload."""
        query = {"uploadType": "resumable", "name": key, "ifGenerationMatch": "0"}
        answer = self.ask("POST", self._uploads, "write the archive", params=query, json={})
        return GcsUpload(self, str(answer.headers["Location"]))

    def abort_unfinished(self, prefix: str) -> None:
        """Nobody sees these uploads, and nobody pays for them."""

    def delete(self, key: str) -> None:
        """Delete an object."""
        self.ask("DELETE", self._object(key), "delete an object")

    def ask(self, method: str, url: str, doing: str, *, ok: tuple[int, ...] = (), **more: Any) -> Any:
        """One request, again where Cloud Storage is busy or away.

        Args:
            method: such as `GET`.
            url: whole.
            doing: for the message.
            ok: status codes that are answers, too.
            more: as `requests` takes it.

        Raises:
            LoginNeeded, Refused, Missing, Unanswered: as the name says.
        """
        for attempt in range(ATTEMPTS - 1):
            try:
                return self.once(method, url, doing, ok=ok, **more)
            except Unanswered as trouble:
                pause(trouble.retry_after or FIRST_PAUSE_SECONDS * 2**attempt)
        return self.once(method, url, doing, ok=ok, **more)

    def once(self, method: str, url: str, doing: str, *, ok: tuple[int, ...] = (), **more: Any) -> Any:
        """One request, tried once. As `ask`."""
        from google.api_core.exceptions import from_http_response
        from requests import RequestException

        try:
            with errors(doing, self.address):
                try:
                    answer = self._session.request(method, url, timeout=_TIMEOUT_SECONDS, allow_redirects=False, **more)
                except RequestException as trouble:
                    raise self._lost(str(trouble).partition("?")[0]) from trouble
                if not answer.ok and answer.status_code not in ok:
                    raise from_http_response(answer)  # type: ignore[no-untyped-call]
                return answer
        except Missing as trouble:  # an object that is missing is told apart before
            raise no_such_bucket(self.address, trouble) from trouble

    @cached_property
    def _session(self) -> Any:
        from google.auth.transport.requests import AuthorizedSession

        return AuthorizedSession(login.credentials())  # type: ignore[no-untyped-call]

    @property
    def _host(self) -> str:
        return stand_in(ENDPOINT).rstrip("/") or "https://storage.googleapis.com"

    @property
    def _top(self) -> str:
        return f"{self._host}/storage/v1/b/{self.bucket}"

    @property
    def _uploads(self) -> str:
        return f"{self._host}/upload/storage/v1/b/{self.bucket}/o"

    def _object(self, key: str) -> str:
        return f"{self._top}/o/{quote(key, safe='')}"

    def _lost(self, words: str) -> Unanswered:
        return Unanswered("the connection to Cloud Storage was lost", where=self.address, evidence=words)


class GcsUpload:
    """A resumable upload. One part is held back: the last one tells how long the object is."""

    def __init__(self, objects: GcsObjects, session: str) -> None:
        self._objects, self._session = objects, session
        hide(session)  # whoever has it may write
        self._sent, self._held = 0, b""

    def wanted(self) -> int:
        """Size of the next part."""
        return _PART_BYTES

    def add(self, part: bytes) -> None:
        """Send the part before this one."""
        if self._held:
            self._send(self._held, "*")
        self._held = part

    def finish(self) -> None:
        """Send the last part."""
        self._send(self._held, str(self._sent + len(self._held)))
        self._held = b""

    def abort(self) -> None:
        """Tell Cloud Storage to forget it."""
        self._objects.ask("DELETE", self._session, "give up an unfinished upload", ok=(_GIVEN_UP, _NOT_FOUND))

    def _send(self, part: bytes, total: str) -> None:
        """Send a part. Where an answer was lost, what has arrived is asked for, and the rest is sent."""
        begin, end, failed, doubt = self._sent, self._sent + len(part), 0, False
        while True:
            try:
                rest = b"" if doubt else part[self._sent - begin :]
                span = f"{self._sent}-{end - 1}" if rest else "*"
                arrived, doubt = self._put(rest, f"bytes {span}/{total}"), False
            except Unanswered as trouble:
                failed, doubt = failed + 1, True
                if failed == ATTEMPTS:
                    raise
                pause(trouble.retry_after or FIRST_PAUSE_SECONDS * 2 ** (failed - 1))
                continue
            if arrived is None or (arrived == end and total == "*"):
                self._sent = end
                return
            if not begin <= arrived <= end or failed == ATTEMPTS:
                raise HubfleetError("Cloud Storage does not keep what it was sent", where=self._objects.address,
                                    evidence=f"sent up to byte {end}, kept up to byte {arrived}",
                                    next_step="run it again")  # fmt: skip
            failed = failed + 1 if arrived <= self._sent else 0
            pause(FIRST_PAUSE_SECONDS * failed)
            self._sent = arrived

    def _put(self, data: bytes, span: str) -> int | None:
        """Bytes that have arrived in all; None: the object is there."""
        headers: Mapping[str, str] = {"Content-Range": span}
        answer = self._objects.once("PUT", self._session, "write the archive", ok=(_GO_ON,), data=data, headers=headers)
        if answer.status_code != _GO_ON:
            return None
        match = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
        return int(match[1]) + 1 if match else 0
