"""Emptying node pools on a real API server with simulated nodes: closing, waiting, eviction, disruption budgets.

The cloud of the upgrade at the end is tests/fakes/gke.py: its operations replace no node.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hubfleet import clouds, paths
from hubfleet.clouds.access import Access
from hubfleet.localcluster import ports
from hubfleet.runs import resume_or_start
from hubfleet.tools.kubernetes import Kube
from hubfleet.tools.nodes import nodes
from hubfleet.workflows import upgrade_cluster as work
from hubfleet.workflows.upgrade_cluster.drain import Pace
from tests.fakes.gke import FakeGke
from tests.integration.clouds.conftest import fake_gke, fake_google, root, said

__all__ = ["fake_gke", "fake_google", "root"]
pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
POOLS = {"simulated-1": "core", "simulated-2": "core", "simulated-3": "user", "simulated-4": "user"}
NAMESPACE = "demo"


@dataclass(frozen=True)
class Simulated:
    """A cluster of four simulated nodes in two pools, with a state folder of its own."""

    state: Path
    access: Access

    @property
    def kube(self) -> Kube:
        return self.access.kube

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "XDG_STATE_HOME": str(self.state), "NO_COLOR": "1", "CI": "true"}

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hubfleet.cli.program", *words]

    def inv(self, *words: str, ok: int = 0) -> str:
        done = subprocess.run(
            self.words(*words), cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=200
        )
        assert done.returncode == ok, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(*words), cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def send(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Any:
        with self.kube.errors(f"{method} {path}"):
            headers = {"Content-Type": content}
            answer = self.kube.http.request(method, path, content=json.dumps(body) if body else None, headers=headers)
            self.kube.raise_for(answer)
            return answer.json()

    def put(self, path: str, body: Any) -> None:
        """Make an object; its namespace's service account may need a moment first."""
        ends = time.monotonic() + 60
        while True:
            try:
                self.send("POST", path, body)
                return
            except Exception:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.3)

    def pod(self, name: str, pool: str, *, server: bool = True) -> None:
        labels = {"component": "singleuser-server"} if server else {"app": name}
        self.put(f"/api/v1/namespaces/{NAMESPACE}/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec(pool),
        })  # fmt: skip
        until(lambda: self.phase(name) == "Running")

    def phase(self, name: str) -> str:
        found = self.kube.list_json(f"/api/v1/namespaces/{NAMESPACE}/pods", "list pods")
        return next((each["status"].get("phase", "") for each in found if each["metadata"]["name"] == name), "gone")

    def names(self) -> set[str]:
        found = self.kube.list_json(f"/api/v1/namespaces/{NAMESPACE}/pods", "list pods")
        return {each["metadata"]["name"] for each in found}

    def closed(self) -> set[str]:
        return {each.name for each in nodes(self.kube) if each.closed}


