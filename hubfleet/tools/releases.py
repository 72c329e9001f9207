"""Helm's releases as Kubernetes stores them: one Secret per revision, its facts in labels.

One metadata call answers for a whole cluster (65 revisions: 42 KB, 9 ms), where `helm list -A` takes 240 ms and leaves
out our labels. The storage format is helm's own (https://helm.sh/docs/topics/advanced/#storage-backends): base64 of
gzip of JSON, in the key `release`.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubfleet.tools.kubernetes import Kube, NotFound

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
PREFIX = "hubfleet.io/"


@dataclass(frozen=True)
class Release:
    """The newest revision of a release.

    Args:
        namespace, name: which release.
        revision: helm's number, from 1.
        status: helm's word: deployed, failed, pending-install, pending-upgrade, pending-rollback, uninstalling.
        created: when the revision was made, ISO 8601, UTC; empty when not known.
        labels: those that hubfleet set, without prefix. Helm copies them into later revisions, so they count
            only together with the revision that they name.
        good: the revision that a rollback goes to: the newest that was live and is not one of ours that never passed
            its health check; where all are, the newest that was live; 0 when none was.
        good_labels: those of that revision that are bound to it; empty where it is not ours, or never passed.
    """

    namespace: str
    name: str
    revision: int
    status: str
    created: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    good: int = 0
    good_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What hubfleet deployed as this very revision; empty when this revision is not hubfleet's."""
        return self.labels.get("digest", "") if self.labels.get("revision") == str(self.revision) else ""

    @property
    def verified(self) -> bool:
        """Whether this very revision passed its health check."""
        return self.labels.get("verified") == str(self.revision)

    @property
    def pending(self) -> bool:
        """Whether helm was cut short, or is at work right now."""
        return self.status.startswith("pending-") or self.status == "uninstalling"


def releases(kube: Kube) -> dict[tuple[str, str], Release]:
    """The newest revision of every release of a cluster, by (namespace, name). One call."""
    found = kube.list_json(
        "/api/v1/secrets", "list the helm releases", accept=METADATA_ONLY, labelSelector="owner=helm"
    )  # fmt: skip
    return newest([item["metadata"] for item in found])


def release(kube: Kube, namespace: str, name: str) -> Release | None:
    """The newest revision of one release; None when it is not installed."""
    path = f"/api/v1/namespaces/{namespace}/secrets"
    selector = f"owner=helm,name={name}"
    found = kube.list_json(path, f"read release {namespace}/{name}", accept=METADATA_ONLY, labelSelector=selector)
    return newest([item["metadata"] for item in found]).get((namespace, name))


def newest(items: list[Mapping[str, Any]]) -> dict[tuple[str, str], Release]:
    """The newest revision of each release among the metadata of helm's Secrets."""
    by_release: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in items:
        by_release.setdefault((item["namespace"], item["labels"]["name"]), []).append(item)
    return {key: _newest_of(key, revisions) for key, revisions in by_release.items()}


def manifest(kube: Kube, namespace: str, name: str, revision: int) -> str:
    """The objects that a revision is made of, as YAML, without hooks; empty when it is not stored."""
    return str(content(kube, namespace, name, revision).get("manifest", ""))


def stored_values(kube: Kube, namespace: str, name: str, revision: int) -> dict[str, Any]:
    """The values that a revision was given, without the chart's defaults. They hold secrets."""
    values = content(kube, namespace, name, revision).get("config")
    return values if isinstance(values, dict) else {}


def mark(kube: Kube, found: Release, at: int, /, **labels: str) -> None:
    """Set labels of ours on a stored revision; they are bound to it by naming it."""
    body = {"metadata": {"labels": {PREFIX + name: value for name, value in labels.items()}}}
    path = f"/api/v1/namespaces/{found.namespace}/secrets/{_secret_name(found.name, at)}"
    with kube.errors(f"mark release {found.namespace}/{found.name} revision {at}"):
        headers = {"Content-Type": "application/merge-patch+json"}
        kube.raise_for(kube.http.patch(path, content=json.dumps(body), headers=headers))


def _newest_of(key: tuple[str, str], revisions: list[Mapping[str, Any]]) -> Release:
    def number(item: Mapping[str, Any]) -> int:
        return int(item["labels"]["version"])

    last = max(revisions, key=number)
    status = str(last["labels"].get("status", "unknown"))
    # helm copies its own times into later revisions, as it does with labels
    created = str(last.get("creationTimestamp") or "")
    good, labels = _good(revisions)
    return Release(*key, number(last), status, created, _ours(last), good, labels)


def _good(revisions: Sequence[Mapping[str, Any]]) -> tuple[int, dict[str, str]]:
    """Number and labels of the revision that a rollback goes to."""
    live = [
        (int(item["labels"]["version"]), _ours(item))
        for item in revisions
        if item["labels"].get("status") in ("deployed", "superseded")
    ]
    failed = [number for number, ours in live if ours.get("revision") == str(number) != ours.get("verified")]
    best = max((number for number, _ in live if number not in failed), default=max(failed, default=0))
    ours = next((ours for number, ours in live if number == best), {})
    return best, ours if ours.get("verified") == str(best) else {}


def _ours(item: Mapping[str, Any]) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in item["labels"].items() if name.startswith(PREFIX)}


def content(kube: Kube, namespace: str, name: str, revision: int) -> dict[str, Any]:
    """All that helm stored of a revision: chart, values, manifest. It holds secrets. Empty when it is not stored."""
    try:
        stored = kube.get_secret(namespace, _secret_name(name, revision)).get("release", "")
    except NotFound:
        return {}
    payload = json.loads(gzip.decompress(base64.b64decode(stored)))
    return payload if isinstance(payload, dict) else {}


def _secret_name(name: str, revision: int) -> str:
    return f"sh.helm.release.v1.{name}.v{revision}"
