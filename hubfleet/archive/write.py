"""Writing one volume into an archive: streamed, compared on the way, read back from disk, and only then named."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hubfleet.archive.entries import Entry, differences, from_tar
from hubfleet.archive.manifest import private, sync_folder
from hubfleet.archive.pipeline import Produce, gather, through, worst
from hubfleet.archive.pump import Pumped, Worker, hashed
from hubfleet.archive.seal import Seal
from hubfleet.errors import HubfleetError
from hubfleet.tools.age import NoKey

_SHOWN = 20
READ = "read back from disk: its hash, and every entry equal to the listing made in the volume"
PASSED = (
    "every entry equal to the listing made in the volume while it passed into encryption; "
    "the encrypted file's hash read back from disk; not opened again: no key for it on this machine"
)


class Differs(HubfleetError):
    """What is in the archive is not what was listed: something changed, or was lost on the way."""


@dataclass(frozen=True)
class Written:
    """A file of the archive, on disk and verified. `verified` says how."""

    name: str
    size: int
    sha256: str
    verified: str


def write_tar(target: Path, produce: Produce, wanted: Mapping[str, Entry], seal: Seal) -> Written:
    """Write a tar stream to `<target>` and the seal's suffix, so that it is there verified or not at all.

    Args:
        target: the file.
        produce: writes the tar stream, gzip-compressed, to a descriptor that it is given, and returns at its end.
        wanted: what was listed in the volume.
        seal: whether it is encrypted.

    Raises:
        Differs: the stream, or the file read back, does not hold what was listed.
        HubfleetError: the disk is full, a program failed, the stream ended early. Nothing is left behind.
    """
    final = target.with_name(target.name + seal.suffix)
    fresh = final.with_name(final.name + ".new")
    try:
        with open(fresh, "wb", opener=private) as file:
            passed = _streamed(produce, wanted, file.fileno(), seal)
            os.fsync(file.fileno())
        _same(passed, hashed(fresh), final)
        verified = _read_back(fresh, wanted, seal)
        _name(fresh, final)
    except OSError as trouble:
        raise _disk(trouble, final) from trouble
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return Written(final.name, passed.size, passed.sha256, verified)


def write_listing(target: Path, entries: Mapping[str, Entry], seal: Seal) -> Written:
    """Write the listing, compressed, and encrypted like the files: their names are people's, too."""
    lines = "".join(entry.line() + "\n" for entry in entries.values())
    packed = gzip.compress(lines.encode("ascii"), mtime=0)
    final = target.with_name(target.name + seal.suffix)
    fresh = final.with_name(final.name + ".new")
    try:
        with open(fresh, "wb", opener=private) as file:
            passed = through(lambda fd: _send(fd, packed), (), file.fileno(), seal)
            os.fsync(file.fileno())
        _same(passed, hashed(fresh), final)
        _name(fresh, final)
    except OSError as trouble:
        raise _disk(trouble, final) from trouble
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return Written(final.name, passed.size, passed.sha256, READ)


def _streamed(produce: Produce, wanted: Mapping[str, Entry], file: int, seal: Seal) -> Pumped:
    """To the file, and on the way to somebody who compares it."""
    reader, writer = os.pipe()
    compared = Worker(lambda: _compare(reader, wanted))
    passed: Pumped | None = None
    troubles: list[BaseException] = []
    try:
        passed = through(produce, (writer,), file, seal)
    except BaseException as trouble:  # noqa: BLE001  raised below, when the other side has ended
        troubles.append(trouble)
    os.close(writer)
    gather(compared, troubles)
    if troubles or passed is None:
        raise worst(troubles)
    return passed


def _compare(reader: int, wanted: Mapping[str, Entry]) -> None:
    with os.fdopen(reader, "rb") as stream:
        found = from_tar(stream)
    _equal(wanted, found, "while it was archived")


def _equal(wanted: Mapping[str, Entry], found: Mapping[str, Entry], when: str) -> None:
    lines = differences(wanted, found)
    if lines:
        more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        raise Differs(f"the archive differs from the listing {when}", evidence="\n".join(lines[:_SHOWN] + more))


def _read_back(fresh: Path, wanted: Mapping[str, Entry], seal: Seal) -> str:
    """Read the file's content again, where this machine can; how it was verified."""
    try:
        with seal.opened(fresh) as stream:
            _equal(wanted, from_tar(stream), "when it was read back from disk")
    except NoKey:
        return PASSED
    return READ


def _same(passed: Pumped, found: Pumped, final: Path) -> None:
    if passed != found:
        raise HubfleetError(
            "what the disk gives back is not what was written",
            where=str(final),
            evidence=f"written: {passed.size} bytes, sha256 {passed.sha256}\nread: {found.size} bytes, {found.sha256}",
            next_step="the disk or its connection is broken: archive to another destination",
        )


def _name(fresh: Path, final: Path) -> None:
    fresh.replace(final)
    sync_folder(final.parent)


def _send(descriptor: int, data: bytes) -> None:
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)


def _disk(trouble: OSError, final: Path) -> HubfleetError:
    full = trouble.errno in (errno.ENOSPC, errno.EDQUOT)
    return HubfleetError(
        "the disk of the archive is full" if full else "the archive can not be written",
        where=str(final),
        evidence=str(trouble),
        next_step="make room, or give another folder with --destination; what is archived already stays good",
    )
