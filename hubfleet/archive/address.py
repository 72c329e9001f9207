"""Addresses of archives: a folder, or a bucket with a prefix such as `s3://example-archive/hubs`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubfleet.errors import WrongUsage

SCHEMES = ("s3", "gs")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
# https://cloud.google.com/storage/docs/buckets#naming
_NAMES = {
    "s3": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "gs": re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
}
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()@=+-]+(/[A-Za-z0-9!_.*'()@=+-]+)*")
_AZURE = ("az", "azure", "abfs", "abfss", "wasbs")


class NotWritten(WrongUsage):
    """A place that can be, and to which hubfleet does not write by itself."""


@dataclass(frozen=True)
class Address:
    """A bucket, and what the names in it begin with.

    Args:
        scheme: `s3` (AWS) or `gs` (Google Cloud).
        bucket: its name.
        prefix: without slashes at either end; empty: the bucket's top.
    """

    scheme: str
    bucket: str
    prefix: str = ""


def parse(text: str) -> Address | None:
    """The bucket that is meant; None: it is a folder.

    Raises:
        WrongUsage: it is a bucket that can not be. NotWritten: it is one of Azure's.
    """
    match = _SCHEME.match(text)
    if match is None:
        return None
    scheme, rest = match[1].lower(), text[match.end() :]
    if scheme in _AZURE or (scheme == "https" and ".blob." in rest):
        raise _azure(text)
    if match[1] not in SCHEMES:
        raise WrongUsage(
            f"hubfleet writes archives to folders, s3:// and gs://, not to {scheme}://",
            where=text,
            next_step="s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, or a folder",
        )
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.rstrip("/")
    if not _NAMES[scheme].fullmatch(bucket):
        raise WrongUsage(
            f"no bucket can have the name {bucket!r}",
            where=text,
            next_step="small letters, digits and hyphens, from 3 characters on: s3://example-archive/hubs",
        )
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise WrongUsage(
            f"{prefix!r} is no prefix for archives",
            where=text,
            next_step="letters, digits, hyphens and single slashes: s3://example-archive/hubs",
        )
    return Address(scheme, bucket, prefix)


def _azure(text: str) -> NotWritten:
    return NotWritten(
        "hubfleet does not write to Azure's containers by itself",
        where=text,
        next_step="mount the container (blobfuse2) and give the folder; or archive to a folder, azcopy it there, and "
        "check a copy that came back: ./inv verify-archive FOLDER",
    )
