"""How things are timed: from outside, as whole processes, several times."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = 5


@dataclass(frozen=True)
class Measured:
    """One line of the table.

    Args:
        name: what was timed.
        times: of each round.
        wanted: what it should be, for people.
        unit: s, or x for a ratio.
    """

    name: str
    times: tuple[float, ...]
    wanted: str = ""
    unit: str = "s"

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.times)

    def cells(self) -> tuple[str, ...]:
        """The line's cells."""
        shown = [f"{each:.2f} {self.unit}" for each in (self.median, min(self.times), max(self.times))]
        return (self.name, *(shown if len(self.times) > 1 else [shown[0], "", ""]), self.wanted)


def line(name: str, *cells: str) -> str:
    """A line of the table."""
    return f"{name:<58}" + "".join(f"{cell:>10}" for cell in cells[:3]) + "".join(f"   {cell}" for cell in cells[3:])


def seconds(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> float:
    """How long a command takes. One that fails ends the measurement, with what it said."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return time.perf_counter() - begun


def repeated(name: str, once: Callable[[], float], wanted: str = "", rounds: int = ROUNDS) -> Measured:
    """Time it several times."""
    return Measured(name, tuple(once() for _ in range(rounds)), wanted)


def in_turn(
    names: tuple[str, str], first: Callable[[], float], second: Callable[[], float], wanted: str, rounds: int = ROUNDS
) -> tuple[Measured, Measured, Measured]:
    """Time two things in turn.

    Returns:
        Both, and the ratio of their medians.
    """
    pairs = [(first(), second()) for _ in range(rounds)]
    one, other = (Measured(name, times) for name, times in zip(names, zip(*pairs, strict=True), strict=True))
    return one, other, Measured("    ratio", (one.median / other.median,), wanted, "x")


def inv(*words: str) -> list[str]:
    """A task, as a person starts it."""
    return [str(ROOT / "inv"), *words]
