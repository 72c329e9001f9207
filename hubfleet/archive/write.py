"""Writing one volume into an archive: streamed, compared on the way, read back, and only then named."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass

from hubfleet.archive.entries import Entry, differences, from_tar, totals
from hubfleet.archive.pipeline import Produce, gather, through, worst
from hubfleet.archive.pump import Pumped, Worker
from hubfleet.archive.seal import Seal
from hubfleet.archive.store import Store, Stored
from hubfleet.errors import HubfleetError
from hubfleet.tools.age import NoKey

_SHOWN = 20
_HEADER_BYTES = 1536  # of one thing in a tar: its header, a longer name, padding
READ = "read back: its hash, and every entry equal to the listing made in the volume"
PASSED = (
    "every entry equal to the listing made in the volume while it passed into encryption; "
    "the encrypted file's hash read back; not opened again: no key for it on this machine"
)


class Differs(HubfleetError):
    """What is in the archive is not what was listed: something changed, or was lost on the way."""


@dataclass(frozen=True)
class Written:
    """A file of the archive, kept and verified. `verified` says how."""

    name: str
    size: int
    sha256: str
    verified: str


def write_tar(store: Store, name: str, produce: Produce, wanted: Mapping[str, Entry], seal: Seal) -> Written:
    """Write a tar stream to `<name>` and the seal's suffix, so that it is there verified or not at all.

    Args:
        store: the archive.
        name: of the file.
        produce: writes the tar stream, gzip-compressed, to a descriptor that it is given, and returns at its end.
        wanted: what was listed in the volume.
        seal: whether it is encrypted.

    Raises:
        Differs: the stream, or the file read back, does not hold what was listed.
        HubfleetError: the disk is full, a program failed, the stream ended early. Nothing is left behind.
    """

    def look(stored: Stored) -> str:
        return _read_back(stored, wanted, seal)

    expected = totals(wanted).bytes + len(wanted) * _HEADER_BYTES
    with store.writing(name + seal.suffix, expected) as fresh:
        passed = _streamed(produce, wanted, fresh.descriptor, seal)
        fresh.finish()
        verified = fresh.read_back(passed, look)
        final = fresh.keep()
    return Written(final, passed.size, passed.sha256, verified)


def write_listing(store: Store, name: str, entries: Mapping[str, Entry], seal: Seal) -> Written:
    """Write the listing, compressed, and encrypted like the files: their names are people's, too."""
    lines = "".join(entry.line() + "\n" for entry in entries.values())
    packed = gzip.compress(lines.encode("ascii"), mtime=0)
    with store.writing(name + seal.suffix, len(packed)) as fresh:
        passed = through(lambda fd: _send(fd, packed), (), fresh.descriptor, seal)
        fresh.finish()
        verified = fresh.read_back(passed, lambda _: READ)
        final = fresh.keep()
    return Written(final, passed.size, passed.sha256, verified)


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


def _read_back(stored: Stored, wanted: Mapping[str, Entry], seal: Seal) -> str:
    """Read the file's content again, where this machine can; how it was verified."""
    try:
        with seal.opened(stored) as stream:
            _equal(wanted, from_tar(stream), "when it was read back")
    except NoKey:
        return PASSED
    return READ


def _send(descriptor: int, data: bytes) -> None:
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
