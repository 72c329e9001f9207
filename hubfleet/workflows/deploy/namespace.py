"""Namespaces that a deploy needs: hubfleet's own for locks and journals, and the hub's."""

from __future__ import annotations

from hubfleet.runs.lock import NAMESPACE
from hubfleet.tools.kubernetes import Conflict, Kube


def ensure_own(kube: Kube) -> None:
    """Make the namespace that holds locks and journals, where it is not there yet."""
    ensure(kube, NAMESPACE)


def ensure(kube: Kube, name: str) -> None:
    """Make a namespace where it is not there yet. Two at once are fine."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    try:
        with kube.errors(f"make namespace {name}"):
            kube.raise_for(kube.http.post("/api/v1/namespaces", json=body))
    except Conflict:
        return
