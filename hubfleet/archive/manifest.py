"""manifest.json: what an archive holds and how it was verified. Written last; without it there is no archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from hubfleet.archive.store import Store
from hubfleet.errors import HubfleetError, Refused

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Volume:
    """One volume of an archive.

    Args:
        claim: name of the PersistentVolumeClaim. `uid`: Kubernetes's own name of it, which no other claim has.
        user: whose home it is, as KubeSpawner wrote it on the claim; empty for other volumes.
        template: labels, annotations and spec of the claim, to make it again.
        file: the archive of its files, beside the manifest.
        size: bytes of that file. `sha256`: of that file, read back from where it is kept.
        listing: the file with one line for each entry. `listing_sha256`: of that file.
        files: number of files. `bytes`: of their content. `others`: folders, links and pipes.
        fingerprint: of the names, sizes, owners and times in the volume (`programs.FINGERPRINT`): whether it changed.
        verified: how it was made sure that the archive has what the home had.
    """

    claim: str
    uid: str
    user: str
    template: Mapping[str, Any]
    file: str
    size: int
    sha256: str
    listing: str
    listing_sha256: str
    files: int
    bytes: int
    others: int
    fingerprint: str
    verified: str


@dataclass(frozen=True)
class Manifest:
    """An archive of a hub.

    Args:
        recipients: the public age keys that it is encrypted for; empty: not encrypted.
        keep_until: the day (ISO 8601) from which on it may be deleted; empty: it is kept.
        empty: claims that never had a volume, so that there was nothing to archive.
    """

    cluster: str
    hub: str
    domain: str
    run: str
    made: str
    operator: str
    recipients: tuple[str, ...]
    keep_until: str
    empty: tuple[str, ...]
    volumes: tuple[Volume, ...]
    format: int = field(default=FORMAT)

    def write(self, store: Store) -> None:
        """Write it so that it is there whole or not at all."""
        store.save(NAME, asdict(self))


def there(store: Store) -> bool:
    """Whether this is a complete archive."""
    return bool(store.names(NAME))


def read(store: Store) -> Manifest:
    """The manifest of an archive.

    Raises:
        HubfleetError: there is none, so the archive is not complete, or it is not readable.
    """
    target = store.file(NAME).address
    try:
        data = json.loads(store.load(NAME).decode("utf-8"))
        volumes = tuple(Volume(**each) for each in data.pop("volumes"))
        recipients, empty = tuple(data.pop("recipients")), tuple(data.pop("empty"))
        found = Manifest(volumes=volumes, recipients=recipients, empty=empty, **data)
    except FileNotFoundError as trouble:
        raise HubfleetError(
            "there is no complete archive", where=target, evidence="it has no manifest.json"
        ) from trouble
    except (OSError, ValueError, TypeError, KeyError) as trouble:
        raise HubfleetError("the archive's manifest can not be read", where=target, evidence=str(trouble)) from trouble
    if found.format != FORMAT:
        raise HubfleetError(f"the archive has format {found.format}, and this hubfleet reads {FORMAT}", where=target)
    for name in (name for each in found.volumes for name in (each.file, each.listing)):
        if PurePosixPath(name).name != name:
            raise Refused("the manifest names a file outside the archive", where=f"{target}: {name!r}")
    return found
