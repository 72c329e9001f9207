"""Debian's mirrors are the ones that apt uses, and only Debian's."""

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.images.mirrors import Mirror, mirrors, parse_targets, sources_list


def test_debians_own_suites_are_taken_and_others_are_not(programs):
    found = mirrors("bookworm", programs)
    assert found == (
        Mirror("bookworm", "http://mirror.example.org/debian"),
        Mirror("bookworm-security", "http://mirror.example.org/debian-security"),
        Mirror("bookworm-updates", "http://mirror.example.org/debian"),
    )
    assert sources_list(found).splitlines()[0] == "deb http://mirror.example.org/debian bookworm main"


def test_a_suite_that_apt_lists_twice_is_taken_once():
    line = "Debian|bookworm|main|http://a/\n"
    assert parse_targets(line * 2, "bookworm") == (Mirror("bookworm", "http://a"),)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Debian|trixie|main|http://a/\n",
        "Ubuntu|noble|main|http://a/\n",
        "|||\n",
        "Debian|bookworm-security|main|http://a/",
    ],
)
def test_a_machine_without_that_release_is_told_what_to_do(programs, said):
    programs.targets = said
    with pytest.raises(HubfleetError, match="no mirror of Debian bookworm") as caught:
        mirrors("bookworm", programs)
    assert "apt-get update" in caught.value.next_step
