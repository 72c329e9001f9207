"""Objects in a bucket of S3.

A multipart upload makes its object when it is completed, and none before; S3 compares a checksum of each part as it
arrives. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hubfleet.clouds.aws import login
from hubfleet.clouds.aws.errors import errors
from hubfleet.clouds.interface import Missing, Unanswered, no_such_bucket
from hubfleet.errors import Refused

ATTEMPTS = 8
_MIB = 1 << 20
_PART_BYTES = 16 * _MIB
_PARTS_EXPECTED = 8000  # of at most 10,000: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_LATE_FACTOR = 8
_IN_FLIGHT_BYTES = 48 * _MIB
_READ_BYTES = _MIB
_REGION = "us-east-1"  # where nothing says one; S3 names the bucket's own, and boto3 goes there
_GONE = ("NoSuchUpload", "PreconditionFailed")


@dataclass(frozen=True)
class S3Objects:
    """A bucket of S3.

    Args:
        bucket: its name.
        account: whose login is taken; empty: the login that boto3 finds.
    """

    bucket: str
    account: str = ""

    @property
    def address(self) -> str:
        """`s3://<bucket>`."""
        return f"s3://{self.bucket}"

    @cached_property
    def session(self) -> Any:
        """The login."""
        return login.session(self.account, _REGION)

    @cached_property
    def client(self) -> Any:
        """S3's API; used by several threads."""
        from botocore.config import Config

        with self._errors("open the bucket"):
            retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
            asking = Config(retries=retries, read_timeout=60, max_pool_connections=32)
            return self.session.client("s3", config=login.config().merge(asking))

    @cached_property
    def owner(self) -> str:
        """The account that the bucket has to belong to: ours. Another one's gets nobody's files."""
        found = login.check(self.session, self.account) if self.account else login.identity(self.session, "")
        return found.place

    def check(self, prefix: str) -> None:
        """Begin an upload and give it up: that needs the login, the bucket and the rights, and leaves nothing."""
        owner = self.owner
        try:
            next(self.keys(prefix), None)
            self.begin(f"{prefix}.hubfleet-check", 0).abort()
        except Refused as trouble:
            trouble.next_step = (
                f"a bucket of the account {owner}, and the rights to list it, to write and read objects, and to "
                "abort uploads (docs/cloud-accounts.md); or another --destination"
            )
            raise

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins so."""
        with self._errors("list the archive"):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (str(each["Key"]) for each in page.get("Contents", ()))

    def read(self, key: str, offset: int, size: int | None = None) -> Iterator[bytes]:
        """An object's bytes from the offset on."""
        last = "" if size is None else str(offset + size - 1)
        wanted = {"Range": f"bytes={offset}-{last}"} if offset or last else {}
        with self._errors("read the archive"):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=key, **wanted)
            except self.client.exceptions.NoSuchKey as trouble:
                raise FileNotFoundError(f"{self.address}/{key}: {trouble}") from trouble
            left = int(answer["ContentLength"])
            with answer["Body"] as body:
                while left:
                    chunk = self._chunk(body, key)
                    left -= len(chunk)
                    yield chunk

    def put(self, key: str, data: bytes) -> None:
        """Write a small object."""
        with self._errors("write the archive"):
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=data,
                    ChecksumAlgorithm="CRC32",
                    IfNoneMatch="*",
                    ExpectedBucketOwner=self.owner,
                )
            except self.client.exceptions.ClientError as trouble:
                # The answer to an earlier attempt may have been lost.
                if _code(trouble) not in _GONE or b"".join(self.read(key, 0)) != data:
                    raise

    def begin(self, key: str, expected: int) -> S3Upload:
        """Begin a multipart upload."""
        with self._errors("write the archive"):
            begun = self.client.create_multipart_upload(
                Bucket=self.bucket, Key=key, ChecksumAlgorithm="CRC32", ExpectedBucketOwner=self.owner
            )
        return S3Upload(self, key, str(begun["UploadId"]), expected)

    def abort_unfinished(self, prefix: str) -> None:
        """Abort every multipart upload below the prefix."""
        with self._errors("look for unfinished uploads"):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
            found = [(each["Key"], each["UploadId"]) for page in pages for each in page.get("Uploads", ())]
        for key, upload in found:
            self.abort(str(key), str(upload))

    def abort(self, key: str, upload: str) -> None:
        """Abort one upload; one that is gone is gone."""
        with self._errors("give up an unfinished upload"):
            try:
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
            except self.client.exceptions.ClientError as trouble:
                if _code(trouble) != "NoSuchUpload":
                    raise

    def delete(self, key: str) -> None:
        """Delete an object; in a bucket with versions it gets a marker."""
        with self._errors("delete an object"):
            self.client.delete_object(Bucket=self.bucket, Key=key)

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            with errors(doing, self.address, login=lambda: login.command(self.account)):
                yield
        except Missing as trouble:  # an object that is missing is told apart before
            raise no_such_bucket(self.address, trouble) from trouble

    def _chunk(self, body: Any, key: str) -> bytes:
        """The next bytes of an answer.

        Raises:
            Unanswered: the connection was lost.
        """
        from botocore.exceptions import HTTPClientError, IncompleteReadError
        from urllib3.exceptions import HTTPError

        words = "it ended too early"
        try:
            if chunk := bytes(body.read(_READ_BYTES)):
                return chunk
        except (HTTPClientError, IncompleteReadError, HTTPError) as trouble:
            words = str(trouble)
        raise Unanswered("the connection to S3 was lost", where=f"{self.address}/{key}", evidence=words)


