"""What a deploy changes: two sets of Kubernetes objects compared, secrets masked, disruption named.

Everything here is pure: manifests in, changes out.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hubfleet.workflows.deploy.shown import secret_as_shown

Objects = dict[str, dict[str, Any]]
# A restart of these interrupts people who are working; a restart of the hub does not
# (https://z2jh.jupyter.org/en/stable/administrator/upgrading.html).
# While the server of homes restarts, every notebook that reads or writes a file waits.
_DISRUPTIVE = (
    "Deployment/proxy", "Deployment/autohttps", "Deployment/home-nfs", "Ingress/", "PersistentVolumeClaim/",
    "Service/proxy-public", "Service/homes-server",
)  # fmt: skip
# Where these differ, users' servers may come out differently.
_SPAWNING = (
    ("singleuser",),
    ("custom",),
    ("scheduling",),
    ("hub", "image"),
    ("hub", "extraConfig"),
    ("hub", "extraFiles"),
)
_SPAWNER_CLASSES = ("KubeSpawner", "Spawner", "JupyterHub")


@dataclass(frozen=True)
class Change:
    """One object that differs.

    Args:
        action: what happens to it.
        name: kind and name, such as `Deployment/hub`.
        diff: a unified diff of it as YAML, secrets masked.
        disrupts: whether people who are working are interrupted.
    """

    action: Literal["create", "change", "delete"]
    name: str
    diff: str
    disrupts: bool


def objects(manifest: str) -> Objects:
    """The objects of a manifest, by `Kind/name`; what has no kind is left out."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Objects = {}
    for document in yaml.load_all(manifest, Loader=loader):
        if isinstance(document, dict) and document.get("kind"):
            found[f"{document['kind']}/{document['metadata']['name']}"] = document
    return found


def compare(before: Objects, after: Objects, hidden: frozenset[tuple[str, ...]] = frozenset()) -> tuple[Change, ...]:
    """What has to happen so that `before` becomes `after`, sorted by name.

    Args:
        before: the objects as they are.
        after: the objects as they will be.
        hidden: paths of values that secret files set.
    """
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        action: Literal["create", "change", "delete"] = (
            "create" if old is None else "delete" if new is None else "change"
        )
        text = _diff(name, old, new, hidden)
        if text:
            disrupts = action != "create" and _restarts(name, old, new)
            changes.append(Change(action, name, text, disrupts))
    return tuple(changes)


def moved_volumes(before: Objects, after: Objects) -> tuple[str, ...]:
    """Volumes that would be another disk or another share than now, where the files of the old one would be missing.

    Kubernetes refuses such a change too, but in the middle of an upgrade, and not in words.
    """
    kinds = (name for name in sorted(before.keys() & after.keys()) if name.startswith("PersistentVolume/"))
    return tuple(name for name in kinds if _source(before[name]) != _source(after[name]))


def _source(volume: Mapping[str, Any]) -> tuple[Any, Any]:
    """What a volume is in the world outside: the disk, or the share."""
    spec = volume.get("spec", {})
    return (spec.get("csi") or {}).get("volumeHandle"), spec.get("nfs")


def spawning_differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether users' servers may come out differently: then only a real spawn proves anything.

    Args:
        before: the values that the release was given; empty: it was not installed.
        after: the values that it is given now.
    """
    paths = [*_SPAWNING, *(("hub", "config", name) for name in _SPAWNER_CLASSES)]
    return any(_at(before, ("jupyterhub", *path)) != _at(after, ("jupyterhub", *path)) for path in paths)


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _restarts(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    if not name.startswith(_DISRUPTIVE):
        return False
    if name.startswith("Deployment/") and old and new:
        return bool(old["spec"].get("template") != new["spec"].get("template"))
    return True


def _diff(
    name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, hidden: frozenset[tuple[str, ...]]
) -> str:
    lines = difflib.unified_diff(
        _lines(old, new, hidden), _lines(new, None, hidden), f"now: {name}", f"then: {name}", n=2, lineterm=""
    )
    return "\n".join(lines)


def _lines(
    item: Mapping[str, Any] | None, newer: Mapping[str, Any] | None, hidden: frozenset[tuple[str, ...]]
) -> list[str]:
    if item is None:
        return []
    shown = secret_as_shown(item, newer, hidden) if item.get("kind") == "Secret" else item
    return _yaml(shown).splitlines()


def _yaml(item: Mapping[str, Any]) -> str:
    """As people write it: a text of several lines stands in several lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return yaml.dump(item, Dumper=Dumper, sort_keys=True, default_flow_style=False, width=200, allow_unicode=True)
