"""A private copy of one context of a kubeconfig: who works with it can not stray to another cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from hubfleet.clouds import runtime
from hubfleet.clouds.access import Access
from hubfleet.errors import WrongUsage

_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def copy(access: Access, name: str) -> Path:
    """Write the copy into this process's private folder (mode 0600: it may hold a key) and return where.

    Raises:
        WrongUsage: the file or its context can not be read.
    """
    try:
        found = yaml.safe_load(access.kubeconfig.read_text(encoding="utf-8"))
        return runtime.write(name, json.dumps(only(found, access.context, access.kubeconfig.parent)))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, OSError) as trouble:
        context = access.context or "(current)"
        raise WrongUsage(
            f"the context {context} can not be read",
            where=str(access.kubeconfig),
            evidence=f"{type(trouble).__name__}: {trouble}",
            next_step="kubectl config get-contexts shows what you have",
        ) from trouble


def only(found: dict[str, Any], context: str, folder: Path) -> dict[str, Any]:
    """The kubeconfig with one context, and names of files made absolute.

    Args:
        found: the whole kubeconfig.
        context: which; empty: the current one.
        folder: where relative names start.

    Raises:
        KeyError: there is no such context, cluster or user.
    """
    wanted = context or found["current-context"]
    chosen = _named(found["contexts"], wanted)
    cluster = _named(found["clusters"], chosen["context"]["cluster"])
    user = _named(found["users"], chosen["context"]["user"])
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": wanted, "contexts": [chosen],
        "clusters": [{**cluster, "cluster": _absolute(cluster["cluster"], folder)}],
        "users": [{**user, "user": _absolute(user["user"] or {}, folder)}],
    }  # fmt: skip


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {each["name"]: each for each in items}[name]


def _absolute(part: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {key: str((folder / value).resolve()) if key in _FILES and value else value for key, value in part.items()}
