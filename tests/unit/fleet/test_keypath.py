"""Key paths as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.errors import WrongUsage
from hubfleet.fleet.keypath import dotted, parse


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("hubs", 0, "domain"), "hubs[0].domain"),
        (("hub", "extraFiles", "a.txt"), 'hub.extraFiles["a.txt"]'),
        (("a b", 'say "hi"', "back\\slash"), '["a b"]["say \\"hi\\""].back\\slash'),
        ((), ""),
    ],
)
def test_a_path_is_written_so_that_it_can_be_read_again(path, text):
    assert dotted(path) == text
    assert parse(text) == path


@given(st.lists(st.one_of(st.text(max_size=6), st.integers(0, 99)), max_size=5).map(tuple))
def test_any_path_survives(path):
    assert parse(dotted(path)) == path


@pytest.mark.parametrize("text", [".a", "a..b", "a[", "a[x]", 'a["b', "a b", "a."])
def test_what_is_no_path_is_wrong_usage(text):
    with pytest.raises(WrongUsage) as caught:
        parse(text)
    assert "singleuser.memory.limit" in caught.value.next_step
