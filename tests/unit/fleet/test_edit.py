"""Changing one value of a YAML file: everything else stays, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.errors import HubfleetError, InvalidConfiguration, Refused
from hubfleet.fleet.document import parse_yaml
from hubfleet.fleet.edit import set_value
from hubfleet.fleet.rewrite import Rewrite, rewrite

NAMES = st.text("abcxz", min_size=1, max_size=3)
WORDS = st.text(st.characters(categories=("L", "N", "So"), exclude_characters="\u0085"), max_size=6)
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    st.sampled_from(
        ["4.3.3", "1.34", "1e3", "yes", "null", "0777", "12:30:45", "~", "quay.io/a/b:2026-11-02", "y", "é"]
    ),
    st.integers(-5, 5),
    st.booleans(),
)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[tuple[str, tuple[str | int, ...] | None]], str]:  # noqa: C901
    """A file as pieces; those of single values have their path. And the line break that it uses."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    pieces: list[tuple[str, tuple[str | int, ...] | None]] = []

    def text(more: str) -> None:
        pieces.append((more, None))

    def comment() -> str:
        words = draw(WORDS)
        return draw(st.sampled_from(["", f"  # {words}", f" # a: {words} 'x"]))

    def scalar(path: tuple[str | int, ...]) -> None:
        words = draw(WORDS)
        plain = f"v{words}" if words.isalnum() and words.isascii() else "some words"
        single = words.replace("'", "''")
        pieces.append(
            (draw(st.sampled_from([plain, f"'{single}'", json.dumps(words, ensure_ascii=False), "12"])), path)
        )

    def flow(path: tuple[str | int, ...], depth: int) -> None:
        kind = draw(st.sampled_from(["scalar", "map", "list"] if depth else ["scalar"]))
        if kind == "scalar":
            scalar(path)
            return
        keys: list[Any] = draw(st.lists(NAMES, unique=True, max_size=3))
        text("{" if kind == "map" else "[")
        for place, key in enumerate(keys):
            text(", " if place else "")
            if kind == "map":
                text(f"{key}: ")
            flow((*path, key if kind == "map" else place), depth - 1)
        text("}" if kind == "map" else "]")

    def block(path: tuple[str | int, ...], indent: str, depth: int) -> None:
        for key in draw(st.lists(NAMES, unique=True, min_size=1, max_size=3)):
            text(draw(st.sampled_from(["", newline, f"{indent}# note{newline}"])))
            text(f"{indent}{key}:")
            kind = draw(st.sampled_from(["flow", "map", "list", "literal"] if depth else ["flow"]))
            if kind == "flow":
                text(" ")
                flow((*path, key), 2)
                text(comment() + newline)
            elif kind == "map":
                text(comment() + newline)
                block((*path, key), indent + "  ", depth - 1)
            elif kind == "literal":
                text(f" |{newline}{indent}  line: one{newline}{newline}{indent}  # no comment{newline}")
            else:
                text(newline)
                for place in range(draw(st.integers(1, 2))):
                    text(f"{indent}- ")
                    scalar((*path, key, place))
                    text(comment() + newline)

    block((), "", 3)
    return pieces, newline


@given(files(), VALUES, st.data())
def test_everything_else_is_the_same_byte_for_byte(made: Any, value: Any, data: st.DataObject) -> None:
    pieces, _ = made
    places = [number for number, (_, path) in enumerate(pieces) if path is not None]
    if not places:
        return
    number = data.draw(st.sampled_from(places))
    raw = "".join(text for text, _ in pieces).encode()
    path = pieces[number][1]

    changed = set_value(raw, path, value, "f.yaml")

    before = "".join(text for text, _ in pieces[:number]).encode()
    after = "".join(text for text, _ in pieces[number + 1 :]).encode()
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert len(changed) >= len(before) + len(after)
    found: Any = parse_yaml(changed, "f.yaml").data
    for part in path:
        found = found[part]
    assert found == value
    assert type(found) is type(value)


@given(files(), VALUES)
def test_a_new_key_adds_and_takes_nothing(made: Any, value: Any) -> None:
    pieces, newline = made
    raw = "".join(text for text, _ in pieces).encode()

    changed = set_value(raw, ("new key", "below"), value, "f.yaml")

    before = parse_yaml(raw, "f.yaml").data
    assert parse_yaml(changed, "f.yaml").data == {**before, "new key": {"below": value}}
    lines = changed.decode().split(newline)
    added = [line for line in lines if line.startswith('"new key": ')]
    assert len(added) == 1
    lines.remove(added[0])
    assert newline.join(lines).encode() == raw


