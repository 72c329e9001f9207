"""How long `./inv validate` takes on a generated fleet, and how that compares with helm alone.

    python tests/bench/bench_validate.py [--hubs 200]

helm alone: the same charts and values, one `helm template` per hub, as many at a time as there are cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY))

from hubfleet import paths  # noqa: E402
from hubfleet.charts import ChartSource, package  # noqa: E402
from hubfleet.fleet import load_fleet  # noqa: E402
from hubfleet.fleet.resolve import resolve  # noqa: E402
from hubfleet.fleet.secretfile import placeholders  # noqa: E402
from hubfleet.images import reference  # noqa: E402
from hubfleet.toolchain import tool  # noqa: E402
from tests.bench.generate_fleet import generate  # noqa: E402


def measure(hubs: int) -> dict[str, Any]:
    """Seconds of a whole process each, and of processor time, which other work on the machine disturbs less."""
    with tempfile.TemporaryDirectory() as folder:
        fleet = Path(folder)
        generate(fleet, hubs)
        read = _timed(lambda: _validate(fleet, "--no-render"))
        _validate(fleet, "-s", "c000/hub0000")
        rendered = _timed(lambda: _validate(fleet))
        alone = _timed(lambda: None, _helm_alone(fleet))
    return {"hubs": hubs, "cores": os.cpu_count(), "read": read, "rendered": rendered, "helm_alone": alone}


def _timed(*work: Any) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    for each in work:
        each()
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(seconds, 2), "processor_seconds": round(processor, 2)}


def _validate(fleet: Path, *words: str) -> None:
    subprocess.run([REPOSITORY / "inv", "validate", *words], cwd=fleet, check=True, capture_output=True)


def _helm_alone(root: Path) -> Any:
    """Everything is prepared first, so that only helm is timed."""
    fleet = load_fleet(root)
    chart = package(root, ChartSource.of(root, source="embedded"), paths.cache())
    helm = tool("helm", REPOSITORY)
    calls = []
    for cluster in fleet.clusters:
        for hub in cluster.hubs:
            values = resolve(
                fleet, cluster, hub, secrets=placeholders, images=lambda name: reference(REPOSITORY, name)
            ).values
            argv = [helm, "template", hub.release, chart.path, "--namespace", hub.namespace, "--values", "-"]
            calls.append((argv, json.dumps(values).encode()))

    def one(call: tuple[list[Any], bytes]) -> None:
        subprocess.run(call[0], input=call[1], check=True, capture_output=True)

    def run() -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(one, calls))

    return run


def main() -> None:
    """The command line."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--hubs", type=int, default=200)
    print(json.dumps(measure(words.parse_args().hubs), indent=2))


if __name__ == "__main__":
    main()
