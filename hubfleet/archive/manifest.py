"""manifest.json: what an archive holds and how it was verified. Written last; without it there is no archive."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hubfleet.errors import HubfleetError

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Volume:
    """One volume of an archive.

    Args:
        claim: name of the PersistentVolumeClaim.
        user: whose home it is, as KubeSpawner wrote it on the claim; empty for other volumes.
        template: labels, annotations and spec of the claim, to make it again.
        file: the archive of its files, beside the manifest.
        size: bytes of that file. `sha256`: of that file, read back from disk.
        listing: the file with one line for each entry. `listing_sha256`: of that file.
        files: number of files. `bytes`: of their content. `others`: folders, links and pipes.
        verified: how it was made sure that the archive has what the home had.
    """

    claim: str
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
    verified: str


@dataclass(frozen=True)
class Manifest:
    """An archive of a hub. `recipients` are the public age keys that it is encrypted for; empty: not encrypted."""

    cluster: str
    hub: str
    domain: str
    run: str
    made: str
    operator: str
    recipients: tuple[str, ...]
    volumes: tuple[Volume, ...]
    format: int = field(default=FORMAT)

    def write(self, folder: Path) -> Path:
        """Write it atomically, and make sure that it is on disk."""
        target = folder / NAME
        fresh = target.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        return target


def read(path: Path) -> Manifest:
    """The manifest of an archive: its folder, or the file itself.

    Raises:
        HubfleetError: there is none, so the archive is not complete, or it is not readable.
    """
    target = path / NAME if path.is_dir() else path
    try:
        data = json.loads(target.read_text(encoding="utf-8"))
        volumes = tuple(Volume(**each) for each in data.pop("volumes"))
        found = Manifest(volumes=volumes, recipients=tuple(data.pop("recipients")), **data)
    except FileNotFoundError as trouble:
        raise HubfleetError(
            "there is no complete archive", where=str(target), evidence="it has no manifest.json"
        ) from trouble
    except (OSError, ValueError, TypeError, KeyError) as trouble:
        raise HubfleetError(
            "the archive's manifest can not be read", where=str(target), evidence=str(trouble)
        ) from trouble
    if found.format != FORMAT:
        raise HubfleetError(
            f"the archive has format {found.format}, and this hubfleet reads {FORMAT}", where=str(target)
        )
    return found
