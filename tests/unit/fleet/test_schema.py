"""Findings of the schemas, in words for the person who wrote the file."""

import pytest
import yaml

from hubfleet.fleet.document import parse_yaml
from hubfleet.fleet.schema import check, known_keys


def findings(tree, **changes):
    tree.hub.update(changes)
    raw = yaml.safe_dump(tree.data(), sort_keys=False).encode()
    return check(parse_yaml(raw, "cluster.yaml"), "cluster")


def test_a_right_file_has_none(tree):
    assert findings(tree) == []


@pytest.mark.parametrize(
    ("changes", "path", "rule", "words"),
    [
        ({"domian": "x.org"}, "hubs[0].domian", "unknown-key", "unknown key 'domian'"),
        ({"state": "actve"}, "hubs[0].state", "wrong-value", "(did you mean active?)"),
        ({"display_name": 12}, "hubs[0].display_name", "wrong-type", '(quote it: "12")'),
        ({"common_values": "yes"}, "hubs[0].common_values", "wrong-type", "must be true or false, not 'yes'"),
        ({"domain": "https://x.org"}, "hubs[0].domain", "wrong-value", "is not written as it must be"),
        ({"values": "a.yaml"}, "hubs[0].values", "wrong-type", "must be a list, not 'a.yaml'"),
        ({"values": ["a.yaml", "a.yaml"]}, "hubs[0].values", "wrong-value", "in this list twice"),
        ({"access": None}, "hubs[0].access", "wrong-value", "not nothing"),
        ({"homes": {}}, "hubs[0].homes", "missing-key", "the key kind is missing"),
        ({"name": "x" * 50}, "hubs[0].name", "wrong-value", "longer than 40 characters"),
    ],
)
def test_each_mistake_says_what_to_write(tree, changes, path, rule, words):
    (found,) = findings(tree, **changes)
    assert (found.path, found.rule, found.severity) == (path, rule, "error")
    assert words in str(found)
    assert found.line > 1


def test_a_missing_key_that_was_mistyped_names_both(tree):
    tree.hub["stag"] = tree.hub.pop("stage")
    missing, unknown = findings(tree)
    assert "the key stage is missing (is stag meant to be stage?)" in str(missing)
    assert "unknown key 'stag' (did you mean stage?)" in str(unknown)


def test_no_mistake_is_found_twice(tree):
    found = findings(tree, domian="x", stat="x", access="memberz")
    assert len(found) == len(set(found)) == 3


def test_schemas_know_their_keys():
    assert {"name", "provider", "hubs"} <= set(known_keys("cluster"))


def test_an_unknown_key_is_told_with_all_that_are_known(tree):
    (found,) = check(parse_yaml(b"admins: [ada]\nlook: {title: Hub}\nzzz: 1\n", "c.yaml"), "community")
    assert found.hint == f"known: {', '.join(known_keys('community'))}"
    assert {"admins", "look"} <= set(known_keys("community"))


def test_where_there_are_many_it_says_where_all_are(tree):
    (found,) = findings(tree, zzz=1)
    assert found.hint.startswith("known: access, aliases, ")
    assert found.hint.endswith(", …; docs/configuration.md has all")
