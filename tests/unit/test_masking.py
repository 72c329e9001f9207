"""What was hidden is never shown."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from hubfleet.masking import HIDDEN, hide, masked

SECRETS = st.text(st.characters(categories=("L", "N"), codec="ascii"), min_size=8, max_size=40).map(lambda s: "§" + s)


@given(st.text(), SECRETS, st.text())
def test_a_hidden_value_never_comes_through(before: str, secret: str, after: str) -> None:
    hide(secret)
    assert secret not in masked(before + secret + after)


def test_its_base64_form_is_hidden_too() -> None:
    hide("s3cret-value-one")
    encoded = base64.b64encode(b"s3cret-value-one").decode()
    assert masked(f"data: {encoded}") == f"data: {HIDDEN}"


def test_each_line_of_a_key_is_hidden() -> None:
    hide("-----BEGIN KEY-----\nabcdefabcdef\n-----END KEY-----")
    assert "abcdefabcdef" not in masked("log: abcdefabcdef")


def test_short_values_do_not_hide_everything() -> None:
    hide("1", "ab")
    assert masked("1 cab 1") == "1 cab 1"
