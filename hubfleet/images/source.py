"""What an image is made of: the files of `images/<name>/` and `images/base.toml`, and the name that follows from them.

The tag is a hash over exactly what docker is given, so that equal files have equal names on every machine, and
an image whose name exists need not be built. What a machine adds to a build (its CA bundle, its package index)
changes where packages come from, not which: their hashes are in the lock files, so it is not part of the name.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.errors import InvalidConfiguration, WrongUsage

REPOSITORY = "hubfleet.local"
_TAG_LENGTH = 12
_FOR_PEOPLE = {".md", ".in"}
TESTS = "test.sh"


@dataclass(frozen=True)
class Base:
    """What the images stand on: the contents of `images/base.toml`.

    Args:
        release: Debian's code name.
        public: the public image of that release.
        variant: mmdebstrap's variant, where a base is made from packages.
        leave_out, keep: dpkg's path patterns of files that are not unpacked, and of those that are all the same.
        digest: hash over the whole file, in hex.
    """

    release: str
    public: str
    variant: str
    leave_out: tuple[str, ...]
    keep: tuple[str, ...]
    digest: str

    @property
    def reference(self) -> str:
        """The name of the base that is made from packages."""
        return f"{REPOSITORY}/base:{self.digest[:_TAG_LENGTH]}"


def names(root: Path) -> tuple[str, ...]:
    """The images that this repository builds: the folders of `images/` with a Dockerfile, sorted."""
    return tuple(sorted(file.parent.name for file in (root / "images").glob("*/Dockerfile")))


def reference(root: Path, name: str) -> str:
    """The image's full name with its content tag, such as `hubfleet.local/hub:0123456789ab`. Needs no docker.

    Raises:
        WrongUsage: no such image.
        InvalidConfiguration: `images/base.toml` cannot be read.
    """
    digest = hashlib.sha256(base(root).digest.encode())
    for file in files(root, name):
        content = file.read_bytes()
        mode = "x" if file.stat().st_mode & 0o100 else "-"
        digest.update(f"\0{file.relative_to(folder(root, name)).as_posix()}\0{mode}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{REPOSITORY}/{name}:{digest.hexdigest()[:_TAG_LENGTH]}"


def files(root: Path, name: str) -> list[Path]:
    """What docker is given of the image's folder, sorted: all but tests, text for people, and hidden files."""
    home = folder(root, name)
    found = (file for file in home.rglob("*") if file.is_file())
    return sorted(file for file in found if _is_content(file.relative_to(home)))


def folder(root: Path, name: str) -> Path:
    """`images/<name>`.

    Raises:
        WrongUsage: no image is called that.
    """
    known = names(root)
    if name in known:
        return root / "images" / name
    near = difflib.get_close_matches(name, known, n=1)
    raise WrongUsage(
        f"there is no image {name!r}" + (f": did you mean {near[0]!r}?" if near else ""),
        where=str(root / "images"),
        next_step=f"images: {', '.join(known) or 'none'}",
    )


def base(root: Path) -> Base:
    """What `images/base.toml` says.

    Raises:
        InvalidConfiguration: it is missing, no TOML, or lacks a key.
    """
    file = root / "images" / "base.toml"
    try:
        content = file.read_bytes()
        said: dict[str, Any] = tomllib.loads(content.decode())
        packages = said["packages"]
        return Base(
            release=str(said["release"]),
            public=str(said["public"]["image"]),
            variant=str(packages["variant"]),
            leave_out=tuple(packages["leave_out"]),
            keep=tuple(packages["keep"]),
            digest=hashlib.sha256(content).hexdigest(),
        )
    except (OSError, ValueError) as trouble:
        raise InvalidConfiguration(
            "the base of the images cannot be read", where=str(file), evidence=str(trouble)
        ) from None
    except (KeyError, TypeError) as trouble:
        raise InvalidConfiguration(
            "the base of the images lacks a key", where=str(file), evidence=str(trouble)
        ) from None


def _is_content(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix not in _FOR_PEOPLE and path.name != TESTS
