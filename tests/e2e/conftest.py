"""One real cluster with real hubs for all end-to-end tests, apart from what the person here runs.

They work in a copy of the repository, with a state folder of their own, and through the command line, as people do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from hubfleet import localcluster
from hubfleet.clouds import Access
from hubfleet.fleet import load_fleet
from hubfleet.tools.kubernetes import Kube
from hubfleet.workflows.deploy.target import Target, packaged

ROOT = Path(__file__).parents[2]
DEMO_SECONDS = 1500


@dataclass(frozen=True)
class Place:
    """A copy of the repository with a cluster.

    Args:
        root: the copy.
        env: of every command, with a state folder of its own.
    """

    root: Path
    env: dict[str, str]

    def inv(self, *words: str, ok: int = 0, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a task as a person would; fails the test when it ends with another exit code."""
        command = [sys.executable, "-m", "hubfleet.cli.program", *words]
        done = subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == ok, (
            f"./inv {' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        assert "Traceback" not in done.stderr
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a task without waiting for it, for tests that interrupt it."""
        command = [sys.executable, "-m", "hubfleet.cli.program", *words]
        return subprocess.Popen(
            command, cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def json(self, *words: str, ok: int = 0) -> Any:
        """What a task prints with `--json`."""
        return json.loads(self.inv(*words, "--json", ok=ok).stdout)

    def file(self, name: str) -> Path:
        """A file of the copy."""
        return self.root / name

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit a file of the copy as a person would."""
        text = self.file(name).read_text()
        assert old in text, f"{name} does not contain {old!r}"
        self.file(name).write_text(text.replace(old, new))

    @property
    def state(self) -> Path:
        """Where this copy's local cluster is kept."""
        return Path(self.env["XDG_STATE_HOME"]) / "hubfleet" / "local"

    @cached_property
    def access(self) -> Access:
        """To the local cluster."""
        return Access("local", self.state / "admin.conf")

    @property
    def kube(self) -> Kube:
        """The local cluster's API."""
        return self.access.kube

    def target(self, hub: str) -> Target:
        """A hub of the local cluster as its files say now, for what goes past hubfleet's own commands."""
        fleet = load_fleet(self.root)
        cluster = fleet.cluster("local")
        found = cluster.hub(hub)
        return Target(self.root, fleet, cluster, found, self.access, packaged(self.root, found))

    def hub(self, name: str) -> dict[str, Any]:
        """A hub's line of `status --json`."""
        return next(each for each in self.json("status")["hubs"] if (each["cluster"], each["hub"]) == ("local", name))


def copy_repository(target: Path) -> None:
    """Every file that git knows or would take, as it is now; and a first commit, so that runs can name it."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    git = ["git", "-C", str(target), "-c", "user.email=e2e@example.org", "-c", "user.name=e2e"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "config", "user.email", "e2e@example.org"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "as it is"], check=True)


def unfit() -> str:
    """Why this machine can not run the tests; empty where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs Linux and root"
    if localcluster.status().running:
        return "a local cluster runs on this machine: ./inv local-down stops it and keeps its homes"
    return ""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A copy of the repository whose demo is up. The first test that asks for it waits for `./inv demo`."""
    trouble = unfit()
    if trouble:
        if os.environ.get("CI"):
            pytest.fail(trouble)
        pytest.skip(trouble)
    folder = tmp_path_factory.mktemp("place")
    made = Place(folder / "fleet", {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "NO_COLOR": "1"})
    copy_repository(made.root)
    try:
        made.inv("demo", seconds=DEMO_SECONDS)
        yield made
    finally:
        made.kube.close()
        made.inv("local-down", "--delete-data", "--confirm", "local")
