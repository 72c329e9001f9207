"""Near-miss names."""

import pytest

from hubfleet.fleet.names import did_you_mean, nearest


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("colege", ["college", "lab"], "college"),
        ("College", ["college", "lab"], "college"),
        ("use-case", ["use_case", "stage"], "use_case"),
        ("zzz", ["college", "lab"], None),
    ],
)
def test_nearest(typed, known, meant):
    assert nearest(typed, known) == meant


def test_few_names_are_listed_when_none_is_near_and_many_are_not():
    assert did_you_mean("zzz", ["lab", "college"]) == "known: college, lab"
    assert did_you_mean("zzz", [f"hub-{number}" for number in range(30)]) == ""
    assert did_you_mean("zzz", []) == ""
