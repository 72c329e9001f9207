"""What helm rendered, as Kubernetes objects: whole, each once, each where it belongs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# https://kubernetes.io/docs/reference/kubernetes-api: kinds without a namespace that charts make
_OF_CLUSTER = {
    "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "MutatingWebhookConfiguration",
    "Namespace", "Node", "PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    "VolumeAttachment",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class ObjectName:
    """What identifies an object of a cluster; `namespace` is empty for objects of the whole cluster."""

    kind: str
    name: str
    namespace: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def names(manifests: str, namespace: str) -> list[ObjectName]:
    """The objects of rendered manifests; those that name no namespace go to the release's.

    Raises:
        ValueError: the text is no YAML, or a document is no object; says which template.
    """
    try:
        documents = [each for each in yaml.load_all(manifests, Loader=_LOADER) if each is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        source = _source(manifests, mark.line) if mark else ""
        raise ValueError(f"the manifest{source} is not YAML: {getattr(error, 'problem', error)}") from None
    return [_name(document, namespace) for document in documents]


def troubles(objects: Iterable[ObjectName], namespace: str) -> Iterator[str]:
    """What is wrong with the objects of one hub."""
    counted = Counter(objects)
    for each, times in sorted(counted.items()):
        if times > 1:
            yield f"{each} is rendered {times} times"
        if each.namespace and each.namespace != namespace:
            yield f"{each} is in the namespace {each.namespace}, and not in the hub's own, {namespace}"


def of_cluster(objects: Iterable[ObjectName]) -> set[ObjectName]:
    """The objects that have no namespace: two hubs of a cluster must not have one of the same name."""
    return {each for each in objects if not each.namespace}


def _name(document: Any, namespace: str) -> ObjectName:
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(document.get(key), str) for key in ("apiVersion", "kind")):
        raise ValueError("a manifest is no Kubernetes object: it needs apiVersion, kind and metadata")
    kind, name = str(document["kind"]), str(metadata.get("name") or metadata.get("generateName") or "")
    if not name:
        raise ValueError(f"a manifest of kind {kind} has no name")
    group = str(document["apiVersion"]).rpartition("/")[0]
    return ObjectName(kind, name, "" if kind in _OF_CLUSTER else str(metadata.get("namespace") or namespace), group)


def _source(manifests: str, line: int) -> str:
    """The template that a line comes from, as helm notes it above each manifest."""
    above = [each for each in manifests.splitlines()[: line + 1] if each.startswith("# Source: ")]
    return f" of {above[-1].removeprefix('# Source: ')}" if above else ""
