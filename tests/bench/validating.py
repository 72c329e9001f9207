"""What needs no cluster: starting, and validation of a generated fleet against helm alone."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hubfleet import paths
from hubfleet.charts import ChartSource, package
from hubfleet.fleet import load_fleet
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.images import reference
from hubfleet.toolchain import tool
from tests.bench.generate_fleet import generate
from tests.bench.measuring import ROOT, Measured, in_turn, inv, repeated, seconds

HUBS = 200
Call = tuple[list[str | Path], bytes]


def starting() -> Iterator[Measured]:
    """What every command pays."""
    seconds(inv("--list"))
    yield repeated("./inv --list", lambda: seconds(inv("--list")), "under 0.4 s")


def validating() -> Iterator[Measured]:
    """Without rendering; and with it, in turn with helm alone doing the same on all cores."""
    with tempfile.TemporaryDirectory() as folder:
        fleet = Path(folder) / "fleet"
        generate(fleet, HUBS)
        words = inv("validate")
        yield repeated(
            f"./inv validate --no-render, {HUBS} hubs",
            lambda: seconds([*words, "--no-render"], cwd=fleet), "under 3 s",
        )  # fmt: skip
        seconds([*words, "-s", "c000/hub0000"], cwd=fleet)  # packages the charts
        calls = list(rendering(fleet))
        names = (f"./inv validate, {HUBS} hubs", f"helm template, the same {HUBS}, on all cores")
        yield from in_turn(names, lambda: seconds(words, cwd=fleet), lambda: at_once(calls), "close to 1", rounds=3)


def rendering(root: Path) -> Iterator[Call]:
    """helm's own calls, with everything prepared, so that only helm is timed."""
    fleet = load_fleet(root)
    chart = package(root, ChartSource.of(root, source="embedded"), paths.cache())
    helm = tool("helm", ROOT)
    for cluster in fleet.clusters:
        for hub in cluster.hubs:
            found = resolve(fleet, cluster, hub, secrets=placeholders, images=lambda name: reference(ROOT, name))
            words = [helm, "template", hub.release, chart.path, "--namespace", hub.namespace, "--values", "-"]
            yield words, json.dumps(found.values).encode()


def at_once(calls: list[Call]) -> float:
    """All calls, as many at a time as there are cores."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda call: seconds(call[0], stdin=call[1]), calls))
    return time.perf_counter() - begun
