"""The table: every rule has its own name, a promise, an example of its mistake, and a line in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hubfleet.validation import rules

ROOT = Path(__file__).parents[3]
TABLE = [*rules.OF_TREE, *rules.OF_VALUES]
NAMES = [rule.name for rule in TABLE]


def test_names_are_unique() -> None:
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.name)
def test_every_rule_says_what_is_right(rule: rules.Rule) -> None:  # type: ignore[type-arg]
    assert rule.promise.endswith((".", "?"))


def test_every_rule_has_an_example() -> None:
    shown = set()
    for path in (ROOT / "tests/examples/invalid").glob("*/expected.yaml"):
        shown.update(finding["rule"] for finding in yaml.safe_load(path.read_text())["findings"])
    assert set(NAMES) - shown == set()


def test_every_rule_is_in_the_docs() -> None:
    text = (ROOT / "docs/validation.md").read_text()
    missing = [rule.name for rule in TABLE if f"| `{rule.name}` | {rule.promise} |" not in text]
    assert missing == []
