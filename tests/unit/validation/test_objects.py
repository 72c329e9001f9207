from __future__ import annotations

import pytest

from hubfleet.validation import objects
from hubfleet.validation.objects import ObjectName

TWO = """\
---
# Source: basehub/templates/a.yaml
apiVersion: v1
kind: Secret
metadata: {name: hub}
---
# Source: basehub/templates/b.yaml
apiVersion: v1
kind: PersistentVolume
metadata: {name: homes}
---
# only a comment
"""


def test_objects_go_to_the_release_unless_they_are_of_the_cluster() -> None:
    assert objects.names(TWO, "college") == [
        ObjectName("Secret", "hub", "college"),
        ObjectName("PersistentVolume", "homes", ""),
    ]
    assert objects.of_cluster(objects.names(TWO, "college")) == {ObjectName("PersistentVolume", "homes", "")}


def test_one_twice_and_one_elsewhere() -> None:
    elsewhere = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: spy, namespace: kube-system}\n"
    found = list(objects.troubles(objects.names(TWO + TWO + elsewhere, "college"), "college"))
    assert found == [
        "PersistentVolume homes is rendered 2 times",
        "Secret hub is rendered 2 times",
        "Secret spy is in the namespace kube-system, and not in the hub's own, college",
    ]


def test_equal_names_of_other_kinds_and_groups_are_other_objects() -> None:
    text = "apiVersion: {}\nkind: Ingress\nmetadata: {{name: a}}\n"
    both = text.format("networking.k8s.io/v1") + "---\n" + text.format("extensions/v1")
    assert list(objects.troubles(objects.names(both, "a"), "a")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Source: basehub/templates/x.yaml\na: b: c\n", "the manifest of basehub/templates/x.yaml is not YAML"),
        ("just text\n", "no Kubernetes object"),
        ("kind: Secret\nmetadata: {name: a}\n", "no Kubernetes object"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {}\n", "kind Secret has no name"),
    ],
)
def test_what_is_no_object(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        objects.names(text, "college")
