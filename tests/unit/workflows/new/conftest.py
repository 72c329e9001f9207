import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture
def fleet(tmp_path) -> Path:
    """A fleet of one cluster `north` with one hub `college`, and this repository's charts."""
    root = tmp_path / "fleet"
    shutil.copytree(ROOT / "tests/examples/valid/one-hub", root)
    (root / "helm").symlink_to(ROOT / "helm")
    return root


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file of the fleet but the lock."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "new.lock"
    }
