"""Official releases: downloaded, compared with the published SHA-256, and only then unpacked."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.toolchain.catalogue import Release, Tool

_CONNECT_SECONDS = 3.0
_READ_SECONDS = 20.0


class Unavailable(HubfleetError):
    """It can not be had from there now; another source may have it."""


def platform_names() -> dict[str, str]:
    """The `os` and `arch` of this machine, in Go's words."""
    machine = platform.machine().lower()
    return {"os": sys.platform, "arch": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)}


def origins(release: Release) -> frozenset[str]:
    """What must answer for this release, as `https://host`."""
    parts = [urlsplit(address) for address in (release.url, release.checksum)]
    return frozenset(f"{part.scheme}://{part.netloc}" for part in parts)


def fetch(tool: Tool, version: str, folder: Path, stop: threading.Event) -> None:
    """Put the programs of a release into the folder, executable.

    Raises:
        Unavailable: the host does not answer, has no such file, or broke the download off.
        HubfleetError: the file is not what the publisher says it is.
    """
    if tool.release is None:
        raise Unavailable(f"{tool.name} has no official release that hubfleet knows")
    words = {"version": version, **platform_names()}
    url, checksum = tool.release.url.format(**words), tool.release.checksum.format(**words)
    file = folder / url.rsplit("/", 1)[1]
    published = published_sha256(_text(checksum), file.name, checksum)
    actual = _download(url, file, stop)
    if actual != published:
        raise HubfleetError(
            f"the download of {tool.name} {version} is not what its publisher says it is",
            where=url,
            evidence=f"published SHA-256 {published}\ndownloaded SHA-256 {actual}",
            next_step="try again; if it stays so, something on the way changes files: do not use it",
        )
    members = {program: name.format(**words) for program, name in tool.release.members.items()}
    _unpack(file, members or {tool.programs[0]: ""}, folder, url)


def published_sha256(text: str, file_name: str, where: str) -> str:
    """The digest of a file in what its publisher says: a digest alone, a list as `sha256sum` writes it, or
    GitHub's description of a release (https://docs.github.com/rest/releases/releases, `assets[].digest`).

    Raises:
        Unavailable: it says nothing about this file.
    """
    lines = _assets(text) if text.lstrip().startswith("{") else text.splitlines()
    for line in lines:
        digest, _, name = line.strip().partition(" ")
        if re.fullmatch("[0-9a-fA-F]{64}", digest) and name.strip().lstrip("*") in {"", file_name}:
            return digest.lower()
    raise Unavailable(f"no SHA-256 of {file_name} is published", where=where)


def _assets(description: str) -> list[str]:
    """GitHub's description of a release as lines of `sha256sum`."""
    try:
        assets = json.loads(description)["assets"]
        return [f"{str(each.get('digest')).removeprefix('sha256:')}  {each['name']}" for each in assets]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _text(url: str) -> str:
    import httpx

    try:
        answer = httpx.get(url, timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS), follow_redirects=True)
        answer.raise_for_status()
    except httpx.HTTPError as trouble:
        raise _unavailable(url, trouble) from trouble
    return answer.text


def _download(url: str, file: Path, stop: threading.Event) -> str:
    """Write the file and return the SHA-256 of what was written."""
    import httpx

    digest = hashlib.sha256()
    timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    try:
        with httpx.stream("GET", url, timeout=timeout, follow_redirects=True) as answer, file.open("wb") as out:
            answer.raise_for_status()
            # The file as published: no transfer decoding, which would change what the digest is about.
            for chunk in answer.iter_raw(1 << 18):
                if stop.is_set():
                    raise Interrupted("the download was interrupted", where=url)
                digest.update(chunk)
                out.write(chunk)
    except httpx.HTTPError as trouble:
        raise _unavailable(url, trouble) from trouble
    return digest.hexdigest()


def _unavailable(url: str, trouble: Exception) -> Unavailable:
    return Unavailable(
        f"{urlsplit(url).netloc} did not deliver", where=url, evidence=str(trouble), next_step="try again later"
    )


def _unpack(file: Path, members: dict[str, str], folder: Path, url: str) -> None:
    """Take only the programs out of the archive, under their own names, and remove the archive."""
    for program, name in members.items():
        unpacked = folder / f".{program}"
        try:
            if not name:
                file.rename(unpacked)
            else:
                with _opened(file, name) as member, unpacked.open("wb") as out:
                    shutil.copyfileobj(member, out, 1 << 20)
        except (KeyError, tarfile.TarError, zipfile.BadZipFile, EOFError) as trouble:
            raise HubfleetError(f"there is no {name} in the download", where=url, evidence=str(trouble)) from trouble
        unpacked.chmod(0o755)
        unpacked.rename(folder / program)
    if any(members.values()):
        file.unlink()


@contextmanager
def _opened(file: Path, name: str) -> Iterator[IO[bytes]]:
    """One file of an archive, to read; nothing else of the archive is touched."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as zipped, zipped.open(name) as member:
            yield member
        return
    with tarfile.open(file) as archive:
        found = archive.extractfile(name)
        if found is None:
            raise KeyError(f"{name} is no file")
        yield found
