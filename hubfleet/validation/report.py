"""What a validation found, for people, for programs, and for GitHub's pages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubfleet.validation.finding import Finding


@dataclass(frozen=True)
class Report:
    """Findings, sorted, none twice; and what was looked at.

    Args:
        findings: errors and warnings.
        clusters: how many were looked at.
        hubs: how many were looked at.
        files: how many were read.
        rendered: hubs that helm rendered; None when rendering was not asked for.
    """

    findings: tuple[Finding, ...]
    clusters: int
    hubs: int
    files: int
    rendered: int | None = None

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    def as_data(self) -> dict[str, Any]:
        """The report as schemas/validate.schema.yaml says."""
        checked = {"clusters": self.clusters, "hubs": self.hubs, "files": self.files, "rendered": self.rendered}
        counts = {"errors": self.errors, "warnings": self.warnings}
        return {"findings": [asdict(each) for each in self.findings], "checked": checked, **counts}

    def summary(self) -> str:
        """One line."""
        looked = f"{_count(self.hubs, 'hub')} on {_count(self.clusters, 'cluster')}, {_count(self.files, 'file')}"
        rendered = "not rendered" if self.rendered is None else f"{self.rendered} rendered"
        found = f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"
        return f"{found if self.findings else 'nothing wrong'} ({looked}, {rendered})"


def grouped(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Findings of hubs: one that several hubs have from a file they share is said once, with their number.

    Args:
        found: the hub's name and what was found.
    """
    hubs: dict[Finding, set[str]] = defaultdict(set)
    first: dict[Finding, Finding] = {}
    for hub, finding in found:
        same = replace(finding, hint="")
        hubs[same].add(hub)
        first.setdefault(same, finding)
    return sorted(
        replace(finding, message=f"{finding.message} (in {len(hubs[same])} hubs)") if len(hubs[same]) > 1 else finding
        for same, finding in first.items()
    )


def annotation(finding: Finding) -> str:
    """A workflow command of GitHub Actions: the finding beside the line in a pull request.

    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    place = f"file={_escaped(finding.file, ':,')}" + (f",line={finding.line}" if finding.line else "")
    text = f"{finding.path}: {finding.message}" if finding.path else finding.message
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"::{finding.severity} {place},title={_escaped(finding.rule, ':,')}::{_escaped(text + hint)}"


def _escaped(text: str, also: str = "") -> str:
    for sign in "%\r\n" + also:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