class S3Upload:
    """A multipart upload, a few parts of which are on their way at the same time."""

    def __init__(self, objects: S3Objects, key: str, identity: str, expected: int) -> None:
        self._objects, self._key, self._id, self._expected = objects, key, identity, expected
        self._parts: list[Future[dict[str, Any]]] = []
        self._flying: deque[Future[dict[str, Any]]] = deque()
        self._pool = ThreadPoolExecutor(max_workers=max(1, _IN_FLIGHT_BYTES // part_bytes(1, expected)))

    def wanted(self) -> int:
        """Size of the next part."""
        return part_bytes(len(self._parts) + 1, self._expected)

    def add(self, part: bytes) -> None:
        """Send a part, when fewer than a few are on their way.

        Raises:
            HubfleetError: an earlier one did not arrive.
        """
        while len(self._flying) * len(part) >= _IN_FLIGHT_BYTES:
            self._flying.popleft().result()
        sent = self._pool.submit(self._send, len(self._parts) + 1, part)
        self._parts.append(sent)
        self._flying.append(sent)

    def finish(self) -> None:
        """Complete it."""
        parts = [each.result() for each in self._parts]
        self._pool.shutdown()
        objects = self._objects
        with objects._errors("complete the upload"):  # noqa: SLF001  # one module
            try:
                objects.client.complete_multipart_upload(
                    Bucket=objects.bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": parts},
                    IfNoneMatch="*", ExpectedBucketOwner=objects.owner,
                )  # fmt: skip
            except objects.client.exceptions.ClientError as trouble:
                # The answer to an earlier attempt may have been lost. Whether the object is ours is read back next.
                if _code(trouble) not in _GONE:
                    raise

    def abort(self) -> None:
        """Abort it, when no part is on its way any more: a late one would stay."""
        self._pool.shutdown(cancel_futures=True)
        self._objects.abort(self._key, self._id)

    def _send(self, number: int, part: bytes) -> dict[str, Any]:
        objects = self._objects
        with objects._errors("write the archive"):  # noqa: SLF001  # one module
            done = objects.client.upload_part(
                Bucket=objects.bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=part,
                ChecksumAlgorithm="CRC32", ExpectedBucketOwner=objects.owner,
            )  # fmt: skip
        found = {"PartNumber": number, "ETag": done["ETag"]}
        return found | ({"ChecksumCRC32": done["ChecksumCRC32"]} if done.get("ChecksumCRC32") else {})


def part_bytes(number: int, expected: int) -> int:
    """Size of one part: 16 MiB, more for large streams, so that 10,000 are enough also where much more comes.

    Args:
        number: of the part, from 1.
        expected: about how many bytes there will be in all.
    """
    usual = max(_PART_BYTES, -(-expected // _PARTS_EXPECTED // _MIB) * _MIB)
    return usual if number <= _PARTS_EXPECTED else usual * _LATE_FACTOR


def _code(trouble: Any) -> str:
    return str(trouble.response.get("Error", {}).get("Code", ""))
