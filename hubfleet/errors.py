"""Everything that hubfleet refuses or fails at, in the four parts that a person needs.

An error is made where the facts are known, travels unchanged, and becomes an exit code once, at
the edge (`hubfleet.cli`). Evidence is masked when it is shown, so that no error carries a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubfleet.validation.finding import Finding


class HubfleetError(Exception):
    """A step failed.

    Args:
        what: one line, without a full stop: what failed.
        where: one line: `file:line`, `cluster/hub`, or the program and its subject.
        evidence: lines that show it, such as the end of a program's output.
        next_step: one line: the command or edit that helps.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", evidence: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.evidence = evidence
        self.next_step = next_step


class WrongUsage(HubfleetError):
    """The words of the command do not fit: an unknown name, a flag that contradicts another."""

    exit_code = 2


class Refused(HubfleetError):
    """A guard that protects people's data, or other people's work, said no. Nothing was changed."""

    exit_code = 3


class InvalidConfiguration(HubfleetError):
    """Files do not say what they may say. `findings` has every mistake, not only the first."""

    exit_code = 4

    def __init__(
        self,
        what: str,
        *,
        findings: Sequence[Finding] = (),
        where: str = "",
        evidence: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(what, where=where, evidence=evidence, next_step=next_step)
        self.findings = tuple(findings)


class HubfleetWarning(UserWarning):
    """What a person should know though the work goes on: one line, told once by the edge (`hubfleet.cli`)."""


class Interrupted(HubfleetError):
    """A person stopped it (Ctrl-C), and what was running has ended."""

    exit_code = 130
