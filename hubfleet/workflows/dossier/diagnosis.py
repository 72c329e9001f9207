"""Which cause the facts point to: a table of pure rules, of which the first that recognises its failure speaks."""

from __future__ import annotations

from hubfleet.workflows.dossier import rules_kubernetes, rules_logs
from hubfleet.workflows.dossier.causes import Cause, Rule
from hubfleet.workflows.dossier.facts import Facts

# From the cause to its consequences: a pod without an image also fails its probes.
RULES: tuple[Rule, ...] = (*rules_kubernetes.RULES, *rules_logs.RULES, *rules_kubernetes.LAST)


def probable_cause(facts: Facts) -> Cause | None:
    """The first rule's answer; None where none knows."""
    return next((cause for rule in RULES if (cause := rule(facts)) is not None), None)
