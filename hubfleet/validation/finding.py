"""One validation result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a file says and may not say.

    Args:
        file: relative to the repository, with forward slashes.
        line: 1-based; 0 where the file as a whole is meant.
        path: where in the document, such as `hubs[0].domain`; empty for the whole document.
        message: what is wrong, one line.
        hint: what to do, one line; may be empty.
        rule: stable short name of the rule, such as `unknown-key`.
        severity: an error fails the run; a warning does not.
    """

    file: str
    line: int
    path: str
    message: str
    hint: str = ""
    rule: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}" if self.line else self.file
        place = f" {self.path}:" if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{at}:{place} {self.message}{hint}"
