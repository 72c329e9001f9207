"""Where archives are kept: a folder for each hub, in it one for each run."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubfleet import process
from hubfleet.archive import manifest
from hubfleet.errors import HubfleetError, Refused
from hubfleet.fleet.model import Archive
from hubfleet.workflows.teardown.site import Site

_BUCKET = re.compile(r"[a-z0-9]+://")
_MARGIN_BYTES = 64 << 20


def archive_of(site: Site, destination: str) -> Archive:
    """The archive's settings: `destination` where it is given, else the cluster's or the fleet's.

    Raises:
        Refused: there is none, or it is a bucket.
    """
    found = site.cluster.archive
    if destination:
        found = Archive(destination, found.recipients if found else (), found.keep_days if found else None)
    if found is None:
        raise Refused(
            "nobody has said where archives are kept",
            where=f"fleet.yaml, or {site.cluster.at.file}",
            evidence="archive: {destination: /srv/archive, recipients: [age1...]}",
            next_step="write that, or give --destination FOLDER",
        )
    if _BUCKET.match(found.destination):
        raise Refused(
            "hubfleet archives to folders, not to buckets by itself",
            where=found.destination,
            next_step="--destination FOLDER (a mounted bucket or a local disk); copy the folder to the bucket, "
            "and check the copy: ./inv verify-archive FOLDER",
        )
    return found


def folder_of(site: Site, archive: Archive, run: str = "") -> Path:
    """The hub's folder, or that of one run in it."""
    base = Path(archive.destination).expanduser()
    base = base if base.is_absolute() else site.root / base
    return base / site.cluster.name / site.hub.name / run


def refuse_committed(site: Site, folder: Path) -> None:
    """Raises Refused where the next `git add` would take people's files into the repository's history."""
    if not folder.resolve().is_relative_to(site.root.resolve()):
        return
    done = process.run(["git", "-C", site.root, "check-ignore", "-q", folder], timeout=60, ok=(0, 1, 128))
    if done.returncode == 1:
        raise Refused(
            "the archive would be in the repository, where it could be committed",
            where=str(folder),
            next_step="give a folder outside, or below .hubfleet/, which git ignores",
        )


def make(folder: Path) -> None:
    """Make the folder of an archive, for its owner alone, and clear what an interrupted run left half.

    Raises:
        HubfleetError: it can not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for each in folder.glob("*.new"):
            each.unlink()
    except OSError as trouble:
        raise HubfleetError(
            "the archive's folder can not be written",
            where=str(folder),
            evidence=str(trouble),
            next_step="./inv teardown-hub ... --destination FOLDER",
        ) from trouble


def refuse_without_room(folder: Path, needed: int) -> None:
    """Raises Refused where the files would not fit even uncompressed.

    Args:
        folder: of the archive; the nearest folder above it that exists is looked at.
        needed: bytes of all files.
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed + _MARGIN_BYTES:
        raise Refused(
            f"there is no room for the archive: {free / 1e9:.1f} GB are free, {needed / 1e9:.1f} GB may be needed",
            where=str(folder),
            next_step="make room, or --destination FOLDER on a larger disk",
        )


def archives(folder: Path) -> Iterator[Path]:
    """Complete archives of a hub, newest first: folders with a manifest."""
    for each in sorted(folder.glob(f"*/{manifest.NAME}"), reverse=True):
        yield each.parent


def keep_until(archive: Archive) -> str:
    """The day from which on the archive may be deleted; empty: it is kept."""
    if archive.keep_days is None:
        return ""
    return (datetime.now(UTC) + timedelta(days=archive.keep_days)).date().isoformat()


def writable(folder: Path) -> bool:
    """Whether the nearest folder that exists lets us write."""
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)
