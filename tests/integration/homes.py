"""A home with one of everything that people have, and the real programs that list it and pack it."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from hubfleet import process
from hubfleet.archive import entries, programs, write
from hubfleet.archive.entries import Entry
from hubfleet.archive.manifest import Volume
from hubfleet.archive.seal import Seal
from hubfleet.archive.store import Store
from hubfleet.toolchain import tool

ROOT = Path(__file__).parents[2]
NOT_UTF8 = os.fsdecode(b"caf\xe9.txt")
SPARSE_BYTES = 8 << 20


def python(program: str, *words: str, stdin: int | None = None, stdout: int | None = None) -> str:
    return process.run([sys.executable, "-c", program, *words], stdin=stdin, stdout=stdout).stdout


def listed(home: Path) -> dict[str, Entry]:
    return entries.parse(python(programs.LISTING, str(home)).splitlines())


def fingerprint(home: Path) -> str:
    return str(json.loads(python(programs.FINGERPRINT, str(home)))["sha256"])


def tar_of(home: Path) -> Callable[[int], object]:
    return lambda descriptor: python(programs.TAR, str(home), stdout=descriptor)


def make_home(tmp_path: Path) -> Path:
    """One of everything that people have."""
    home = tmp_path / "home"
    (home / "work" / "empty").mkdir(parents=True)
    (home / "thesis.tex").write_text("\\chapter{All of it}\n")
    (home / "nothing").touch()
    for name in (NOT_UTF8, "new\nline", "-rf *", "ünïcode ☃", "a" * 255):
        (home / "work" / name).write_text(name.encode("utf-8", "replace").decode())
    (home / "link").symlink_to("thesis.tex")
    (home / "link-nowhere").symlink_to("/nowhere/at/all")
    (home / "link-to-folder").symlink_to("work")
    (home / "work" / "linked").hardlink_to(home / "thesis.tex")
    with (home / "sparse").open("wb") as file:
        file.seek(SPARSE_BYTES)
        file.write(b"end")
    (home / "big").write_bytes(os.urandom(2 << 20))
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(home / "socket"))
    (home / "script").write_text("#!/bin/sh\n")
    (home / "script").chmod(0o755)
    (home / "secret").write_text("mine")
    (home / "secret").chmod(0o600)
    (home / "work").chmod(0o2770)
    (home / "read-only").mkdir()
    (home / "read-only" / "file").write_text("x")
    (home / "read-only").chmod(0o555)
    os.utime(home / "thesis.tex", (1_000_000_000, 1_000_000_000.25))
    return home


def sealed(keys: tuple[str, Path], identity: Path | None = None) -> Seal:
    return Seal((keys[0],), tool("age", ROOT), identity)


def archived_in(home: Path, store: Store, seal: Seal) -> Volume:
    """The home in an archive."""
    found = listed(home)
    lines = write.write_listing(store, "claim-ada.listing.gz", found, seal)
    file = write.write_tar(store, "claim-ada.tar.gz", tar_of(home), found, seal)
    sums = entries.totals(found)
    return Volume("claim-ada", "uid-1", "ada", {}, file.name, file.size, file.sha256, lines.name, lines.sha256,
                  sums.files, sums.bytes, sums.others, fingerprint(home), file.verified)  # fmt: skip
