"""Collecting a dossier: bounded in time and size, everything at once, nothing changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from hubfleet.masking import masked
from hubfleet.tools.kubernetes import Kube, in_cluster
from hubfleet.workflows.dossier.causes import Cause
from hubfleet.workflows.dossier.diagnosis import probable_cause
from hubfleet.workflows.dossier.facts import Event, Facts, Pod
from hubfleet.workflows.dossier.reading import Reader, understood

_SHOWN_EVENTS, _SHOWN_LINES, _SHOWN_MESSAGES = 12, 12, 5


@dataclass(frozen=True)
class Dossier:
    """What is known, and what it means; `cause` is None where no rule knows."""

    facts: Facts
    cause: Cause | None
    seconds: float

    def lines(self, quoted: str = "", since: str = "") -> list[str]:
        """For people, masked: what is not well, newest last. Some 60 lines at most.

        Args:
            quoted: text that stands beside them: a log whose last line is in it is not shown again.
            since: ISO 8601, UTC; what Kubernetes reported before that is left out.
        """
        shown = [f"pod {each.name}: {_state(each)}" for each in self.facts.pods]
        shown += [f"deployment {each.name}: {each.ready} of {each.wanted} ready {each.trouble}".rstrip()
                  for each in self.facts.workloads if each.ready < max(each.wanted, 1)]  # fmt: skip
        shown += [f"volume claim {each.name}: {each.phase}" for each in self.facts.claims if each.phase != "Bound"]
        warnings = [each for each in self.facts.events if each.warning and each.at >= since]
        shown += [_told(each) for each in warnings][-_SHOWN_EVENTS:]
        for log in self.facts.logs:
            if log.lines and log.lines[-1].strip() and log.lines[-1].strip() in quoted:
                continue
            name = f"{log.pod}/{log.container}{' before its restart' if log.previous else ''}"
            shown += [f"log of {name}:", *[f"  {line}" for line in log.lines[-_SHOWN_LINES:]]] if log.lines else []
        shown += [f"said: {message}" for message in list(dict.fromkeys(self.facts.messages))[-_SHOWN_MESSAGES:]]
        shown += [f"not read: {each}" for each in self.facts.unread]
        return [masked(line) for line in shown]

    def text(self) -> str:
        """The cause, the command that comes next, and all lines, masked."""
        head = [f"probable cause: {self.cause}", f"  {self.cause.evidence}"] if self.cause else []
        head += [f"next: {self.next_step}"] if self.next_step else []
        return "\n".join([masked(line) for line in head] + self.lines())

    def evidence(self, since: str = "") -> str:
        """What an error shows that names the cause and the next step itself, masked.

        Args:
            since: when the work began, ISO 8601, UTC: earlier troubles are not its own.
        """
        proof = self.cause.evidence if self.cause else ""
        return "\n".join([*masked(proof).splitlines(), *self.lines(proof, since)])

    @property
    def next_step(self) -> str:
        """The command or edit that helps; empty where the cause is not known."""
        return self.cause.next_step if self.cause else ""

    def report(self) -> dict[str, Any]:
        """For `--json`, masked."""
        cause = None if self.cause is None else {key: masked(value) for key, value in asdict(self.cause).items()}
        return {"cause": cause, "lines": self.lines(), "seconds": round(self.seconds, 3)}


def collect(
    kube: Kube, namespace: str, *, user: str = "", messages: Sequence[str] = (), budget: float = 2.0
) -> Dossier:
    """Read what explains a failure. Never raises: what can not be read is named in the dossier.

    Args:
        kube: the cluster's API.
        namespace: the hub's.
        user: a user whose server was tried; empty: only the hub itself matters.
        messages: what was said so far: the spawner's messages, an exception of a cell.
        budget: seconds for all of it.
    """
    started = time.monotonic()
    told = Reader(kube, namespace, started + budget).read(user)
    known = understood(told, namespace, user, messages)
    cause = probable_cause(known)
    if cause is not None:
        cause = replace(cause, next_step=in_cluster(cause.next_step, kube.name))
    return Dossier(known, cause, time.monotonic() - started)


def _state(pod: Pod) -> str:
    said = [f"{pod.phase} {pod.reason}".strip()]
    said += [pod.unschedulable or pod.message] if pod.unschedulable or pod.message else []
    for each in pod.containers:
        if not each.ready or each.restarts:
            ending = f", last ended {each.ended or 'with'} ({each.exit_code})" if each.exit_code else ""
            restarts = f", {each.restarts} restarts" if each.restarts else ""
            said.append(f"{each.name} {each.state} {each.reason}".rstrip() + restarts + ending)
    return "; ".join(said)


def _told(event: Event) -> str:
    times = f" ({event.count} times)" if event.count > 1 else ""
    return f"{event.at[11:19]} {event.kind} {event.name}: {event.reason}: {event.message}{times}"
