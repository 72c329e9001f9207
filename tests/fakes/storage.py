"""Cloud Storage on loopback: objects, lists in pages, resumable uploads, rights of the caller.

Modelled: what is there is never written over (ifGenerationMatch=0); parts that are no multiple of 256 KiB are refused;
a part of which only half arrives; 503; a login that is not accepted; retention, which refuses every deletion.
Not modelled: generations, metadata, other preconditions, checksums.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.loopback import serving

BUCKET = "example-archive"
_KIB_256 = 256 << 10


@dataclass
class FakeStorage:
    """The state. `faults`: (method, part of the path, status), each used once. `halves`: so many parts arrive half.
    `unsaid`: so many parts arrive, and the answer says 503.
    """

    address: str = ""
    kept: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    rights: set[str] = field(
        default_factory=lambda: {"storage.objects.create", "storage.objects.get", "storage.objects.list"}
    )
    faults: list[tuple[str, str, int]] = field(default_factory=list)
    halves: int = 0
    unsaid: int = 0
    page: int = 2
    asked: list[str] = field(default_factory=list)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeStorage

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.fake.asked.append(f"{self.command} {path}")
        status, words = self._refusal(path)
        if status:
            self._say(status, {"error": {"code": status, "message": words}})
        elif path.startswith("/session/"):
            self._part(path, body)
        elif path.startswith("/upload/"):
            self._upload(body)
        elif path.endswith("/iam/testPermissions"):
            self._say(200, {"permissions": sorted(self.fake.rights)})
        elif path == f"/storage/v1/b/{BUCKET}/o":
            self._list()
        else:
            self._object(path.removeprefix(f"/storage/v1/b/{BUCKET}/o/"))

    do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def _refusal(self, path: str) -> tuple[int, str]:
        for fault in self.fake.faults:
            if fault[0] == self.command and fault[1] in path:
                self.fake.faults.remove(fault)
                return fault[2], "injected"
        if not re.fullmatch(r"Bearer token-\d+", self.headers.get("Authorization", "")):
            return 401, "Invalid Credentials"
        if "/session/" not in path and f"/storage/v1/b/{BUCKET}/" not in path:
            return 404, "The specified bucket does not exist."
        return 0, ""

    def _list(self) -> None:
        names = sorted(name for name in self.fake.kept if name.startswith(self.query.get("prefix", "")))
        begin = int(self.query.get("pageToken", "0"))
        page: dict[str, object] = {"items": [{"name": name} for name in names[begin : begin + self.fake.page]]}
        if begin + self.fake.page < len(names):
            page["nextPageToken"] = str(begin + self.fake.page)
        self._say(200, page)

    def _object(self, name: str) -> None:
        if self.command == "DELETE":
            return self._say(403, {"error": {"code": 403, "message": "the object is retained"}})
        if name not in self.fake.kept:
            return self._say(404, {"error": {"code": 404, "message": f"No such object: {name}"}})
        data, wanted = self.fake.kept[name], self.headers.get("Range", "")
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", wanted):
            data = data[int(match[1]) : int(match[2]) + 1 if match[2] else None]
        return self._send(206 if wanted else 200, data, {})

    def _upload(self, body: bytes) -> None:
        name = self.query["name"]
        if self.query.get("ifGenerationMatch") != "0":
            return self._say(400, {"error": {"code": 400, "message": "it could be written over"}})
        if name in self.fake.kept:
            return self._say(412, {"error": {"code": 412, "message": "conditionNotMet"}})
        if self.query["uploadType"] == "media":
            self.fake.kept[name] = body
            return self._say(200, {"name": name})
        session = f"/session/{len(self.fake.names) + 1}"
        self.fake.uploads[session], self.fake.names[session] = bytearray(), name
        return self._send(200, b"", {"Location": f"{self.fake.address}{session}"})

    def _part(self, session: str, body: bytes) -> None:
        if self.command == "DELETE":
            self.fake.uploads.pop(session, None)
            self._send(499, b"", {})
            return
        match = re.fullmatch(r"bytes (\*|(\d+)-(\d+))/(\*|\d+)", self.headers["Content-Range"])
        if session not in self.fake.uploads and self.fake.names.get(session) in self.fake.kept:
            self._say(200, {"name": self.fake.names[session]})
            return
        kept = self.fake.uploads[session]
        if match is None or (
            match[2] and (int(match[2]) != len(kept) or int(match[3]) - int(match[2]) + 1 != len(body))
        ):
            self._say(400, {"error": {"code": 400, "message": "these bytes are not the next ones"}})
            return
        if body and match[4] == "*" and len(body) % _KIB_256:
            self._say(400, {"error": {"code": 400, "message": "no multiple of 256 KiB"}})
            return
        if len(body) > 2 * _KIB_256 and self.fake.halves:
            self.fake.halves -= 1
            body = body[: len(body) // 2 // _KIB_256 * _KIB_256]
        kept += body
        complete = match[4] != "*" and len(kept) == int(match[4])
        if complete:
            self.fake.kept[self.fake.names[session]] = bytes(self.fake.uploads.pop(session))
        if body and self.fake.unsaid:
            self.fake.unsaid -= 1
            self._say(503, {"error": {"code": 503, "message": "it was kept, and nobody heard of it"}})
        elif complete:
            self._say(200, {"name": self.fake.names[session]})
        else:
            self._send(308, b"", {"Range": f"bytes=0-{len(kept) - 1}"} if kept else {})

    def _say(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@contextmanager
def served() -> Iterator[FakeStorage]:
    """Serve it on a free port."""
    fake = FakeStorage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Requests", (_Requests,), {"fake": fake}))
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield fake
