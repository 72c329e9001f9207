"""A copy of this repository's fleet, and tasks that run in it as people run them. No cluster is reached."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
Inv = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    shutil.copytree(ROOT / "clusters", folder / "clusters")
    shutil.copy(ROOT / "fleet.yaml", folder)
    for name in ("helm", "images", "tasks.py", "schemas"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture
def inv(fleet: Path, tmp_path: Path) -> Inv:
    """Runs `./inv`; the local cluster's folder is an empty one, and clouds have no credentials."""
    environment = {key: value for key, value in os.environ.items() if key not in ("CI", "GITHUB_ACTIONS")}
    environment |= {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    environment |= {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hubfleet.cli.program", *words], cwd=fleet, env=environment, text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip

    return run
