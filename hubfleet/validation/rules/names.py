"""Names: of clusters, hubs and namespaces."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from hubfleet.fleet.names import did_you_mean
from hubfleet.validation.tree import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import ClusterFolder, HubEntry, Tree

_PROVIDERS = {"gcp", "aws", "azure", "local", "kubeconfig"}
_RESERVED = {"default", "kube-system", "kube-public", "kube-node-lease", "support"}


def other_provider(tree: Tree) -> Iterator[Finding]:
    """A cluster has the section of its own provider and of no other."""
    for cluster in tree.clusters:
        provider = cluster.document.data.get("provider")
        others = sorted(_PROVIDERS & cluster.document.data.keys()) if isinstance(provider, str) else []
        for other in (each for each in others if each != provider):
            yield cluster.finding((other,), f"the provider is {provider}: this section counts for nothing", "remove it")


def same_kubernetes(tree: Tree) -> Iterator[Finding]:
    """Two clusters of the fleet are not the same Kubernetes: they would undo each other's work."""
    first: dict[str, ClusterFolder] = {}
    for cluster in tree.clusters:
        provider = cluster.document.data.get("provider")
        section = cluster.document.data.get(provider) if isinstance(provider, str) else None
        if not isinstance(section, dict) or provider == "local":
            continue
        other = first.setdefault(f"{provider} {sorted(section.items(), key=str)}", cluster)
        if other is not cluster:
            message = f"this is the Kubernetes of cluster {other.name}"
            yield cluster.finding((str(provider),), message, "correct it, or keep both clusters' hubs in one file")


def unique_namespace(tree: Tree) -> Iterator[Finding]:
    """A namespace holds one hub: hubs in one namespace would share Secrets and delete each other's objects."""
    for cluster in tree.clusters:
        seen: dict[str, HubEntry] = {}
        for hub in cluster.hubs:
            other = seen.setdefault(hub.namespace, hub) if hub.namespace else hub
            if other is not hub and other.name != hub.name:
                path = ("namespace",) if hub.text("namespace") else ("name",)
                yield hub.finding(path, f"the namespace {hub.namespace} is the one of hub {other.name}")


def reserved_namespace(tree: Tree) -> Iterator[Finding]:
    """A hub lives in a namespace of its own, not in one of Kubernetes or of the cluster's support."""
    for hub in tree.hubs:
        if hub.namespace in _RESERVED or hub.namespace.startswith("kube-"):
            path = ("namespace",) if hub.text("namespace") else ("name",)
            yield hub.finding(path, f"the namespace {hub.namespace} is not for hubs", "choose another name")


def stage_known(tree: Tree) -> Iterator[Finding]:
    """A hub's stage is one of fleet.yaml's."""
    stages = tree.settings.data.get("stages") if tree.settings else None
    if not isinstance(stages, list):
        return
    for hub in tree.hubs:
        stage = hub.text("stage")
        if stage and stage not in stages:
            hint = did_you_mean(stage, [str(each) for each in stages])
            yield hub.finding(("stage",), f"fleet.yaml has no stage {stage}", hint)


def chart_pin(tree: Tree) -> Iterator[Finding]:
    """Where the chart comes from is complete: upstream has a repository, a path exists."""
    documents = [tree.settings, *(cluster.document for cluster in tree.clusters)]
    for document, name in product(documents, ("jupyterhub", "jupyterhub-home-nfs")):
        chart = (document.data.get("charts") or {}) if document else {}
        chart = chart.get(name) if isinstance(chart, dict) else None
        source = chart.get("source") if isinstance(chart, dict) else None
        if document is None or not isinstance(chart, dict) or not isinstance(source, str):
            continue
        path = ("charts", name, "source")
        if source == "upstream" and document is tree.settings and not chart.get("repository"):
            yield finding(document, path, "upstream needs a repository", f"add charts.{name}.repository")
        elif source not in {"upstream", "embedded"} and not (tree.root / source).exists():
            hint = did_you_mean(source, ["upstream", "embedded"]) if re.fullmatch(r"\w+", source) else ""
            yield finding(document, path, f"there is no chart at {source}", hint)
