"""The archive that files come from: opened, and verified as far as this machine can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubfleet.archive import address, manifest, read
from hubfleet.archive.folder import Folder
from hubfleet.archive.manifest import Manifest, Volume
from hubfleet.archive.seal import Seal
from hubfleet.archive.store import Store
from hubfleet.clouds import places
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.fleet.names import did_you_mean
from hubfleet.workflows.teardown.inventory import DATABASE_CLAIM
from hubfleet.workflows.teardown.removing import SHARED_CLAIM
from hubfleet.workflows.teardown.site import seal_for

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """An archive of a hub.

    Args:
        store: where it is.
        whole: its manifest.
        seal: opens its files.
    """

    store: Store
    whole: Manifest
    seal: Seal


@dataclass(frozen=True)
class Verified:
    """What is known of one volume of an archive: `how` it was verified, or what is `wrong` with it."""

    volume: Volume
    how: str
    wrong: HubfleetError | None = None


def open_archive(root: Path, path: str, identity: str = "", account: str = "") -> Source:
    """The archive in a folder or a bucket.

    Args:
        root: the repository.
        path: the folder or the bucket's address with `manifest.json`, or that file.
        identity: the file with an age key; empty: this machine's.
        account: of AWS, whose login opens a bucket there; empty: the login that boto3 finds.

    Raises:
        WrongUsage: there is no such file, folder or bucket. HubfleetError: there is no complete archive in it.
    """
    key = Path(identity).expanduser() if identity else None
    if key is not None and not key.is_file():
        raise WrongUsage("there is no such file with an age key", where=f"--identity {key}")
    bucket = address.parse(_without_manifest(path))
    store = places.bucket(bucket, account=account) if bucket else _folder(path)
    if not manifest.there(store):
        _ask_which(store)
    whole = manifest.read(store)
    return Source(store, whole, seal_for(root, whole.recipients, key))


def _without_manifest(path: str) -> str:
    return path.removesuffix("/").removesuffix(f"/{manifest.NAME}")


def _folder(path: str) -> Folder:
    place = Path(path).expanduser()
    if not place.exists():
        raise WrongUsage("there is no such archive", where=str(place), next_step="ls, or give the folder it is in")
    return Folder(place if place.is_dir() else place.parent)


def _ask_which(store: Store) -> None:
    """Raises WrongUsage where there are archives one level below."""
    others = [str(each) for each in store.runs()]
    if others:
        raise WrongUsage(
            "this place holds several archives, of which one has to be chosen",
            where=str(store),
            evidence="\n".join(others),
            next_step="name one of them; the newest is the first",
        )


def verify(source: Source, say: Say) -> Iterator[Verified]:
    """Read every volume and compare it with the manifest; each is looked at although another is broken."""
    for volume in source.whole.volumes:
        say(f"{volume.claim}: {volume.files} files, {volume.bytes / 1e6:.1f} MB")
        try:
            yield Verified(volume, read.verified(source.store, volume, source.seal))
        except HubfleetError as trouble:
            yield Verified(volume, "", trouble)


def chosen(whole: Manifest, users: Sequence[str]) -> tuple[tuple[Volume, tuple[str, ...]], ...]:
    """The volumes with homes of these users, all without any; each with the names at its top that are meant.

    A volume that many homes share has a folder for each. The hub's own database is never meant.

    Raises:
        WrongUsage: the archive has no home of such a user.
    """
    homes = [each for each in whole.volumes if each.claim != DATABASE_CLAIM]
    if not users:
        return tuple((each, ()) for each in homes)
    known = {each.user for each in homes if each.user}
    unknown = tuple(name for name in users if name not in known)
    shared = next((each for each in homes if each.claim == SHARED_CLAIM and not each.user), None)
    if unknown and shared is None:
        raise WrongUsage(
            f"the archive has no home of {', '.join(unknown)}",
            where=f"archive of {whole.cluster}/{whole.hub}",
            next_step=did_you_mean(unknown[0], known),
        )
    own = tuple((each, ()) for each in homes if each.user in users)
    return (*own, (shared, unknown)) if unknown and shared else own
