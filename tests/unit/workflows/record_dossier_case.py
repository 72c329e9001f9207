"""Records a case for test_dossier_causes.py from a hub that is in trouble now.

    python tests/unit/workflows/record_dossier_case.py KUBECONFIG NAMESPACE NAME CAUSE [USER] [MESSAGE...]

What a dossier reads is written as it came from the API, without what explains nothing (managed fields, templates,
environment). Look through the file before committing it: it must hold no secret.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.dossier.diagnosis import probable_cause
from hubfleet.workflows.dossier.reading import Reader, understood

FOLDER = Path(__file__).parent / "dossier_cases"
NOISE = {
    "managedFields", "ownerReferences", "resourceVersion", "generation", "uid", "template", "env", "volumes",
    "volumeMounts", "tolerations", "selector", "strategy", "podIPs", "hostIPs", "hostIP", "podIP", "containerID",
    "securityContext", "ports", "livenessProbe", "readinessProbe", "resources", "affinity", "initialDelaySeconds",
    "helm.sh/chart", "kubectl.kubernetes.io/last-applied-configuration", "allocatedResources", "user", "args",
    "command",
}  # fmt: skip


def trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {
            key: trimmed(each) for key, each in value.items() if key not in NOISE and not key.startswith("checksum/")
        }
        return {key: each for key, each in kept.items() if each not in ({}, [], None)}
    return [trimmed(each) for each in value] if isinstance(value, list) else value


def record(kubeconfig: str, namespace: str, name: str, cause: str, user: str = "", *messages: str) -> None:
    told = Reader(Kube(Path(kubeconfig)), namespace, time.monotonic() + 20).read(user)
    found = probable_cause(understood(told, namespace, user, messages))
    listings = {key: {"items": trimmed(each["items"] or [])} for key, each in told.listings.items()}
    logs = [{"name": key, "text": text} for key, text in told.logs.items()]
    case = {"namespace": namespace, "user": user, "messages": messages, "cause": cause, "text": str(found),
            "listings": listings, "logs": logs}  # fmt: skip
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(name, "->", found.name if found else None, "|", found)


if __name__ == "__main__":
    record(*sys.argv[1:])
