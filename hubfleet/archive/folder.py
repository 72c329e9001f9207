"""Archives in a folder of this machine: for its owner alone, and on disk before anything relies on it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from hubfleet.archive.manifest import NAME
from hubfleet.archive.pump import Pumped, hashed
from hubfleet.archive.store import Look, as_json, same
from hubfleet.errors import HubfleetError, Refused

_MARGIN_BYTES = 64 << 20


@dataclass(frozen=True)
class File:
    """A file of an archive. `descriptor`: while it is written."""

    path: Path
    final: Path
    descriptor: int = -1
    kept: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it is, or will be."""
        return str(self.final)

    def start(self, size: int) -> bytes:
        """Its first bytes."""
        with self.path.open("rb") as file:
            return file.read(size)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The file, open."""
        with self.path.open("rb") as file:
            yield file

    def hashed(self) -> Pumped:
        """Size and SHA-256, from disk."""
        return hashed(self.path)

    def finish(self) -> None:
        """Make sure that it is on disk."""
        os.fsync(self.descriptor)

    def read_back(self, passed: Pumped, look: Look) -> str:
        """Compare what the disk gives back with what was written, then look at the content."""
        same(passed, self.hashed(), self.address)
        return look(self)

    def keep(self) -> str:
        """Give it its name."""
        self.path.replace(self.final)
        sync_folder(self.final.parent)
        self.kept.append(self.final.name)
        return self.final.name


@dataclass(frozen=True)
class Folder:
    """A folder with archives, or with one."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def below(self, *names: str) -> Folder:
        """A folder in it."""
        return Folder(self.path.joinpath(*names))

    def file(self, name: str) -> File:
        """A file in it."""
        return File(self.path / name, self.path / name)

    def names(self, ending: str) -> tuple[str, ...]:
        """Sorted names of files that end so."""
        return tuple(sorted(each.name for each in self.path.glob(f"*{ending}")))

    def runs(self) -> Iterator[Folder]:
        """Folders with a manifest, newest first."""
        for each in sorted(self.path.glob(f"*/{NAME}"), reverse=True):
            yield Folder(each.parent)

    def check(self) -> None:
        """Nothing is asked of a folder before `prepare`."""

    def prepare(self) -> None:
        """Make the folder, for its owner alone, and clear what an interrupted run left half."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            for each in self.path.glob("*.new"):
                each.unlink()
        except OSError as trouble:
            raise HubfleetError(
                "the archive's folder can not be written",
                where=str(self.path),
                evidence=str(trouble),
                next_step="./inv teardown-hub ... --destination FOLDER",
            ) from trouble

    def refuse_without_room(self, needed: int) -> None:
        """Raises Refused where the files would not fit even uncompressed.

        Args:
            needed: bytes of all files.
        """
        folder = self.path
        while not folder.exists():
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if free < needed + _MARGIN_BYTES:
            raise Refused(
                f"there is no room for the archive: {free / 1e9:.1f} GB are free, {needed / 1e9:.1f} GB may be needed",
                where=str(folder),
                next_step="make room, or --destination FOLDER on a larger disk",
            )

    @contextmanager
    def writing(self, name: str, expected: int) -> Iterator[File]:  # noqa: ARG002  # a disk needs no hint
        """Write `<name>.new`, which gets its name when it is verified."""
        final = self.path / name
        fresh = final.with_name(final.name + ".new")
        try:
            with open(fresh, "wb", opener=private) as file:
                yield File(fresh, final, file.fileno())
        except OSError as trouble:
            raise _disk(trouble, final) from trouble
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def save(self, name: str, data: Mapping[str, Any]) -> None:
        """Write JSON so that the file is there whole, on disk and for its owner alone, or not at all."""
        target = self.path / name
        fresh = target.with_name(name + ".new")
        with open(fresh, "wb", opener=private) as file:
            file.write(as_json(data))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        sync_folder(self.path)

    def load(self, name: str) -> bytes:
        """A small file."""
        return (self.path / name).read_bytes()

    def withdraw(self, name: str) -> None:
        """Remove the file: others will be written over."""
        (self.path / name).unlink(missing_ok=True)


def private(path: str, flags: int) -> int:
    """An opener for files that only their owner may read."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make sure that a folder's names are on disk: a renamed file is there after a crash only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _disk(trouble: OSError, final: Path) -> HubfleetError:
    full = trouble.errno in (errno.ENOSPC, errno.EDQUOT)
    return HubfleetError(
        "the disk of the archive is full" if full else "the archive can not be written",
        where=str(final),
        evidence=str(trouble),
        next_step="make room, or give another folder with --destination; what is archived already stays good",
    )
