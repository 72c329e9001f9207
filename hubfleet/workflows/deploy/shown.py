"""How a Secret is shown: that it changes, and what of it is configuration, but nothing secret.

The JupyterHub chart keeps its values in a Secret, so hiding all of it would hide most of what a deploy changes. What is
shown of such a document are leaves that plain files set now. Hidden are: what a secret file sets, what is named like a
secret, and what the new values no longer have (it may have been a secret when it was set).
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from hubfleet.masking import HIDDEN

Path = tuple[str, ...]
_NAMED_LIKE_A_SECRET = re.compile(
    r"passw|secret|token|api_?key|private|credential|cookie|cryptkeeper|salt", re.IGNORECASE
)
_HARMLESS = re.compile(r"secret_?(name|key_?ref)|pull_?secret|existing_?secret", re.IGNORECASE)
_KEY = secrets.token_bytes(16)


def secret_paths(layers: list[Mapping[str, Any]]) -> frozenset[Path]:
    """The paths of all leaves that these layers set, as the JupyterHub chart sees them: without `jupyterhub.`."""
    found = {path for layer in layers for path in _leaves(layer, ())}
    return frozenset(found | {path[1:] for path in found if path[:1] == ("jupyterhub",)})


def secret_as_shown(
    item: Mapping[str, Any], newer: Mapping[str, Any] | None, hidden: frozenset[Path]
) -> dict[str, Any]:
    """A Secret with its values replaced by what may be seen.

    Args:
        item: the Secret.
        newer: the same Secret as it will be; None: it goes away, or `item` is the newer one itself.
        hidden: paths that secret files set.
    """
    data = {key: _plain(value) for key, value in (item.get("data") or {}).items()}
    data |= {key: str(value) for key, value in (item.get("stringData") or {}).items()}
    later = {key: _plain(value) for key, value in ((newer or item).get("data") or {}).items()}
    shown = {key: _value(key, text, later.get(key, ""), hidden) for key, text in data.items()}
    return {**{key: value for key, value in item.items() if key != "stringData"}, "data": shown}


def _value(key: str, text: str, later: str, hidden: frozenset[Path]) -> Any:
    if not key.endswith((".yaml", ".yml", ".json")):
        return fingerprint(text)
    document, newer = _parsed(text), _parsed(later)
    if not isinstance(document, dict):
        return fingerprint(text)
    return _tree(document, newer if isinstance(newer, dict) else {}, hidden, ())


def _tree(value: Any, newer: Any, hidden: frozenset[Path], path: Path) -> Any:
    if path in hidden or (path and _secret_name(path[-1])):
        return fingerprint(repr(value)) if value not in (None, "", {}, []) else value
    if isinstance(value, dict):
        inner = newer if isinstance(newer, dict) else {}
        return {key: _tree(each, inner.get(key), hidden, (*path, str(key))) for key, each in value.items()}
    if newer is None and value is not None:
        return fingerprint(repr(value))
    return value


def _secret_name(key: str) -> bool:
    return bool(_NAMED_LIKE_A_SECRET.search(key)) and not _HARMLESS.search(key)


def _leaves(value: Any, path: Path) -> list[Path]:
    if isinstance(value, dict) and value:
        return [leaf for key, each in value.items() for leaf in _leaves(each, (*path, str(key)))]
    return [path]


def _plain(encoded: str | None) -> str:
    return base64.b64decode(encoded or "").decode("utf-8", "replace")


def _parsed(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def fingerprint(value: str) -> str:
    """Eight hex digits of a hash keyed for this process: enough to see a change, useless for guessing the value."""
    return f"{HIDDEN} ({hashlib.blake2b(value.encode(), key=_KEY, digest_size=4).hexdigest()})"
