"""Reading YAML: the same data as PyYAML, the right lines, and nothing that hides or surprises."""

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.document import load_yaml, parse_yaml

EXAMPLE = b"""\
# a comment
name: west
hubs:
  - name: college
    values: [a.yaml,
             b.yaml]
  - {name: lab, domain: lab.example.org}
"""


def findings(raw: bytes):
    with pytest.raises(InvalidConfiguration) as caught:
        parse_yaml(raw, "f.yaml")
    return caught.value.findings


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("hubs",), 3),
        (("hubs", 0), 4),
        (("hubs", 0, "values", 1), 6),
        (("hubs", 1, "domain"), 7),
        (("hubs", 1, "missing", "deeper"), 7),
        (("hubs", 9), 3),
        (("nothing",), 1),
        ((), 1),
    ],
)
def test_each_key_has_its_line_and_a_missing_one_its_parents(path, line):
    assert parse_yaml(EXAMPLE, "f.yaml").line_of(path) == line


@pytest.mark.parametrize(
    ("raw", "rule", "line", "word"),
    [
        (b"a: 1\nb: 2\na: 3\n", "duplicate-key", 3, "line 1"),
        (b"a:\n  'b': 1\n  b: 2\n", "duplicate-key", 3, "'b'"),
        (b"a: &x 1\n", "yaml-anchor", 1, "&x"),
        (b"a: &x 1\nb: *x\n", "yaml-anchor", 2, "*x"),
        (b"a: 1\n<<: {b: 2}\n", "yaml-merge-key", 2, "<<"),
        (b"a:\n\tb: 1\n", "yaml-tab", 2, "tab"),
        (b"a: 1\n---\nb: 2\n", "yaml-documents", 2, "several documents"),
        (b"a: b: c\n", "yaml-syntax", 1, "second ':'"),
        (b"a: 'open\n", "yaml-syntax", 1, "quote"),
        (b"8080: a\n", "key-not-text", 1, "8080"),
        (b"on: a\n", "key-not-text", 1, "on"),
        (b"? [a]\n: 1\n", "key-not-text", 1, "must be text"),
        (b"a: !!python/object/apply:os.system [ls]\n", "yaml-tag", 1, "!!python"),
        (b"a: !secret x\n", "yaml-tag", 1, "!secret"),
        (b"a: =\n", "yaml-tag", 1, "="),
        (b"a: !!int x\n", "yaml-tag", 1, "x"),
        (b"", "empty-file", 0, "says nothing"),
        (b"# only a comment\n", "empty-file", 0, "says nothing"),
        (b"- a\n- b\n", "not-a-mapping", 1, "mapping"),
        (b"just words\n", "not-a-mapping", 1, "mapping"),
        (b"\xef\xbb\xbfa: 1\n", "encoding", 0, "byte order mark"),
        ("a: 1\n".encode("utf-16"), "encoding", 0, "byte order mark"),
        (b"a: 1\nb: caf\xe9\n", "encoding", 2, "UTF-8"),
        (b"a: \x00\n", "yaml-syntax", 0, "not YAML"),
        (b"a: " + b"[" * 300 + b"]" * 300, "yaml-too-deep", 1, "levels deep"),
        (b"a: " + b"[" * 200_000, "yaml-too-deep", 1, "levels deep"),
        (b"a:\n  " + b"- " * 50_000, "yaml-too-deep", 2, "levels deep"),
        (b"a:\n" + b"".join(b" " * each + b"b:\n" for each in range(1, 900)), "yaml-too-deep", 101, "levels deep"),
        (b"a: " + b"x" * (1 << 20), "file-too-large", 0, "1024 KiB"),
    ],
)
def test_what_is_refused(raw, rule, line, word):
    first = findings(raw)[-1 if rule == "yaml-anchor" else 0]
    assert (first.rule, first.severity) == (rule, "error")
    assert first.line == line
    assert word in first.message


