"""Merging by helm's rules, and the origin of every value."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.fleet.document import parse_yaml
from hubfleet.fleet.layers import Layer, layer_of, leaves, lookup, merge, merge_all, origins
from hubfleet.fleet.model import Location


def layer(values, name="f.yaml"):
    return Layer("hub", name, values, lambda path: Location(name, len(path)))


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {"b": None}}, {"a": {"b": None}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": "text"}, {"a": "text"}),
        ({}, {"a": None}, {"a": None}),
    ],
)
def test_maps_merge_and_everything_else_replaces(below, above, merged):
    assert merge(below, above) == merged


KEYS = st.sampled_from("abc")
VALUES = st.recursive(
    st.one_of(st.none(), st.integers(0, 3), st.lists(st.integers(0, 3), max_size=2)),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
LAYERS = st.lists(st.dictionaries(KEYS, VALUES, max_size=3), min_size=1, max_size=5)
MAPS = st.recursive(
    st.just({}), lambda inner: st.dictionaries(KEYS, inner | st.integers(0, 3), max_size=3), max_leaves=6
)


@given(LAYERS)
def test_merging_changes_no_layer(values):
    before = copy.deepcopy(values)
    merge_all(layer(each) for each in values)
    assert values == before


@given(MAPS, MAPS, MAPS)
def test_merging_is_associative_where_maps_meet_maps(one, two, three):
    """Not so where a map stands above something else, which is helm's rule too: there the order counts."""
    shapes = [{path: isinstance(value, dict) for path, value in _all(each)} for each in (one, two, three)]
    if any(a[path] != b[path] for a in shapes for b in shapes for path in a.keys() & b.keys()):
        return
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_an_empty_layer_changes_nothing(values):
    assert merge(values, {}) == values == merge({}, values)


@given(LAYERS, st.lists(KEYS, min_size=1, max_size=3).map(tuple))
def test_the_origin_that_counts_has_the_merged_value(values, path):
    """For any layers and any key: what the origins say counts is what merging gives."""
    layers = [layer(each, f"{index}.yaml") for index, each in enumerate(values)]
    found = origins(layers, path)
    counting = [each for each in found if each.effect != "overridden"]
    try:
        merged = lookup(merge_all(layers), path)
    except KeyError:
        assert all(each.value is None for each in counting)
        return
    assert counting
    assert merge_all(layer({"x": each.value}) for each in counting)["x"] == merged


def test_origins_are_named_lowest_first_with_what_counts():
    layers = [
        layer({"m": {"limit": "1G", "guarantee": "1G"}}, "use-case"),
        layer({"m": None}, "common"),
        layer({"m": {"limit": "2G"}}, "hub"),
    ]
    assert [(each.file, each.value, each.effect) for each in origins(layers, ("m", "limit"))] == [
        ("use-case", "1G", "overridden"),
        ("common", None, "overridden"),
        ("hub", "2G", "counts"),
    ]
    assert [each.effect for each in origins(layers, ("m", "guarantee"))] == ["overridden", "overridden"]


def test_maps_that_count_together_are_merged():
    found = origins([layer({"m": {"a": 1}}), layer({"m": {"b": 2}})], ("m",))
    assert [each.effect for each in found] == ["merged", "merged"]


def test_a_place_in_a_list_has_the_origin_of_its_list():
    layers = [layer({"l": [{"a": 1}, {"a": 2}]}, "low"), layer({"l": [{"a": 3}]}, "high")]
    assert [(each.file, each.value) for each in origins(layers, ("l", 0, "a"))] == [("low", 1), ("high", 3)]
    assert lookup(merge_all(layers), ("l", 0, "a")) == 3


def test_a_layer_knows_the_lines_of_its_document():
    document = parse_yaml(b"reason: x\nvalues:\n  a:\n    b: 1\n", "f.yaml")
    made = layer_of(document, "override", below=("values",))
    assert made.values == {"a": {"b": 1}}
    assert made.locate(("a", "b")) == Location("f.yaml", 4)


def test_leaves_are_all_values_and_empty_maps():
    assert dict(leaves({"a": {"b": 1, "c": {}}, "d": [1], "e": None})) == {
        ("a", "b"): 1,
        ("a", "c"): {},
        ("d",): [1],
        ("e",): None,
    }


def _all(values, path=()):
    yield path, values
    if isinstance(values, dict):
        for key, value in values.items():
            yield from _all(value, (*path, key))
