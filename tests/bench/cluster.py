"""What needs a cluster: bringing it up, and deploys against a bare helm. In a copy of the repository."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hubfleet.toolchain import tool
from tests.bench.measuring import Measured, in_turn, inv, repeated, seconds
from tests.e2e.conftest import DEMO_SECONDS, Place, copy_repository, unfit

HUB = "staging"
VALUES = f"clusters/local/{HUB}.values.yaml"


@contextmanager
def own_place() -> Iterator[Place]:
    """A copy of the repository with a state folder of its own, whose cluster is ended and removed afterwards."""
    if trouble := unfit():
        raise SystemExit(f"the cluster can not be measured: {trouble}")
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "XDG_STATE_HOME": f"{folder}/state", "NO_COLOR": "1"}
        place = Place(Path(folder) / "fleet", env)
        copy_repository(place.root)
        try:
            yield place
        finally:
            _down(place)


def raising(place: Place) -> Iterator[Measured]:
    """The cluster from nothing but cached programs, and once more where it runs already."""

    def fresh() -> float:
        _down(place)
        return _inv(place, "local-up")

    _inv(place, "local-up")  # whatever the cache lacks is got here
    yield repeated("./inv local-up, programs cached", fresh, "under 25 s", rounds=3)
    yield repeated("./inv local-up, it runs already", lambda: _inv(place, "local-up"))


def deploying(place: Place) -> Iterator[Measured]:
    """The demo again, a deploy of nothing, and a change in turn with a bare helm."""
    place.inv("demo", seconds=DEMO_SECONDS)
    place.inv("deploy-hub", "local", HUB, "--check", "quick")
    yield repeated("./inv demo, again", lambda: _inv(place, "demo"), "under 60 s")
    yield repeated("./inv deploy-hub, nothing changed", lambda: _inv(place, "deploy-hub", "local", HUB), "under 2 s")
    text = place.file(VALUES).read_text().rstrip()
    numbers = iter(range(1000, 10000))

    def change() -> None:
        place.file(VALUES).write_text(f"{text}\n  cull: {{timeout: {next(numbers)}}}\n")

    def ours() -> float:
        change()
        return _inv(place, "deploy-hub", "local", HUB, "--check", "quick")

    def bare() -> float:
        change()
        return _helm(place)

    names = ("./inv deploy-hub, a change, quick check", "helm upgrade --install --wait, the same")
    yield from in_turn(names, ours, bare, "at most 1.15")


def _inv(place: Place, *words: str) -> float:
    return seconds(inv(*words), cwd=place.root, env=place.env)


def _helm(place: Place) -> float:
    """helm alone, with values that are ready."""
    target = place.target(HUB)
    words = [tool("helm", place.root), "upgrade", "--install", HUB, target.chart.path, "-n", HUB, "--wait", "-f", "-"]
    env = {**place.env, "KUBECONFIG": str(place.access.kubeconfig)}
    return seconds(words, env=env, stdin=json.dumps(target.values()).encode())


def _down(place: Place) -> None:
    _inv(place, "local-down", "--delete-data", "--confirm", "local")
