"""Timings of what people wait for, against a plain helm where that is the measure. Nothing is asserted.

    ./inv test -s bench

Needs the demo to be up (`./inv demo`). Comparisons run in turn, A B A B, because machines are noisy; what counts is the
ratio of the medians.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hubfleet.toolchain import tool
from hubfleet.workflows.deploy import prepare
from tests.bench import generate_fleet

ROOT = Path(__file__).parents[2]
ROUNDS = 5
HUBS = 200
VALUES = Path("clusters/local/staging.values.yaml")


def seconds(command: Sequence[str], *, cwd: Path = ROOT, stdin: bytes = b"") -> float:
    """How long a command takes from outside; it must succeed."""
    begun = time.perf_counter()
    subprocess.run(command, cwd=cwd, input=stdin, check=True, capture_output=True)
    return time.perf_counter() - begun


def inv(*words: str) -> list[str]:
    """A task, as a person starts it."""
    return [str(ROOT / "inv"), *words]


def show(name: str, times: Sequence[float], note: str = "") -> float:
    """Print one line, and return the median."""
    median = statistics.median(times)
    print(f"{name:<58} {median:7.2f} s   ({min(times):.2f} to {max(times):.2f}){note}", flush=True)
    return median


def starting() -> None:
    """What every command pays."""
    show("./inv --list", [seconds(inv("--list")) for _ in range(ROUNDS)])
    show("./inv deploy-hub, nothing changed", [seconds(inv("deploy-hub", "local", "staging")) for _ in range(ROUNDS)])


def deploying() -> None:
    """A changed hub with the quick check, against `helm upgrade --install --wait` of the same hub."""
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "fleet"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", ".hubfleet", ".mypy_cache"))
        for number in range(ROUNDS):
            plain.append(_helm(copy, 1000 + number))
            ours.append(_deploy(copy, 2000 + number))
    ratio = show("./inv deploy-hub, a change, quick check", ours) / show(
        "helm upgrade --install --wait, the same", plain
    )
    print(f"    ratio of the medians: {ratio:.2f}")


def _changed(copy: Path, timeout: int) -> None:
    (copy / VALUES).write_text(f"{(ROOT / VALUES).read_text().rstrip()}\n  cull: {{timeout: {timeout}}}\n")


def _deploy(copy: Path, timeout: int) -> float:
    _changed(copy, timeout)
    command = [sys.executable, "-m", "hubfleet.cli.program", "deploy-hub", "local", "staging", "--check", "quick"]
    return seconds(command, cwd=copy)


def _helm(copy: Path, timeout: int) -> float:
    _changed(copy, timeout)
    target = prepare(copy, "local", "staging")
    words = [str(tool("helm", ROOT)), "upgrade", "--install", "staging", str(target.chart.path), "-n", "staging"]
    values = json.dumps(target.values()).encode()
    os.environ["KUBECONFIG"] = str(target.access.kubeconfig)
    return seconds([*words, "--wait", "-f", "-"], stdin=values)


def validating() -> None:
    """A fleet of 200 hubs, without and with rendering; rendering against helm alone on all cores."""
    with tempfile.TemporaryDirectory() as folder:
        fleet = Path(folder) / "fleet"
        generate_fleet.generate(fleet, HUBS)
        command = [sys.executable, "-m", "hubfleet.cli.program", "validate"]
        show(
            f"./inv validate --no-render, {HUBS} hubs",
            [seconds([*command, "--no-render"], cwd=fleet) for _ in range(3)],
        )
        whole = show(f"./inv validate, {HUBS} hubs", [seconds(command, cwd=fleet)])
        helm = _templates(ROOT)
        bare = HUBS * helm / (os.cpu_count() or 1)
        print(f"    helm template of one hub {helm:.3f} s; {HUBS} of them on all cores {bare:.1f} s")
        print(f"    ratio: {whole / bare:.2f}")


def _templates(root: Path) -> float:
    target = prepare(root, "local", "demo")
    words = [str(tool("helm", root)), "template", "demo", str(target.chart.path), "-f", "-"]
    return statistics.median(seconds(words, stdin=json.dumps(target.plain.values).encode()) for _ in range(ROUNDS))


def main(chosen: Sequence[str]) -> None:
    """Run the measurements that were named, or all."""
    known: dict[str, Callable[[], None]] = {"start": starting, "deploy": deploying, "validate": validating}
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, medians of {ROUNDS}")
    for name in chosen or known:
        known[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
