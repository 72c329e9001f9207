"""A copy of the journal in the cluster: a CI runner may vanish, and another machine must know what it was doing.

One bounded ConfigMap per run, in the namespace that holds the locks; the newest 50 are kept. The full journal is on
the disk of the machine that ran it. A copy that can not be written never stops the work: it is said once.
"""

from __future__ import annotations

import json
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.runs.events import Event
from hubfleet.runs.lock import NAMESPACE
from hubfleet.runs.run import Run
from hubfleet.tools.kubernetes import Conflict, Kube, NotFound

KEPT_RUNS = 50
KEPT_BYTES = 200_000  # a ConfigMap may hold 1 MiB: https://kubernetes.io/docs/concepts/configuration/configmap/
_LABELS = {"app.kubernetes.io/managed-by": "hubfleet", "hubfleet.io/kind": "run"}
_PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


class Mirror:
    """An observer of a run that keeps its copy in the cluster up to date, at steps that matter."""

    def __init__(self, kube: Kube, run: Run) -> None:
        self._kube = kube
        self._run = run
        self._works = True

    def __call__(self, event: Event) -> None:
        """Write the copy when a result is known and when the run ends."""
        if event.kind not in ("result", "step-failed", "run-ended") or not self._works:
            return
        try:
            self._write(event)
        except HubfleetError as trouble:
            self._works = False
            self._run.record("said", "journal", text=f"the cluster's copy of the journal is not kept: {trouble.what}")

    def begin(self) -> None:
        """Write the first copy, and drop the oldest of the others."""
        self._run.observers.append(self)
        self(Event("", "result"))
        for name in surplus(_names(self._kube)):
            with self._kube.errors("drop an old journal"):
                self._kube.http.delete(f"{_PATH}/{name}")

    def _write(self, event: Event) -> None:
        run = self._run
        text = (run.folder / "events.jsonl").read_text(encoding="utf-8")
        status = event.text if event.kind == "run-ended" else "running"
        facts = {
            "id": run.id, "workflow": run.workflow, "subject": run.subject, "operator": run.operator,
            "commit": run.commit, "started": run.started, "status": status,
        }  # fmt: skip
        body = {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"run-{run.id}", "labels": _LABELS},
            "data": {"run.json": json.dumps(facts, ensure_ascii=False), "events.jsonl": bounded(text)},
        }  # fmt: skip
        try:
            with self._kube.errors("keep the journal"):
                self._kube.raise_for(self._kube.http.put(f"{_PATH}/run-{run.id}", json=body))
        except NotFound:
            self._create(body)

    def _create(self, body: dict[str, Any]) -> None:
        try:
            with self._kube.errors("keep the journal"):
                self._kube.raise_for(self._kube.http.post(_PATH, json=body))
        except Conflict:
            return


def bounded(text: str, limit: int = KEPT_BYTES) -> str:
    """The newest whole lines that fit into `limit` bytes."""
    if len(text.encode()) <= limit:
        return text
    tail = text.encode()[-limit:].decode("utf-8", "ignore")
    return tail.partition("\n")[2]


def surplus(names: list[str]) -> list[str]:
    """Which copies are over the limit: names sort by time."""
    return sorted(names)[:-KEPT_RUNS]


def _names(kube: Kube) -> list[str]:
    try:
        found = kube.list_json(_PATH, "list the journals", labelSelector="hubfleet.io/kind=run")
    except HubfleetError:
        return []
    return [item["metadata"]["name"] for item in found]
