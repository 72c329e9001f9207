"""The repository as it would be: what holds changed files in a folder of its own, everything else by links.

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
        _mirror(root, folder, {Path(each.name).parts[0] for each in changes})
        for each in changes:
            (folder / each.name).unlink(missing_ok=True)  # it may be read-only
            (folder / each.name).write_bytes(each.after)
        yield folder


def _mirror(source: Path, target: Path, changed: set[str]) -> None:
    """What holds changed files is copied, as it is: files of a cluster may not be links. The rest are links."""
    for entry in source.iterdir():
        if entry.name not in changed:
            (target / entry.name).symlink_to(entry)
        elif entry.is_dir():
            shutil.copytree(entry, target / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, target / entry.name)
