"""Files that are to be written together: tried beside a copy of the fleet first, then put in place, or not at all."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hubfleet.errors import HubfleetError, InvalidConfiguration, Refused
from hubfleet.validation.validate import inspect

if TYPE_CHECKING:
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.validate import Renderer

_NOT_COPIED = {".git", ".hubfleet", ".venv", ".nox", "clusters"}


@contextmanager
def alone(root: Path) -> Iterator[Path]:
    """A private folder in the repository, on its disk, while the block runs; nobody else makes anything new meanwhile.

    Raises:
        Refused: somebody else is making a cluster or a hub in this clone.
        HubfleetError: the repository can not be written.
    """
    above = root / ".hubfleet"
    try:
        above.mkdir(exist_ok=True)
        lock = (above / "new.lock").open("w", encoding="utf-8")
    except OSError as error:
        raise _unwritable(root, error) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "another process makes a cluster or a hub in this clone",
                where=str(above / "new.lock"),
                next_step="wait until it has ended",
            ) from None
        for left in above.glob("new-*"):  # of a process that was killed: we hold the lock, so it is gone
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=above) as folder:
            yield Path(folder)


def tried(root: Path, scratch: Path, files: Mapping[str, str], select: str, renderer: Renderer | None) -> None:
    """Look at the fleet as it would be with these files.

    Args:
        root: the repository.
        scratch: the private folder; the files are in `fleet/` there afterwards.
        files: what is new or changed, by name relative to the repository.
        select: what is looked at: the new cluster or hub.
        renderer: renders the hubs; None: they are only read.

    Raises:
        InvalidConfiguration: something is wrong with what is new; nothing was written.
    """
    copy = scratch / "fleet"
    copy.mkdir()
    for path in root.iterdir():
        if path.name not in _NOT_COPIED:
            (copy / path.name).symlink_to(path)
    shutil.copytree(root / "clusters", copy / "clusters", symlinks=True)
    for name, text in files.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(text.encode())
    errors = [each for each in inspect(copy, [select], renderer=renderer).findings if each.severity == "error"]
    if errors:
        raise InvalidConfiguration(
            f"{select} would not be valid: nothing was written",
            findings=errors,
            next_step=_advice(errors, files),
        )


def _advice(errors: list[Finding], files: Mapping[str, str]) -> str:
    if any(error.file in files for error in errors):
        return "correct what the options say; the lines are those of the files as they would be"
    return "correct these files first"


def placed_folder(root: Path, scratch: Path, name: str) -> None:
    """Put a whole new folder of the copy in place, in one step.

    Raises:
        Refused: it exists by now.
    """
    target = root / name
    if target.exists():
        raise Refused(f"{name} exists by now: nothing was written", where=name)
    try:
        (scratch / "fleet" / name).rename(target)
    except OSError as error:
        raise _unwritable(target, error) from None


def placed_files(root: Path, scratch: Path, new: Mapping[str, str], changed: tuple[str, bytes]) -> None:
    """Put new files in place, and one changed file last, which makes them count; undone when interrupted.

    Args:
        root: the repository.
        scratch: the private folder with the copy.
        new: what is new, by name; a file that is there already with the same text is of an interrupted try.
        changed: the changed file's name and its bytes as they were read.

    Raises:
        Refused: the file was changed by somebody else meanwhile; nothing was written.
    """
    name, before = changed
    made: list[Path] = []
    try:
        for each in new:
            if not (root / each).exists():
                made.append(root / each)
                (scratch / "fleet" / each).rename(root / each)
        _refuse_changed(root / name, before, name)
        shutil.copymode(root / name, scratch / "fleet" / name)
        (scratch / "fleet" / name).replace(root / name)
    except BaseException as trouble:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(trouble, OSError):
            raise _unwritable(root / name, trouble) from None
        raise


def _refuse_changed(path: Path, before: bytes, name: str) -> None:
    if path.read_bytes() != before:
        raise Refused("the file was changed meanwhile: nothing was written", where=name, next_step="run it again")


def _unwritable(path: Path, error: OSError) -> HubfleetError:
    return HubfleetError(
        "the files could not be written, and nothing is left of them",
        where=str(error.filename or path),
        evidence=error.strerror or str(error),
        next_step="look at the rights and the free space of that folder",
    )
