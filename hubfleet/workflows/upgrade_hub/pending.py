"""What an upgrade has written into files and not brought to its end: the way back, also after a crash.

`.hubfleet/pending/<cluster>-<hub>.json` is there from before the first file changes until the hub serves with it, or
the files are as before. Whoever gives the same command again goes on with it.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from hubfleet import paths
from hubfleet.errors import HubfleetError, Refused
from hubfleet.fleet.rewrite import Rewrite, rewrite


@dataclass(frozen=True)
class Pending:
    """The record of one hub, for one request."""

    root: Path
    subject: str
    request: str

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return paths.runs(self.root).parent / "pending" / f"{self.subject.replace('/', '-')}.json"

    def read(self) -> tuple[Rewrite, ...]:
        """What the same request has written before, where the files still hold it; else nothing."""
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
            made = tuple(Rewrite(name, *map(base64.b64decode, both)) for name, both in found["files"].items())
        except (OSError, ValueError, KeyError, AttributeError):
            return ()
        if found.get("request") != self.request or any(not _holds(self.root, each) for each in made):
            return ()
        return made

    def write(self, changes: tuple[Rewrite, ...]) -> None:
        """Keep the way back. It is on the disk when this returns.

        Raises:
            HubfleetError: it can not be written.
        """
        files = {
            each.name: [base64.b64encode(content).decode() for content in (each.before, each.after)] for each in changes
        }
        fresh = self.file.with_suffix(".new")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("w", encoding="utf-8") as file:
                json.dump({"request": self.request, "files": files}, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.file)
        except OSError as trouble:
            raise HubfleetError(
                "the way back can not be kept, so nothing is changed", where=str(self.file), evidence=str(trouble)
            ) from trouble

    def drop(self) -> None:
        """It has come to its end."""
        self.file.unlink(missing_ok=True)

    def undo(self, changes: tuple[Rewrite, ...]) -> str:
        """Put the files back and say so in one line; what somebody edited meanwhile stays, and that is said."""
        told = []
        for each in changes:
            try:
                if (self.root / each.name).read_bytes() != each.before:
                    rewrite(self.root, each.reverse)
                told.append(f"{each.name} is as before")
            except (HubfleetError, OSError) as trouble:
                why = "somebody edited it meanwhile" if isinstance(trouble, Refused) else str(trouble)
                told.append(f"{each.name} still has the new pin: {why}; take it back by hand")
        self.drop()
        return "; ".join(told)


def _holds(root: Path, change: Rewrite) -> bool:
    try:
        return (root / change.name).read_bytes() in (change.before, change.after)
    except OSError:
        return False
