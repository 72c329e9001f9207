"""Records cases for test_dossier_causes.py from hubs that are in trouble: tests/e2e/test_check.py breaks them.

What a dossier reads is written as it came from the API, without what explains nothing (managed fields, templates,
environment). Look through the files before committing them: they must hold no secret.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hubfleet.workflows.dossier.diagnosis import probable_cause
from hubfleet.workflows.dossier.reading import Told, understood

FOLDER = Path(__file__).parent / "dossier_cases"
NOISE = {
    "managedFields", "ownerReferences", "resourceVersion", "generation", "uid", "template", "env", "volumes",
    "volumeMounts", "tolerations", "selector", "strategy", "podIPs", "hostIPs", "hostIP", "podIP", "containerID",
    "securityContext", "ports", "livenessProbe", "readinessProbe", "resources", "affinity", "initialDelaySeconds",
    "helm.sh/chart", "kubectl.kubernetes.io/last-applied-configuration", "allocatedResources", "user", "args",
    "command", "imageID", "lifecycle",
}  # fmt: skip


@contextmanager
def recording(name: str, cause: str) -> Iterator[None]:
    """Whatever dossier is collected in this block becomes the case `name`, which should be found to be `cause`."""

    def keep(told: Told, namespace: str, user: str, messages: list[str]) -> Any:
        write(name, cause, told, namespace, user, messages)
        return understood(told, namespace, user, messages)

    with mock.patch.object(sys.modules["hubfleet.workflows.dossier.collect"], "understood", keep):
        yield


def write(name: str, cause: str, told: Told, namespace: str, user: str, messages: list[str]) -> None:
    """Write one case."""
    found = probable_cause(understood(told, namespace, user, messages))
    case = {
        "namespace": namespace, "user": user, "messages": messages, "cause": cause, "text": str(found),
        "listings": {key: {"items": trimmed(each["items"] or [])} for key, each in told.listings.items()},
        "logs": [{"name": key, "text": text} for key, text in told.logs.items()],
    }  # fmt: skip
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(name, "->", found.name if found else None, "|", found)


def trimmed(value: Any) -> Any:
    """Without noise and emptiness."""
    if isinstance(value, dict):
        kept = {
            key: trimmed(each) for key, each in value.items() if key not in NOISE and not key.startswith("checksum/")
        }
        return {key: each for key, each in kept.items() if each not in ({}, [], None)}
    return [trimmed(each) for each in value] if isinstance(value, list) else value
