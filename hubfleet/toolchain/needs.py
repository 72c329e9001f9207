"""What the files of clusters need of a machine, beyond deploying: who works on others needs none of it."""

from __future__ import annotations

from collections.abc import Sequence

from hubfleet.fleet import Cluster
from hubfleet.fleet.support import SECRETS as SUPPORT_SECRETS

_SHOWN = 3


def of_files(clusters: Sequence[Cluster]) -> dict[str, tuple[str, ...]]:
    """The tools that the clusters' files need, each with why, such as `secrets of gcp-west, gcp-east`."""
    found: dict[str, tuple[str, ...]] = {}
    for what, names, tools in (
        ("secrets", [each.name for each in clusters if _has_secrets(each)], ("sops", "age")),
        ("archives", [each.name for each in clusters if each.archive and each.archive.recipients], ("age",)),
        ("infrastructure", [each.name for each in clusters if each.infrastructure], ("terraform",)),
    ):
        for tool in tools if names else ():
            found[tool] = (*found.get(tool, ()), _of(what, names))
    return found


def _of(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{what} of {', '.join(names[:_SHOWN])}{more}"


def _has_secrets(cluster: Cluster) -> bool:
    hubs = [each for each in cluster.hubs if each.state != "retired"]
    return bool(cluster.secrets or any(each.secrets for each in hubs) or (cluster.folder / SUPPORT_SECRETS).is_file())
