"""What a cause is, and how rules look at the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hubfleet.workflows.checks.temporary import PREFIX
from hubfleet.workflows.dossier.facts import CORE, USERS_SERVER, Container, Event, Facts, Pod


@dataclass(frozen=True)
class Cause:
    """The probable cause of a failure.

    Args:
        name: a stable word, such as `image-not-found`.
        text: what it is, one line for people.
        evidence: the sentence that says so, as Kubernetes, the hub or the spawner said it.
        next_step: the command or edit that helps, one line.
        key: of the JupyterHub chart's values that it comes from, such as `hub.extraConfig.welcome`; empty: not known.
    """

    name: str
    text: str
    evidence: str = ""
    next_step: str = ""
    key: str = ""

    def __str__(self) -> str:
        return self.text


Rule = Callable[[Facts], Cause | None]


def troubled(facts: Facts) -> Iterator[tuple[Pod, Container]]:
    """Containers that should serve or end well and do not, those of the hub itself first."""
    pods = sorted(
        (pod for pod in facts.pods if not pod.deleting and not pod.ok), key=lambda pod: pod.component not in CORE
    )
    for pod in pods:
        for container in pod.containers:
            ended_well = container.state == "terminated" and container.exit_code == 0
            if not container.ready and (not ended_well or pod.component == USERS_SERVER):
                yield pod, container


def warnings(facts: Facts, *reasons: str) -> Iterator[Event]:
    """Warnings with one of these reasons about what is not well now, newest first.

    An object that is well now got over its old warnings; one that has gone (a server that the spawner gave up) did not.
    """
    well = {pod.name for pod in facts.pods if pod.ok} | {each.name for each in facts.claims if each.phase == "Bound"}
    for event in reversed(facts.events):
        if event.warning and event.reason in reasons and event.name not in well:
            yield event


def first_with(texts: Iterable[str], *parts: str) -> str:
    """The first text that has one of these parts, in any case; empty where none has."""
    return next((text for text in texts if any(part.lower() in text.lower() for part in parts)), "")


def describe(facts: Facts, kind: str, name: str) -> str:
    """The command that shows an object with its events; where it is a check's, which goes with it, the events alone."""
    if _of_a_check(name):
        return f"kubectl --namespace {facts.namespace} get events --sort-by .lastTimestamp"
    return f"kubectl --namespace {facts.namespace} describe {kind} {name}"


def logs_of(facts: Facts, pod: str, container: str = "", *, previous: bool = False) -> str:
    """The command that shows a pod's log; the events alone where the pod is a check's."""
    if _of_a_check(pod):
        return describe(facts, "pod", pod)
    words = [f"kubectl --namespace {facts.namespace} logs {pod}", f"-c {container}" if container else "--tail 50"]
    return " ".join([*words, *(["--previous"] if previous else [])])


def _of_a_check(name: str) -> bool:
    return any(prefix in name for prefix in (PREFIX, PREFIX.replace("-", "-2d")))
