"""The repository as it would be: whole, with the changes, and nothing of the person's own is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubfleet.fleet.rewrite import Rewrite
from hubfleet.validation.validate import inspect
from hubfleet.workflows.upgrade_hub.rehearsal import rehearsed

ROOT = Path(__file__).parents[4]
NAME = "clusters/local/staging.values.yaml"


@pytest.mark.parametrize(("more", "mistakes"), [("  cull: {timeout: 700}\n", 0), ("  cullx: 1\n", 1)])
def test_what_validate_says_of_it_is_about_the_change_alone(more: str, mistakes: int) -> None:
    before = (ROOT / NAME).read_bytes()
    with rehearsed(ROOT, [Rewrite(NAME, before, before + more.encode())]) as folder:
        found = [each for each in inspect(folder, ["local/staging"]).findings if each.severity == "error"]
        assert (folder / NAME).read_bytes() != before
        assert (folder / "schemas").is_symlink()
    assert len(found) == mistakes, found
    assert (ROOT / NAME).read_bytes() == before
