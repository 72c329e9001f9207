"""What a check found, and the notebook in which its steps are written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from hubfleet.errors import HubfleetError
from hubfleet.masking import masked
from hubfleet.runs import Run, Step
from hubfleet.workflows.dossier import Dossier


@dataclass(frozen=True)
class CheckStep:
    """One thing that was tried: whether it worked, in how many seconds, and what was seen."""

    name: str
    ok: bool
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class CheckResult:
    """Whether a hub is healthy.

    Args:
        ok: every step worked.
        kind: how much was tried.
        steps: in order; after the first that failed come only those that clean up.
        dossier: why, where it is not ok.
    """

    ok: bool
    kind: Literal["quick", "full"]
    steps: tuple[CheckStep, ...]
    dossier: Dossier | None = None

    @property
    def seconds(self) -> float:
        """How long all steps took together."""
        return sum(each.seconds for each in self.steps)

    def report(self) -> dict[str, Any]:
        """For `--json`; schemas/check.schema.yaml."""
        steps = [
            {"name": each.name, "ok": each.ok, "seconds": round(each.seconds, 3), "detail": masked(each.detail)}
            for each in self.steps
        ]
        dossier = self.dossier.report() if self.dossier else None
        return {
            "ok": self.ok, "kind": self.kind, "seconds": round(self.seconds, 3), "steps": steps, "dossier": dossier,
        }  # fmt: skip


class CheckFailed(HubfleetError):
    """The hub did not do what a healthy hub does. `symptom` is a stable word for it."""

    def __init__(self, what: str, symptom: str, **parts: str) -> None:
        super().__init__(what, **parts)
        self.symptom = symptom


@dataclass
class Steps:
    """Writes down the steps of a check while they happen, also in the run's journal."""

    run: Run
    done: list[CheckStep] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Saying]:
        """One step. What it said last is its detail; where it failed, the failure is."""
        begun = time.monotonic()
        with self.run.step(name) as step:
            saying = Saying(step)
            try:
                yield saying
            except BaseException as trouble:
                self.done.append(CheckStep(name, False, time.monotonic() - begun, _said(trouble)))
                raise
            self.done.append(CheckStep(name, True, time.monotonic() - begun, saying.last))


class Saying:
    """Tells people how a step goes."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self.last = ""

    def __call__(self, text: str) -> None:
        if text != self.last:
            self.last = text
            self._step.say(text)


def _said(trouble: BaseException) -> str:
    if isinstance(trouble, KeyboardInterrupt):
        return "interrupted"
    evidence = trouble.evidence if isinstance(trouble, HubfleetError) else ""
    return "\n".join(part for part in (str(trouble) or type(trouble).__name__, evidence) if part)
