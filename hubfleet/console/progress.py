"""A run, shown as it goes: one line a step, with elapsed time. On a terminal the present step is redrawn in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hubfleet import console

if TYPE_CHECKING:
    from rich.status import Status

    from hubfleet.runs import Event, Run


@contextmanager
def shown(run: Run) -> Iterator[None]:
    """Show the steps of a run on stderr while the block runs."""
    view = _Redrawn() if console.on_terminal() else _Plain()
    run.observers.append(view)
    try:
        yield
    finally:
        view.close()
        run.observers.remove(view)


class _Plain:
    """Whole lines, for CI, logs and pipes; grouped where GitHub Actions shows them."""

    def __call__(self, event: Event) -> None:
        if event.kind == "step-started":
            console.info(f"… {event.step}")
        elif event.kind == "said" and event.text:
            console.info(f"    {event.text}")
        elif event.kind == "step-done":
            console.done(f"{event.step} ({event.seconds or 0:.1f} s)")
        elif event.kind == "step-failed":
            console.info(f"✗ {event.step} ({event.seconds or 0:.1f} s)")

    def close(self) -> None:
        """Nothing is open."""


class _Redrawn:
    """A spinner on the present step with what it last said; finished steps stay above it."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._open: list[str] = []

    def __call__(self, event: Event) -> None:
        if event.kind == "step-started":
            self._open.append(event.step)
            self._draw(event.step)
        elif event.kind == "said" and event.text:
            self._draw(f"{self._open[-1] if self._open else event.step}  [dim]{_escaped(event.text)}[/dim]")
        elif event.kind in ("step-done", "step-failed"):
            self._leave(event)

    def close(self) -> None:
        """Take the spinner away."""
        if self._status is not None:
            self._status.stop()

    def _leave(self, event: Event) -> None:
        if event.step in self._open:
            self._open.remove(event.step)
        mark = "[green]✓[/green]" if event.kind == "step-done" else "[red]✗[/red]"
        console.talk().print(f"{mark} {_escaped(event.step)} [dim]{event.seconds or 0:.1f} s[/dim]")
        if self._open:
            self._draw(self._open[-1])
        else:
            self.close()
            self._status = None

    def _draw(self, line: str) -> None:
        if self._status is None:
            self._status = console.talk().status(line)
            self._status.start()
        else:
            self._status.update(line)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
