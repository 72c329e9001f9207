"""What a home holds, from two sides: listed in place, and read from an archive. Equal means nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import stat
import tarfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import IO, Literal

from hubfleet.errors import HubfleetError, Refused

Kind = Literal["file", "folder", "link", "fifo"]
_CHUNK = 1 << 20
_BLOCK = 1 << 16  # as in programs.EXTRACT


@dataclass(frozen=True)
class Entry:
    """One file, folder, symbolic link or pipe.

    Args:
        path: relative to the home, with forward slashes; bytes that are no UTF-8 as surrogates.
        mode: permission bits.
        size: bytes of a file.
        sha256: of a file's content.
        target: of a symbolic link.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int = 0
    sha256: str = ""
    target: str = ""

    def line(self) -> str:
        """As one line of ASCII JSON, the form in which `programs.LISTING` prints it."""
        return json.dumps(asdict(self), separators=(",", ":"))


@dataclass(frozen=True)
class Totals:
    """Sums over entries: files, their bytes, and everything that is not a file."""

    files: int
    bytes: int
    others: int


def parse(lines: Iterable[str]) -> dict[str, Entry]:
    """Entries by path, from lines of `programs.LISTING`."""
    entries = (Entry(**json.loads(line)) for line in lines if line.strip())
    return {entry.path: entry for entry in entries}


def totals(entries: Mapping[str, Entry]) -> Totals:
    """Sums over entries."""
    files = [entry for entry in entries.values() if entry.kind == "file"]
    return Totals(len(files), sum(entry.size for entry in files), len(entries) - len(files))


def from_tar(stream: IO[bytes]) -> dict[str, Entry]:
    """The entries of a gzip-compressed tar stream, each file's content hashed. Memory does not grow with its size.

    It is read to its very end, so that gzip's own checksum is compared and whoever writes it is not cut off.

    Raises:
        Refused: a name or link that would leave the home, or a device: nobody archives these, somebody forged them.
        HubfleetError: the stream is broken or ends early.
    """
    found: dict[str, Entry] = {}
    try:
        with (
            gzip.GzipFile(fileobj=stream) as plain,
            tarfile.open(fileobj=plain, mode="r|", encoding="utf-8", errors="surrogateescape") as tar,
        ):
            for member in tar:
                entry = _entry(tar, member, found)
                if entry is not None:
                    found[entry.path] = entry
            while plain.read(_CHUNK):
                continue
    except (tarfile.TarError, EOFError, OSError, zlib.error) as trouble:
        raise HubfleetError("the archive is broken or ends early", evidence=str(trouble)) from trouble
    return found


def solid(stream: IO[bytes], chosen: Collection[str] = ()) -> int:
    """Bytes that the files of such a stream take on a disk, which `programs.EXTRACT` writes with holes for zeros.

    Args:
        stream: a gzip-compressed tar stream that was verified.
        chosen: names at its top that count; none: all.
    """
    total = 0
    with (
        gzip.GzipFile(fileobj=stream) as plain,
        tarfile.open(fileobj=plain, mode="r|", encoding="utf-8", errors="surrogateescape") as tar,
    ):
        for member in tar:
            file = tar.extractfile(member) if member.isreg() else None
            if file is None or (chosen and safe_path(member.name).split("/")[0] not in chosen):
                continue
            while chunk := file.read(_BLOCK):
                total += 0 if chunk.count(0) == len(chunk) else len(chunk)
        while plain.read(_CHUNK):
            continue
    return total


def differences(wanted: Mapping[str, Entry], found: Mapping[str, Entry]) -> list[str]:
    """How two sets of entries differ, a line each, sorted; empty where nothing is lost."""
    lines = []
    for path in sorted(wanted.keys() | found.keys()):
        one, other = wanted.get(path), found.get(path)
        if one == other:
            continue
        shown = path.encode("utf-8", "backslashreplace").decode()
        if one is None or other is None:
            lines.append(f"{shown}: {'is not in the home' if one is None else 'is not in the archive'}")
        else:
            names = [name for name, value in asdict(one).items() if asdict(other)[name] != value]
            lines.append(f"{shown}: differs in {', '.join(names)}")
    return lines


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, before: Mapping[str, Entry]) -> Entry | None:
    path = safe_path(member.name)
    if path == ".":
        return None
    facts = (stat.S_IMODE(member.mode), member.uid, member.gid)
    if member.isreg():
        return Entry(path, "file", *facts, member.size, _hash(tar, member))
    if member.isdir():
        return Entry(path, "folder", *facts)
    if member.issym():
        return Entry(path, "link", *facts, target=member.linkname)
    if member.isfifo():
        return Entry(path, "fifo", *facts)
    if member.islnk():
        first = before.get(safe_path(member.linkname))
        if first is None:
            raise Refused("the archive has a hard link to nothing in it", where=path)
        return Entry(path, first.kind, first.mode, first.uid, first.gid, first.size, first.sha256, first.target)
    raise Refused("the archive has a device or something unknown in it", where=path)


def safe_path(name: str) -> str:
    """The name below the home.

    Raises:
        Refused: it is absolute or climbs out.
    """
    path = posixpath.normpath(name)
    if name.startswith("/") or path == ".." or path.startswith("../"):
        raise Refused("the archive has a name that leaves the home directory", where=repr(name))
    return path


def through_links(entries: Mapping[str, Entry]) -> Iterator[str]:
    """Paths that lead through a symbolic link of the same archive: extracting them would write elsewhere."""
    links = {path for path, entry in entries.items() if entry.kind == "link"}
    for path in entries:
        above = posixpath.dirname(path)
        while above:
            if above in links:
                yield path
                break
            above = posixpath.dirname(above)


def _hash(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    whole = hashlib.sha256()
    file = tar.extractfile(member)
    while file is not None and (chunk := file.read(_CHUNK)):
        whole.update(chunk)
    return whole.hexdigest()
