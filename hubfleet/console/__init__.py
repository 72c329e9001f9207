"""The one place that draws. Data goes to stdout, talk goes to stderr; both are masked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from hubfleet.errors import HubfleetError, InvalidConfiguration
from hubfleet.masking import masked

if TYPE_CHECKING:
    from rich.console import Console


def info(text: str) -> None:
    """A line of talk."""
    _write(text)


def done(text: str) -> None:
    """A line that says that something is done."""
    _write(text, "green", "✓ ")


def warn(text: str) -> None:
    """A line that a person should see, though the work goes on."""
    _write(text, "yellow", "! ")


def error(trouble: HubfleetError) -> None:
    """One red line of what, one of where, the evidence, and one of what to do."""
    _write(trouble.what, "bold red", "✗ ")
    if trouble.where:
        _write(trouble.where, "red", "  at: ")
    if isinstance(trouble, InvalidConfiguration):
        for finding in trouble.findings:
            _write(f"  {finding}")
    for line in trouble.evidence.splitlines():
        _write(f"  │ {line}")
    if trouble.next_step:
        _write(trouble.next_step, "cyan", "  next: ")


def data(value: Any) -> None:
    """A JSON document on stdout."""
    sys.stdout.write(masked(json.dumps(value, indent=2, ensure_ascii=False, default=str)) + "\n")


def text(value: str) -> None:
    """Plain text on stdout: what a task was asked for."""
    sys.stdout.write(masked(value) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout: drawn on a terminal, tab-separated in a pipe so that programs can read it."""
    shown = [[masked(str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(line) + "\n" for line in [list(columns), *shown])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in shown:
        drawn.add_row(*[Text.from_ansi(cell) for cell in row])
    Console().print(drawn)


def diff(text: str) -> None:
    """A unified diff on stdout, coloured on a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.write(masked(text) + ("" if text.endswith("\n") else "\n"))
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(masked(text), "diff", theme="ansi_dark", background_color="default"))


def in_github_actions() -> bool:
    """Whether groups and annotations of GitHub Actions are understood."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def on_terminal() -> bool:
    """Whether talk may redraw its own lines."""
    return sys.stderr.isatty() and not in_github_actions() and os.environ.get("CI") != "true"


@cache
def talk() -> Console:
    """The console of talk, for drawing progress. Importing rich costs 50 ms: only where it is drawn on."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def _write(text: str, style: str = "", mark: str = "") -> None:
    line = mark + masked(text)
    if style and sys.stderr.isatty():
        talk().print(line, style=style, markup=False, soft_wrap=True)
        return
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
