"""A text that is no YAML: what is said, and the line that a person has to change."""

import pytest

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.document import parse_yaml


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nbad: [\n", 2, "a `[` in line 2 is not closed"),
        ("a: 1\nbad: {\n", 2, "a `{` in line 2 is not closed"),
        ("bad: [\nhubs:\n  - name: x\n    domain: y\n", 1, "a `[` in line 1 is not closed"),
        ("a: [1, 2\nb: 3\n", 1, "a `[` in line 1 is not closed"),
        ("x: [\n  {a: 1},\n  {b: 2\n]\nc: 1\n", 3, "a `{` in line 3 is not closed"),
        ("a: 1\nb: [1}\n", 2, "a `[` in line 2 is not closed"),
        ("a: [\n  {b: 1}\n  {c: 2}\n]\n", 3, "a comma is missing between the entries of the `[` in line 1"),
        ("a: [x: y: z]\n", 1, "a comma is missing"),
        ("a: 1\nb: ]\n", 2, "a `]` closes nothing that is open"),
        ("a: {b: 1}}\nc: 1\n", 1, "a `}` closes nothing that is open"),
        ("a: 1\nb: 'open\nc: 2\n", 2, "the quote that opens here is not closed"),
        ('a: 1\nb: "open\nc: 2\n', 2, "the quote that opens here is not closed"),
        ("a: 1\nb: 'it's'\n", 2, "a ' ends the text, and more follows it"),
        ("a: |\n    x\n\n  y\nb: 1\n", 4, "less than the first of the text that begins in line 1"),
        ("a:\n  b: >-  # why\n      x\n    y\n", 4, "less than the first of the text that begins in line 2"),
        ("a:\n  - |\n      x\n     y\n  - z\n", 4, "less than the first of the text that begins in line 2"),
        ("a:\n  b: 1\n c: 2\n", 3, "this line fits no column of the mapping which begins in line 1"),
        ("a:\n  b: 1\n    c: 2\n", 3, "deeper than the one above, which has its value already"),
        ("a:\n  - b\n  c: 2\n", 3, "this line is no entry of the list which begins in line 2"),
        ("word\nb: 1\n", 2, "the line above has no ':'"),
        ("a: 1\nb\n", 2, "a ':' is missing after this key"),
        ("a: Example: College\n", 1, "a second ':' on one line"),
        ("a: @x\n", 1, "a text can not begin with @"),
    ],
)
def test_the_mistake_in_words_at_its_line(text, line, says):
    with pytest.raises(InvalidConfiguration) as caught:
        parse_yaml(text.encode(), "f.yaml")
    (found,) = caught.value.findings
    assert (found.line, found.rule) == (line, "yaml-syntax")
    assert says in found.message


def test_a_bracket_in_a_text_or_comment_is_no_bracket():
    with pytest.raises(InvalidConfiguration) as caught:
        parse_yaml(b"# [\na: '['\nb: {c: 1\n", "f.yaml")
    assert caught.value.findings[0].line == 3
