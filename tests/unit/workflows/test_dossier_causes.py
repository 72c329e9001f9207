"""Every rule of the dossier against what real failures look like.

`dossier_cases/*.json` were recorded from hubs on a real cluster that were broken on purpose: tests/e2e/test_check.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hubfleet.workflows.dossier import Dossier
from hubfleet.workflows.dossier.causes import Cause
from hubfleet.workflows.dossier.diagnosis import probable_cause
from hubfleet.workflows.dossier.facts import Event, Facts, Log
from hubfleet.workflows.dossier.reading import Told, understood

FOLDER = Path(__file__).parent / "dossier_cases"
CASES = sorted(FOLDER.glob("*.json"))


def facts_of(case: dict[str, Any]) -> Facts:
    logs = {
        (pod, container, bool(old)): each["text"] for each in case["logs"] for pod, container, old in [each["name"]]
    }
    return understood(Told(case["listings"], logs), case["namespace"], case["user"], case["messages"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_cause_of_a_real_failure_is_named(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    cause = probable_cause(facts_of(case))
    assert (cause.name if cause else None) == case["cause"]
    assert (str(cause) if cause else "None") == case["text"]
    assert cause is None or cause.next_step


def test_a_kernel_that_is_not_heard_is_no_server_that_is_slow() -> None:
    said = ("Server ready at /user/ada/", "the kernel's output did not come through within 60 s")
    cause = probable_cause(Facts("demo", messages=said))
    assert cause
    assert cause.name == "kernel-silent"


def test_an_error_shows_what_happened_since_the_work_began() -> None:
    times = ("2026-11-26T01:00:00Z", "2026-11-26T01:10:00Z")
    events = tuple(Event(at, "Pod", "proxy", warning=True, reason="Unhealthy", message="no", count=1) for at in times)
    dossier = Dossier(Facts("demo", events=events), None, 0.1)
    assert dossier.evidence("2026-11-26T01:05:00.123Z") == "01:10:00 Pod proxy: Unhealthy: no"
    assert len(dossier.text().splitlines()) == 2, "the file of the run has everything"


def test_an_error_shows_the_traceback_once_and_other_logs_too() -> None:
    hub = ("Traceback (most recent call last):", '  File "x", line 1', "NameError: name 'a' is not defined")
    logs = tuple(Log(pod, pod, previous=False, lines=lines) for pod, lines in (("hub", hub), ("proxy", ("odd",))))
    cause = Cause("hub-crashes", "hub fails: NameError", "\n".join(hub[1:]), "mend it")
    dossier = Dossier(Facts("demo", logs=logs), cause, 0.1)
    assert dossier.evidence().splitlines() == ['  File "x", line 1', hub[2], "log of proxy/proxy:", "  odd"]
    assert dossier.text().count(hub[2]) == 2, "the file of the run has everything"
    assert "next: mend it" in dossier.text()
