"""The cluster's copy of a journal stays small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubfleet.runs.mirror import KEPT_RUNS, bounded, surplus


@given(
    st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=50)),
    st.integers(1, 300),
)
def test_whole_lines_and_never_more_than_the_limit(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    kept = bounded(text, limit)
    assert len(kept.encode()) <= limit
    assert kept in (text, "") or all(line in lines for line in kept.split("\n"))


def test_the_oldest_copies_go_first() -> None:
    names = [f"run-20260101-{number:06d}-abc" for number in range(KEPT_RUNS + 2)]
    assert surplus(names) == names[:2]
    assert surplus(names[:KEPT_RUNS]) == []
