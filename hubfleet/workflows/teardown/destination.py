"""Where archives are kept: a place for each hub, in it one for each run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubfleet import process
from hubfleet.archive import address
from hubfleet.archive.folder import Folder
from hubfleet.archive.store import Store
from hubfleet.clouds import places
from hubfleet.errors import Refused
from hubfleet.fleet.model import Archive
from hubfleet.workflows.teardown.site import Site


def archive_of(site: Site, destination: str) -> Archive:
    """The archive's settings: `destination` where it is given, else the cluster's or the fleet's.

    Raises:
        Refused: there is none.
    """
    found = site.cluster.archive
    if destination:
        kept = (found.recipients, found.keep_days) if found else ((), None)
        found = Archive(destination, *kept, origin="--destination")
    if found is None:
        raise Refused(
            "nobody has said where archives are kept",
            where=f"fleet.yaml, or {site.cluster.at.file}",
            evidence="archive: {destination: /srv/archive, recipients: [age1...]}",
            next_step="write that, or give --destination FOLDER (or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX)",
        )
    return found


def store_of(site: Site, archive: Archive, run: str = "") -> Store:
    """The hub's place for archives, or that of one run in it. Nothing is contacted.

    Raises:
        WrongUsage: it is a bucket that can not be. LoginNeeded: there is no such profile.
    """
    bucket = address.parse(archive.destination)
    base: Store = places.bucket(bucket, account=account_of(site)) if bucket else Folder(_folder(site, archive))
    return base.below(site.cluster.name, site.hub.name, *filter(None, [run]))


def account_of(site: Site) -> str:
    """The cluster's account on AWS; empty where it is elsewhere."""
    return str(site.cluster.place.get("account", "")) if site.cluster.provider == "aws" else ""


def refuse_committed(site: Site, archive: Archive) -> None:
    """Raises Refused where the next `git add` would take people's files into the repository's history."""
    if address.parse(archive.destination):
        return
    folder = _folder(site, archive) / site.cluster.name / site.hub.name
    if not folder.resolve().is_relative_to(site.root.resolve()):
        return
    done = process.run(["git", "-C", site.root, "check-ignore", "-q", folder], timeout=60, ok=(0, 1, 128))
    if done.returncode == 1:
        raise Refused(
            "the archive would be in the repository, where it could be committed",
            where=str(folder),
            next_step="give a folder outside, or below .hubfleet/, which git ignores",
        )


def keep_until(archive: Archive) -> str:
    """The day from which on the archive may be deleted; empty: it is kept."""
    if archive.keep_days is None:
        return ""
    return (datetime.now(UTC) + timedelta(days=archive.keep_days)).date().isoformat()


def _folder(site: Site, archive: Archive) -> Path:
    base = Path(archive.destination).expanduser()
    return base if base.is_absolute() else site.root / base