@pytest.mark.parametrize(
    "written",
    ["12:30", "12:30:45", "1:30.5", "y", "N", "0o17", "1e3", "1.0e3", "0789", "012345678901", ".inf", ".NaN", "1" * 17],
)
def test_what_helm_and_pyyaml_read_differently_must_be_quoted(written):
    (only,) = findings(f"a: {written}\n".encode())
    assert (only.rule, only.path, only.line) == ("ambiguous-value", "a", 1)
    assert parse_yaml(f'a: "{written}"\n'.encode(), "f.yaml").data == {"a": written}


@pytest.mark.parametrize(("written", "value"), [("no", False), ("On", True), ("YES", True), ("0123", 83)])
def test_what_may_be_meant_otherwise_is_a_warning(written, value):
    document = parse_yaml(f"a:\n  b: {written}\n".encode(), "f.yaml")
    assert document.data == {"a": {"b": value}}
    (warning,) = document.warnings
    assert (warning.severity, warning.line, warning.path) == ("warning", 2, "a.b")


def test_file_modes_and_quoted_words_are_no_surprise():
    raw = b"mode: 0644\ndefaultMode: 0600\nenabled: true\na: 'no'\nb: \"12:30\"\nc: |\n  no\n"
    assert parse_yaml(raw, "f.yaml").warnings == ()


def test_dates_stay_as_written():
    assert parse_yaml(b"until: 2026-12-01\nat: 2026-12-01T10:00:00Z\n", "f.yaml").data == {
        "until": "2026-12-01",
        "at": "2026-12-01T10:00:00Z",
    }


def test_all_mistakes_of_a_file_at_once_in_order():
    found = findings(b"a: 12:30\nb: 1\nb: 2\n1: x\nc: !x y\n")
    assert [each.line for each in found] == [1, 3, 4, 5]


def test_billion_laughs_is_refused_before_it_grows():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefghi", "bcdefghij", strict=True)]
    started = time.monotonic()
    assert {each.rule for each in findings("\n".join(lines).encode())} == {"yaml-anchor"}
    assert time.monotonic() - started < 1


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "no.yaml", tmp_path):
        with pytest.raises(InvalidConfiguration) as caught:
            load_yaml(path, tmp_path.parent)
        assert caught.value.findings[0].rule == "unreadable-file"


def test_a_document_is_named_relative_to_the_repository(tmp_path):
    (tmp_path / "f.yaml").write_text("a: 1")
    assert load_yaml(tmp_path / "f.yaml", tmp_path).file == "f.yaml"


class _WithoutDates(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader, for which dates are text: the one in C where it is, which takes a tab for a space."""


_WithoutDates.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_SCALARS = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12),
    st.from_regex(r"[-+]?[0-9._:eEoxXb]{1,8}", fullmatch=True),
    st.sampled_from(["yes", "no", "null", "~", "2026-01-01", "2026-01-01 10:00:00", ".5", "0x1f", "<<", "*a", "&a b"]),
)
_PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _SCALARS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_SCALARS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_SCALARS, _PLAIN, min_size=1, max_size=4), st.booleans())
def test_whatever_pyyaml_writes_is_read_alike(data, flow):
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    _assert_like_pyyaml(text)


@given(st.lists(_SCALARS, min_size=1, max_size=6), st.sampled_from(["a: {}", "- {}", "{}: 1", "a:\n  b: {}"]))
@example(["\t"], "a: {}")
@example(["1:2", "0o7", "1_000", "0b1", "1e3", "5.", "+.5"], "a: {}")
def test_whatever_loads_loads_what_pyyaml_loads(words, line):
    _assert_like_pyyaml("\n".join(line.replace("{}", word) for word in words))


def _assert_like_pyyaml(text: str) -> None:
    try:
        document = parse_yaml(text.encode(), "f.yaml")
    except InvalidConfiguration:
        return
    assert document.data == yaml.load(text, Loader=_WithoutDates)  # noqa: S506  (a safe loader)


def test_the_charts_values_are_read(tmp_path):
    root = Path(__file__).parents[3]
    for path in root.glob("helm/*/values.yaml"):
        assert load_yaml(path, root).data
