"""Objects in the buckets of the fake Google Cloud: what terraform's gcs backend needs to keep a state and its lock.

Modelled: an upload in one request, reading, listing by prefix, deleting; generations, and the preconditions on them.
Not modelled: resumable uploads, versions (the last one only), retention, checksums, compression.
"""

from __future__ import annotations

import email
import json
from dataclasses import dataclass
from typing import Any

from tests.fakes.loopback import Answer, Request


@dataclass
class Object:
    """An object and its generation."""

    content: str
    generation: int


Buckets = dict[str, dict[str, Object]]


def answer(kept: Buckets, buckets: dict[str, Any], request: Request, path: str) -> Answer | None:
    """Answer a call about objects; None where it is about something else."""
    if path.startswith("upload/storage/v1/b/"):
        bucket = path.split("/")[4]
        return _upload(kept.setdefault(bucket, {}), bucket, request) if bucket in buckets else Answer({}, 404)
    if path.startswith("storage.googleapis.com/storage/v1/b/") and "/o" in path:
        bucket, _, name = path.removeprefix("storage.googleapis.com/storage/v1/b/").partition("/o")
        if bucket in buckets and (not name or name.startswith("/")):
            return _object(kept.setdefault(bucket, {}), bucket, name[1:], request)
    bucket, _, name = path.partition("/")
    if bucket in buckets and request.method == "GET":
        found = kept.get(bucket, {}).get(name)
        headers = {"X-Goog-Generation": str(found.generation), "Content-Type": "text/plain"} if found else {}
        return Answer(found.content.encode(), 200, headers) if found else Answer(b"NoSuchKey", 404)
    return None


def _object(inside: dict[str, Object], bucket: str, name: str, request: Request) -> Answer:
    if not name:
        prefix = request.query.get("prefix", "")
        return Answer({"items": [_told(bucket, each, inside[each]) for each in inside if each.startswith(prefix)]})
    if name not in inside:
        return Answer({"error": {"code": 404, "message": f"No such object: {bucket}/{name}"}}, 404)
    if not _as_expected(inside.get(name), request):
        return Answer({"error": {"code": 412, "message": "conditionNotMet"}}, 412)
    if request.method == "DELETE":
        del inside[name]
        return Answer(None, 204)
    return Answer(_told(bucket, name, inside[name]))


def _upload(inside: dict[str, Object], bucket: str, request: Request) -> Answer:
    message = email.message_from_string(f"Content-Type: {request.headers['content-type']}\n\n{request.body}")
    about, content = (part.get_payload(decode=False) for part in message.get_payload())  # type: ignore[union-attr]
    name = request.query.get("name") or str(json.loads(str(about))["name"])
    before = inside.get(name)
    if not _as_expected(before, request):
        return Answer({"error": {"code": 412, "message": "conditionNotMet"}}, 412)
    inside[name] = Object(str(content), before.generation + 1 if before else 1)
    return Answer(_told(bucket, name, inside[name]))


def _as_expected(found: Object | None, request: Request) -> bool:
    wanted = request.query.get("ifGenerationMatch", request.query.get("generation"))
    return wanted is None or int(wanted) == (found.generation if found else 0)


def _told(bucket: str, name: str, found: Object) -> dict[str, str]:
    generation = str(found.generation)
    return {"bucket": bucket, "name": name, "generation": generation, "metageneration": "1",
            "size": str(len(found.content.encode()))}  # fmt: skip
