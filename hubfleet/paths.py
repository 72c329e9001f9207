"""Where things are kept: the repository, the user's cache, the local cluster's state.

XDG base directories are honoured (https://specifications.freedesktop.org/basedir-spec/latest/).
"""

from __future__ import annotations

import os
from pathlib import Path

from hubfleet.errors import WrongUsage


def repository() -> Path:
    """The folder that holds `fleet.yaml`: the working directory or the nearest one above it.

    Raises:
        WrongUsage: no such folder, with what was looked for.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "fleet.yaml").is_file():
            return folder
    raise WrongUsage(
        "this is not a hubfleet repository",
        where=str(here),
        evidence="no fleet.yaml here or in any folder above",
        next_step="change to your clone of the repository",
    )


def cache() -> Path:
    """What can be made again: tools, charts, image bases. Safe to delete while nothing runs."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "hubfleet"


def state() -> Path:
    """What can not be made again: the local cluster's data."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "hubfleet"


def runs(root: Path) -> Path:
    """Journals and logs of the runs that were started in this repository."""
    return root / ".hubfleet" / "runs"


def _xdg(variable: str, default: str) -> Path:
    chosen = os.environ.get(variable, "")
    return Path(chosen) if chosen.startswith("/") else Path.home() / default
