"""Writing files that people edit: whole or not at all, and never over somebody's newer text."""

from __future__ import annotations

import difflib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hubfleet.errors import HubfleetError, Refused


@dataclass(frozen=True)
class Rewrite:
    """A file's content as it is, and as it should become. `name`: relative to the repository."""

    name: str
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        """The difference, for people."""
        old, new = (each.decode().splitlines(keepends=True) for each in (self.before, self.after))
        lines = difflib.unified_diff(old, new, self.name, self.name, n=1)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    @property
    def reverse(self) -> Rewrite:
        """The way back."""
        return Rewrite(self.name, self.after, self.before)


def rewrite(root: Path, change: Rewrite) -> None:
    """Put the new content in the file's place. Its mode stays; a link is followed.

    Raises:
        Refused: the file is no longer what the change was made for. It is left alone.
        HubfleetError: it can not be read or written.
    """
    path = (root / change.name).resolve()
    try:
        if path.read_bytes() != change.before:
            raise Refused(
                f"{change.name} has changed meanwhile; it is left as it is",
                where=str(path),
                next_step="look at it, then give the command again",
            )
        _replace(path, change.after)
    except OSError as trouble:
        raise HubfleetError(f"{change.name} can not be written", where=str(path), evidence=str(trouble)) from trouble


def _replace(path: Path, content: bytes) -> None:
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).chmod(path.stat().st_mode & 0o7777)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
