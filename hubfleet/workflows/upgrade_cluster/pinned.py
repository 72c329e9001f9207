"""The version that cluster.yaml pins for terraform: it follows, so that `infra-plan` sees no difference."""

from __future__ import annotations

from pathlib import Path

from hubfleet.clouds import numbers
from hubfleet.fleet import Cluster
from hubfleet.fleet.edit import set_value
from hubfleet.fleet.rewrite import Rewrite

_KEY = "kubernetes_version"
_PARTS = 3


def pin(root: Path, cluster: Cluster, to: str) -> Rewrite | None:
    """cluster.yaml with the new version; None where it pins none, or this one. `1.33` becomes `1.34`, not `1.34.2`."""
    written = cluster.infrastructure.get(_KEY)
    if written is None:
        return None
    name = cluster.at.file
    before = (root / name).read_bytes()
    after = set_value(before, ("infrastructure", _KEY), like(str(written), to), name)
    return None if after is before else Rewrite(name, before, after)


def like(written: str, to: str) -> str:
    """The new version with as many parts as the old one was written with."""
    parts = len(numbers.key(written))
    if parts > _PARTS:
        return to
    return ".".join(str(each) for each in numbers.key(to)[:parts])
