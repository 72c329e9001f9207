"""What a deploy changes: two sets of Kubernetes objects compared, secrets masked, disruption named.

Everything here is pure: manifests in, changes out.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Objects = dict[str, dict[str, Any]]
# A restart of these interrupts people who are working; a restart of the hub does not
# (https://z2jh.jupyter.org/en/stable/administrator/upgrading.html).
_DISRUPTIVE = ("Deployment/proxy", "Deployment/autohttps", "Ingress/", "PersistentVolumeClaim/", "Service/proxy-public")
_SPAWNER_KEYS = ("image", "storage", "profile", "spawner", "singleuser")


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


def compare(before: Objects, after: Objects) -> tuple[Change, ...]:
    """What has to happen so that `before` becomes `after`, sorted by name."""
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        action: Literal["create", "change", "delete"] = (
            "create" if old is None else "delete" if new is None else "change"
        )
        text = _diff(name, old, new)
        if text:
            disrupts = action != "create" and _restarts(name, old, new)
            changes.append(Change(action, name, text, disrupts))
    return tuple(changes)


def touches_spawning(changes: Iterable[Change]) -> bool:
    """Whether users' servers may come out differently: then only a real spawn proves anything."""
    lines = [
        line.lower()
        for change in changes
        for line in change.diff.splitlines()
        if line[:1] in "+-" and not line.startswith(("+++", "---"))
    ]
    return any(key in line for line in lines for key in _SPAWNER_KEYS)


def _restarts(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    if not name.startswith(_DISRUPTIVE):
        return False
    if name.startswith("Deployment/") and old and new:
        return bool(old["spec"].get("template") != new["spec"].get("template"))
    return True


def _diff(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    lines = difflib.unified_diff(_lines(old), _lines(new), f"now: {name}", f"then: {name}", n=2, lineterm="")
    return "\n".join(lines)


def _lines(item: Mapping[str, Any] | None) -> list[str]:
    if item is None:
        return []
    import yaml

    return yaml.safe_dump(_without_secrets(item), sort_keys=True, default_flow_style=False, width=200).splitlines()


def _without_secrets(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret's values are replaced by a short fingerprint: a change shows, the value does not."""
    if item.get("kind") != "Secret":
        return item
    data = {key: _fingerprint(base64.b64decode(value or "")) for key, value in (item.get("data") or {}).items()}
    plain = {key: _fingerprint(str(value).encode()) for key, value in (item.get("stringData") or {}).items()}
    return {**item, "data": data, **({"stringData": plain} if plain else {})}


def _fingerprint(value: bytes) -> str:
    """Eight hex digits of a keyed hash: enough to see a change, useless for guessing across runs."""
    return f"••••• ({hashlib.blake2b(value, key=_KEY, digest_size=4).hexdigest()})"


def _new_key() -> bytes:
    import secrets

    return secrets.token_bytes(16)


_KEY = _new_key()
