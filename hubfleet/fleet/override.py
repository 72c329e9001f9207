"""An engineer's values above all others, for an incident or an exam: with a reason, and an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet import times
from hubfleet.fleet.document import load_yaml
from hubfleet.fleet.layers import Layer, layer_of
from hubfleet.fleet.schema import check
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


def read(path: Path, root: Path, today: date) -> tuple[Layer | None, list[Finding]]:
    """The layer while it counts, or None with a warning once its last day has passed.

    Args:
        path: the file.
        root: the repository.
        today: the day in UTC.

    Raises:
        InvalidConfiguration: the file is not what schemas/override.schema.yaml says.
    """
    document = load_yaml(path, root)
    found = check(document, "override")
    until = None
    if not found:
        try:
            until = times.day(document.data["until"])
        except ValueError:
            message = f"there is no {document.data['until']}"
            found.append(document.finding(("until",), message, rule="no-such-day"))
    if until is None:
        raise InvalidConfiguration(f"{document.file} is not valid", findings=found)
    if today > until:
        line = document.line_of(("until",))
        message = f"this override ended on {until} and is not applied"
        warning = Finding(document.file, line, "until", message, "delete the file", "override-ended", "warning")
        return None, [warning]
    return layer_of(document, "override", below=("values",)), []
