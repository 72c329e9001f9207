"""Reading an archive: whether it is what its manifest says, and what is in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

from hubfleet.archive.entries import Entry, Totals, differences, from_tar, parse, through_links, totals
from hubfleet.archive.manifest import Volume
from hubfleet.archive.seal import Seal
from hubfleet.archive.store import Store, Stored
from hubfleet.errors import HubfleetError, Interrupted, Refused
from hubfleet.tools.age import NoKey

_SHOWN = 20


class Broken(HubfleetError):
    """An archive is not what its manifest says."""


def check_hashes(store: Store, volume: Volume) -> None:
    """Compare a volume's files with the manifest, as they are kept. Needs no key.

    Raises:
        Broken: one is missing, or another than it was.
    """
    _check_hash(store.file(volume.file), volume.sha256)
    _check_hash(store.file(volume.listing), volume.listing_sha256)


def listing(store: Store, volume: Volume, seal: Seal) -> dict[str, Entry]:
    """What a volume holds, as it was listed in place.

    Raises:
        NoKey: it is encrypted, and the key is not here. Broken: it is not what the manifest says.
    """
    try:
        with seal.opened(store.file(volume.listing)) as packed, gzip.GzipFile(fileobj=packed) as plain:
            found = parse(plain.read().decode("ascii").splitlines())
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as trouble:
        raise Broken(
            "a listing can not be read", where=store.file(volume.listing).address, evidence=str(trouble)
        ) from trouble
    if totals(found) != Totals(volume.files, volume.bytes, volume.others):
        raise Broken("a listing is not what the manifest says", where=store.file(volume.listing).address)
    return found


def check_content(store: Store, volume: Volume, seal: Seal) -> dict[str, Entry]:
    """Read a volume's archive to its end and compare every entry with its listing.

    Returns:
        The entries. They are safe to extract: no name and no link leads out.

    Raises:
        NoKey: it is encrypted, and the key is not here.
        Broken: it does not hold what was listed. Refused: somebody forged it.
    """
    return _content(store, store.file(volume.file), volume, seal)


def check(store: Store, volume: Volume, seal: Seal) -> dict[str, Entry]:
    """Both: hashes and content. From a bucket the archive comes once.

    Returns:
        As `check_content`.

    Raises:
        NoKey: the hashes are right, and the key is not here.
        Broken: something is not as the manifest says. Refused: somebody forged it.
    """
    _check_hash(store.file(volume.listing), volume.listing_sha256)
    file = store.file(volume.file)
    try:
        found = _content(store, file, volume, seal)
    except Interrupted:
        raise
    except (HubfleetError, OSError):
        _check_hash(file, volume.sha256)  # other bytes explain whatever they led to
        raise
    _check_hash(file, volume.sha256)
    return found


def verified(store: Store, volume: Volume, seal: Seal) -> str:
    """Check a volume as far as this machine can, and say how far.

    Raises:
        Broken, Refused: see `check`.
    """
    try:
        check(store, volume, seal)
    except NoKey:
        return "hashes as in the manifest; not opened: there is no key for it on this machine"
    return "hashes as in the manifest; every entry equal to the listing"


def _check_hash(file: Stored, sha256: str) -> None:
    try:
        found = file.hashed()
    except OSError as trouble:
        raise Broken("a file of the archive can not be read", where=file.address, evidence=str(trouble)) from trouble
    if found.sha256 != sha256:
        there = f"what is there has sha256 {found.sha256}, {found.size} bytes"
        raise Broken(
            "a file of the archive is not what it was",
            where=file.address,
            evidence=f"the manifest says sha256 {sha256}\n{there}",
            next_step="another copy of the archive may be whole",
        )


def _content(store: Store, file: Stored, volume: Volume, seal: Seal) -> dict[str, Entry]:
    wanted = listing(store, volume, seal)
    with seal.opened(file) as stream:
        found = from_tar(stream)
    lines = differences(wanted, found)
    if lines:
        raise Broken(
            "the archive does not hold what was listed",
            where=file.address,
            evidence="\n".join(lines[:_SHOWN]),
        )
    _refuse_through_links(found, file.address)
    return found


def _refuse_through_links(entries: Mapping[str, Entry], where: str) -> None:
    paths = sorted(through_links(entries))
    if paths:
        raise Refused(
            "the archive has names that lead through symbolic links, which would write elsewhere",
            where=where,
            evidence="\n".join(paths[:_SHOWN]),
        )