def spec(pool: str) -> dict[str, Any]:
    return {
        "nodeSelector": {"cloud.google.com/gke-nodepool": pool}, "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1, "containers": [{"name": "it", "image": "pretended"}],
    }  # fmt: skip


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Simulated]:
    state = Path(tempfile.mkdtemp(prefix="hubfleet-e2e-"))
    made = Simulated(state, Access("local", state / "hubfleet/local/admin.conf"))
    try:
        made.inv("local-up", "--simulated", "4", "--port", str(ports.any_free()))
        merge = "application/merge-patch+json"
        for name, pool in POOLS.items():
            labels = {"cloud.google.com/gke-nodepool": pool}
            made.send("PATCH", f"/api/v1/nodes/{name}", {"metadata": {"labels": labels}}, merge)
        made.send("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        yield made
    finally:
        made.kube.close()
        made.inv("local-down", "--delete-data", "--confirm", "local")
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def simulated(cluster: Simulated) -> Iterator[Simulated]:
    """The same cluster, its nodes open and its namespace empty again after each test."""
    yield cluster
    for path in ("apis/apps/v1/namespaces/demo/daemonsets", "apis/policy/v1/namespaces/demo/poddisruptionbudgets",
                 "api/v1/namespaces/demo/pods"):  # fmt: skip
        cluster.send("DELETE", f"/{path}", {"gracePeriodSeconds": 0})
    until(lambda: not cluster.names())
    for pool in ("core", "user"):
        cluster.inv("drain-pool", "local", pool, "--reopen")


def budget(simulated: Simulated, app: str, available: int) -> None:
    simulated.put("/apis/policy/v1/namespaces/demo/poddisruptionbudgets", {
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": app},
        "spec": {"minAvailable": available, "selector": {"matchLabels": {"app": app}}},
    })  # fmt: skip
    path = "/apis/policy/v1/namespaces/demo/poddisruptionbudgets"
    until(lambda: simulated.kube.list_json(path, "budgets")[0]["status"].get("expectedPods") == 1)


def test_a_pool_is_emptied_and_nothing_else(simulated: Simulated) -> None:
    simulated.put("/apis/apps/v1/namespaces/demo/daemonsets", {
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec("user")},
        },
    })  # fmt: skip
    for name in ("jupyter-ada", "jupyter-grace"):
        simulated.pod(name, "user")
    simulated.pod("dask", "user", server=False)
    simulated.pod("hub", "core", server=False)

    told = simulated.inv("drain-pool", "local", "user", "--deadline", "0")

    assert "2 users' servers are asked to leave" in told
    assert "2 nodes of local/user are empty and closed" in told
    assert {name for name in simulated.names() if not name.startswith("agent-")} == {"hub"}
    assert len(simulated.names()) == 3, "daemon sets stay"
    assert simulated.closed() == {"simulated-3", "simulated-4"}
    assert "2 nodes of local/user are open again" in simulated.inv("drain-pool", "local", "user", "--reopen")
    assert simulated.closed() == set()


def test_a_disruption_budget_is_respected_and_tried_again(simulated: Simulated) -> None:
    simulated.pod("hub", "core", server=False)
    budget(simulated, "hub", 1)
    running = simulated.start("drain-pool", "local", "core", "--deadline", "0")
    read_until(running, "may not leave yet: Cannot evict pod as it would violate")
    assert simulated.phase("hub") == "Running"

    path = "/apis/policy/v1/namespaces/demo/poddisruptionbudgets/hub"
    simulated.send("PATCH", path, {"spec": {"minAvailable": 0}}, "application/merge-patch+json")
    out, _ = running.communicate(timeout=100)

    assert running.returncode == 0, out
    assert simulated.names() == set()


def test_users_are_waited_for_and_ctrl_c_says_what_stays(simulated: Simulated) -> None:
    simulated.pod("jupyter-ada", "user")
    running = simulated.start("drain-pool", "local", "user", "--deadline", "2h")
    read_until(running, "1 users' servers run; waiting until")

    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)

    assert running.returncode == 130, out
    assert "the nodes of pool user stay closed" in out
    assert simulated.phase("jupyter-ada") == "Running"
    assert simulated.closed() == {"simulated-3", "simulated-4"}


def test_unknown_pool(simulated: Simulated) -> None:
    assert "core, user" in simulated.inv("drain-pool", "local", "users", ok=2)


def test_upgrade_of_a_cluster_whose_nodes_are_real_objects(
    simulated: Simulated, fake_gke: FakeGke, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "access", lambda _: simulated.access)
    monkeypatch.setenv("XDG_STATE_HOME", str(simulated.state))
    simulated.pod("jupyter-ada", "user")
    simulated.pod("hub", "core", server=False)
    budget(simulated, "hub", 1)

    planned = work.plan(root, "west", "1.34")
    assert [each.where for each in planned.concerns] == ["disruption budget demo/hub", "user"]
    run = resume_or_start(root, "upgrade-cluster", "west")
    options = work.Options("0", despite_budgets=True, pace=Pace(look=0.2, retry=0.2))
    with run.ending():
        done = work.upgrade_cluster(run, root, planned, options)

    assert {each.version for each in done.versions.pools} == {"1.34.2-gke.300"}
    assert simulated.names() == {"hub"}, "the user was asked to leave, and nobody else"
    assert simulated.closed() == {"simulated-3", "simulated-4"}
    assert any("the deadline is over; 1 users' servers are asked to leave" in line for line in said(run))
    assert paths.runs(root).is_dir()


def read_until(running: subprocess.Popen[str], words: str) -> None:
    assert running.stdout is not None
    seen = ""
    for line in running.stdout:
        seen += line
        if words in line:
            return
    pytest.fail(f"it ended before it said {words!r}:\n{seen}")
