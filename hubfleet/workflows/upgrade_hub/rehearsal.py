"""The repository as it would be: the changed files in a folder of their own, everything else by links.

So the new files are read, checked and rendered before one of the person's own is touched.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubfleet.fleet.rewrite import Rewrite


@contextmanager
def rehearsed(root: Path, changes: Sequence[Rewrite]) -> Iterator[Path]:
    """A root with the changes, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="hubfleet-") as name:
        folder = Path(name)
        _link(root, folder, {Path(each.name) for each in changes})
        for each in changes:
            (folder / each.name).write_bytes(each.after)
        yield folder


def _link(source: Path, target: Path, changed: set[Path]) -> None:
    """Folders that hold changed files are made anew, the rest are links."""
    heads = {path.parts[0] for path in changed}
    for entry in source.iterdir():
        if entry.name not in heads or entry.name.startswith("."):
            (target / entry.name).symlink_to(entry)
        elif entry.is_dir():
            (target / entry.name).mkdir()
            _link(
                entry, target / entry.name, {Path(*path.parts[1:]) for path in changed if path.parts[0] == entry.name}
            )
        else:
            shutil.copy2(entry, target / entry.name)