CLUSTER = """\
hubs:
  # the first
  - name: college   # a college
    homes: {kind: pvc, quota: 10Gi}    # volumes
    events:
      - {name: exam}
  - name: 'lab'
    chart: "4.3.3"  # stays
    image:
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("hubs", 1, "chart"), "4.4.0", '"4.3.3"', '"4.4.0"'),
        (("hubs", 1, "name"), "it's", "'lab'", "'it''s'"),
        (("hubs", 0, "homes", "quota"), "5Gi", "quota: 10Gi", "quota: 5Gi"),
        (("hubs", 0, "homes", "class"), "fast", "10Gi}", "10Gi, class: fast}"),
        (("hubs", 0, "chart"), "4.4.0", "# volumes\n", "# volumes\n    chart: 4.4.0\n"),
        (("hubs", 0, "chart"), "4.4", "# volumes\n", '# volumes\n    chart: "4.4"\n'),
        (("hubs", 1, "image", "tag"), "x", "image:", "image: {tag: x}"),
        (("name",), "west", "hubs:\n", "name: west\nhubs:\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_as_a_person_would(path: Any, value: str, old: str, new: str, newline: str) -> None:
    text, old, new = (each.replace("\n", newline) for each in (CLUSTER, old, new))

    changed = set_value(text.encode(), path, value, "cluster.yaml").decode()

    assert changed == text.replace(old, new, 1)


def test_what_is_so_already_is_the_same_object() -> None:
    raw = CLUSTER.encode()
    assert set_value(raw, ("hubs", 1, "chart"), "4.3.3", "f") is raw


def test_last_line_without_an_end() -> None:
    assert set_value(b"a: 1", ("b",), "x", "f") == b"a: 1\nb: x"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: {b: 1}", ("a",)),
        ("a: [1]", ("a", 1)),
        ("a: [1]", ("a", "b")),
        ("a: |\n  text\n", ("a",)),
        ("a: text\n", ("a", "b")),
    ],
)
def test_what_is_no_single_value_is_refused(text: str, path: Any) -> None:
    with pytest.raises(HubfleetError, match="can not be changed without a person") as caught:
        set_value(text.encode(), path, "x", "f.yaml")
    assert caught.value.next_step == "edit f.yaml"


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "a: [\n"])
def test_anchors_and_broken_files_are_refused(text: str) -> None:
    with pytest.raises(InvalidConfiguration):
        set_value(text.encode(), ("a",), "x", "f.yaml")


def test_a_line_break_in_a_value_keeps_its_meaning() -> None:
    assert parse_yaml(set_value(b"a: 'b'\n", ("a",), "x\ty", "f"), "f").data == {"a": "x\ty"}


def test_rewritten_file_keeps_its_mode_and_leaves_nothing_beside(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\n")
    file.chmod(0o640)
    change = Rewrite("a.yaml", b"a: 1\n", b"a: 2\n")

    rewrite(tmp_path, change)

    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"a: 2\n", 0o640)
    assert list(tmp_path.iterdir()) == [file]
    assert "-a: 1\n+a: 2\n" in change.diff
    rewrite(tmp_path, change.reverse)
    assert file.read_bytes() == b"a: 1\n"


def test_somebodys_newer_text_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 3\n")

    with pytest.raises(Refused, match="has changed meanwhile"):
        rewrite(tmp_path, Rewrite("a.yaml", b"a: 1\n", b"a: 2\n"))
    assert (tmp_path / "a.yaml").read_bytes() == b"a: 3\n"


def test_file_that_can_not_be_written_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hubfleet.fleet.rewrite.os.fsync", full)
    with pytest.raises(HubfleetError, match="can not be written") as caught:
        rewrite(tmp_path, Rewrite("a.yaml", b"a: 1\n", b"a: 2\n"))
    assert "No space left" in caught.value.evidence
    assert [each.name for each in tmp_path.iterdir()] == ["a.yaml"]
    assert (tmp_path / "a.yaml").read_bytes() == b"a: 1\n"
