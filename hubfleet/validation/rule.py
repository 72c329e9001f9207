"""What a rule is: a name, and a pure function that finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubfleet.validation.finding import Finding

Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """One thing that is checked.

    Args:
        name: stable, in every finding of the rule, and in docs/validation.md.
        find: yields findings without a rule's name. Its docstring says what is right.
        needs_all: it finds what is missing, and so says nothing where a layer could not be read.
    """

    name: str
    find: Callable[[Subject], Iterable[Finding]]
    needs_all: bool = False

    @property
    def promise(self) -> str:
        """What holds when the rule finds nothing: one line."""
        return (self.find.__doc__ or "").partition("\n")[0]

    def __call__(self, subject: Subject) -> Iterator[Finding]:
        for finding in self.find(subject):
            yield finding if finding.rule else replace(finding, rule=self.name)
