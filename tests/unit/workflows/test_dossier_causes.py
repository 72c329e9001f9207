"""Every rule of the dossier against what real failures look like.

`dossier_cases/*.json` were recorded from hubs on a real cluster that were broken on purpose: tests/e2e/test_check.py.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.dossier import Dossier, collect
from hubfleet.workflows.dossier.causes import Cause
from hubfleet.workflows.dossier.diagnosis import probable_cause
from hubfleet.workflows.dossier.facts import Event, Facts, Log
from hubfleet.workflows.dossier.reading import Told, understood
from hubfleet.workflows.dossier.traits import key_of

FOLDER = Path(__file__).parent / "dossier_cases"
CASES = sorted(FOLDER.glob("*.json"))


def told_by(case: dict[str, Any]) -> Told:
    logs = {
        (pod, container, bool(old)): each["text"] for each in case["logs"] for pod, container, old in [each["name"]]
    }
    return Told(case["listings"], logs)


def facts_of(case: dict[str, Any]) -> Facts:
    return understood(told_by(case), case["namespace"], case["user"], case["messages"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_cause_of_a_real_failure_is_named(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    cause = probable_cause(facts_of(case))
    assert (cause.name if cause else None) == case["cause"]
    assert (str(cause) if cause else "None") == case["text"]
    assert cause is None or cause.next_step
    assert "hubfleet-check" not in (cause.next_step if cause else ""), "a check's pod has gone by then"
    assert (cause.key if cause else "") == case.get("key", "")


def test_a_next_step_with_kubectl_names_the_shell_for_it_and_no_pod_of_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = json.loads((FOLDER / "elsewhere.json").read_text(encoding="utf-8"))
    reader = SimpleNamespace(read=lambda _: told_by(case))
    monkeypatch.setattr(sys.modules["hubfleet.workflows.dossier.collect"], "Reader", lambda *_: reader)
    kube = Kube(Path("not-asked"), name="local")
    found = collect(kube, case["namespace"], user=case["user"], messages=case["messages"])
    events = f"kubectl --namespace {case['namespace']} get events --sort-by .lastTimestamp"
    assert found.next_step == f"./inv cluster-shell local, then kubectl get nodes; {events}"


def test_a_hub_that_does_not_start_for_a_trait_names_its_key() -> None:
    """What a hub with a running server says at its start: it makes its users' spawners then."""
    case = json.loads((FOLDER / "trait-of-user-memory.json").read_text(encoding="utf-8"))
    facts = facts_of(case)
    hub = next(pod for pod in facts.pods if pod.component == "hub")
    crashed = replace(hub.containers[0], ready=False, state="waiting", reason="CrashLoopBackOff", exit_code=1)
    lines = next(log.lines for log in facts.logs if log.container == "hub")
    end = next(index for index, line in enumerate(lines) if "TraitError: " in line)
    logs = (Log(hub.name, "hub", previous=True, lines=lines[: end + 1]),)
    cause = probable_cause(Facts("staging", pods=(replace(hub, containers=(crashed,)),), logs=logs))
    assert cause
    assert (cause.name, cause.key) == ("config-error", "singleuser.memory")
    assert cause.next_step == "mend singleuser.memory: memory is written 1G, not 1Gi"


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("TraitError: The 'cpu_limit' trait of a KubeSpawner instance expected a float, not the str 'x'.",
         "singleuser.cpu.limit"),
        ("traitlets.traitlets.TraitError: The 'cmd' trait of a LocalSpawner instance expected a list",
         "hub.config.LocalSpawner.cmd"),
        ("TraitError: The 'bind_url' trait of a JupyterHub instance expected a unicode string, not the int 8.",
         "hub.config.JupyterHub.bind_url"),
        ("NameError: name 'x' is not defined", ""),
    ],
)  # fmt: skip
def test_a_refused_trait_is_told_as_a_key_of_the_chart(error: str, key: str) -> None:
    assert key_of(error) == key


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
