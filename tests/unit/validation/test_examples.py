"""Every folder of tests/examples is a test by being there: the findings are those of expected.yaml, and no others.

A folder of `invalid/` holds the files that differ from a fleet of `valid/`, and expected.yaml: which
fleet (`base`), what is taken away from it (`remove`), links to make (`links`), and the findings. That a hub
has no secret of its OAuth client counts only where it is expected: most of these files are about something else.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet.validation.validate import inspect

EXAMPLES = Path(__file__).parents[2] / "examples"
REPOSITORY = EXAMPLES.parents[1]
TODAY = date(2026, 11, 24)
VALID = sorted(path.name for path in (EXAMPLES / "valid").iterdir())
INVALID = sorted(path.name for path in (EXAMPLES / "invalid").iterdir())


def assembled(folder: Path, base: str, changed: Path | None = None, expected: dict[str, Any] | None = None) -> Path:
    """A whole fleet: the base, the changes over it, and this repository's charts."""
    shutil.copytree(EXAMPLES / "valid" / base, folder, dirs_exist_ok=True)
    for name in (expected or {}).get("remove", ()):
        (folder / name).unlink()
    if changed is not None:
        shutil.copytree(changed, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.yaml"))
    for name, target in (expected or {}).get("links", {}).items():
        (folder / name).symlink_to(target)
    (folder / "helm").symlink_to(REPOSITORY / "helm")
    return folder


@pytest.mark.parametrize("name", VALID)
def test_valid(name: str, tmp_path: Path) -> None:
    report = inspect(assembled(tmp_path, name), today=TODAY)
    assert [str(finding) for finding in report.findings] == []
    assert report.hubs > 0


def test_this_repository() -> None:
    """The clusters that are the model to copy. Overrides end, so the day is today's."""
    report = inspect(REPOSITORY)
    assert [str(finding) for finding in report.findings if finding.severity == "error"] == []
    assert report.hubs >= 5


@pytest.mark.parametrize("name", INVALID)
def test_invalid(name: str, tmp_path: Path) -> None:
    expected = yaml.safe_load((EXAMPLES / "invalid" / name / "expected.yaml").read_text())
    root = assembled(tmp_path, expected["base"], EXAMPLES / "invalid" / name, expected)
    rules = {"client-secret"} - {each["rule"] for each in expected["findings"]}
    left = [each for each in inspect(root, today=TODAY).findings if each.rule not in rules]
    for wanted in expected["findings"]:
        match = next((each for each in left if _is(each, wanted)), None)
        assert match is not None, f"not found: {wanted}\nleft: {[(each.rule, str(each)) for each in left]}"
        left.remove(match)
    assert [(each.rule, str(each)) for each in left] == []


def test_there_are_enough() -> None:
    assert len(INVALID) >= 40
    assert all((EXAMPLES / "invalid" / name / "expected.yaml").read_text().startswith("# ") for name in INVALID)


def _is(finding: Any, wanted: dict[str, Any]) -> bool:
    """Whether a finding is the wanted one; `says` is a part of message and hint."""
    same = (finding.file, finding.line, finding.rule) == (wanted["file"], wanted["line"], wanted["rule"])
    return same and finding.severity == wanted.get("severity", "error") and wanted["says"] in str(finding)
