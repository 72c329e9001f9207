"""A fleet whose clusters terraform makes: real terraform, real `inv`, AWS on loopback (see tests/fakes/aws.py)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet import paths
from hubfleet.errors import HubfleetError
from hubfleet.toolchain import tool
from tests.fakes import aws
from tests.integration.terraform.conftest import how_to_get, mirror_of

ROOT = Path(__file__).parents[3]
INV = [sys.executable, "-m", "hubfleet.cli.program", "--search-root", str(ROOT)]
FLEET = """\
tools: {helm: 4.3.1, kubernetes: 1.35.4, terraform: 1.11.4}
charts: {jupyterhub: {version: 4.3.3, source: embedded}}
stages: [production]
staff: {admins: [grace]}
"""
CLUSTER = {
    "name": "ireland",
    "provider": "aws",
    "aws": {"account": aws.ACCOUNT, "region": aws.REGION, "cluster": "hubs"},
    "hubs": [],
}
PEOPLE = ["--contact", "Ada <ada@example.org> owner", "--admin", "ada"]
# A cluster small enough to be killed in all kinds of ways: three things of terraform itself, one of which takes its
# time as long as a file `wait` is there, fails when a file `fail` is there, and does not go where `refuse` is.
SMALL = """
variable "cluster" { type = string }
variable "kubernetes_name" { type = string }
variable "place" { type = any }
variable "hubs" { type = any }
variable "deletion_protection" { type = bool }
variable "tags" {
  type    = map(string)
  default = {}
}
terraform {
  backend "s3" {}
}
resource "terraform_data" "network" {
  input = "network of ${var.cluster}"
}
resource "terraform_data" "cluster" {
  input = { name = var.kubernetes_name, size = lookup(var.tags, "size", "small") }
  depends_on = [terraform_data.network]
  provisioner "local-exec" {
    command = "touch DESK/begun; while test -e DESK/wait; do sleep 0.05; done; test ! -e DESK/fail"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "touch DESK/going; while test -e DESK/wait; do sleep 0.05; done; test ! -e DESK/refuse"
  }
}
resource "terraform_data" "pool" {
  input      = "pool"
  depends_on = [terraform_data.cluster]
}
output "outputs" {
  value = { ingress_address = "", registry = "registry of ${terraform_data.cluster.output.name}", hubs = {} }
}
"""


@dataclass
class Desk:
    """Where an engineer works: a repository with one cluster, `ireland`, and what the small root looks at."""

    root: Path
    folder: Path
    env: dict[str, str]
    cluster_name: str = "ireland"

    def inv(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a task to its end, and expect this exit code."""
        done = subprocess.run(
            [*INV, *words], cwd=self.root, env=self.env, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a task."""
        return subprocess.Popen(
            [*INV, *words], cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def data(self, *words: str) -> Any:
        """What a task says as JSON."""
        return json.loads(self.inv(*words, "--json").stdout)

    def say(self, name: str) -> None:
        """Lay a file there for the small root to see: wait, fail, refuse."""
        (self.folder / name).touch()

    def unsay(self, name: str) -> None:
        """Take it away."""
        (self.folder / name).unlink()

    def until(self, name: str) -> None:
        """Wait until the small root has laid a file there."""
        wait_for((self.folder / name).exists, name)

    def cluster(self, **more: Any) -> None:
        """Write cluster.yaml."""
        path = self.root / "clusters/ireland/cluster.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**CLUSTER, **more}, indent=2))

    def new(self, cluster: str, *options: str, hubs: dict[str, str]) -> None:
        """A cluster as `new-cluster` and `new-hub` write it, which validates at once; `hubs`: use cases by name."""
        self.cluster_name = cluster
        shutil.rmtree(self.root / "clusters", ignore_errors=True)
        (self.root / "clusters").mkdir(parents=True)
        shutil.copy(ROOT / "fleet.yaml", self.root)
        for name in ("helm", "images", "schemas"):
            (self.root / name).symlink_to(ROOT / name)
        self.inv("new-cluster", cluster, *options, "--domain", "hubs.example.org")
        for hub, use_case in hubs.items():
            self.inv("new-hub", f"{cluster}/{hub}", "--use-case", use_case, *PEOPLE)
        assert "0 errors" in self.inv("validate", "-s", cluster).stderr

    def decide(self, hub: str = "", **changes: Any) -> None:
        """What a person edits in cluster.yaml after that: keys of a hub, or of `infrastructure`."""
        path = self.root / f"clusters/{self.cluster_name}/cluster.yaml"
        found = yaml.safe_load(path.read_text())
        part = next(each for each in found["hubs"] if each["name"] == hub) if hub else found["infrastructure"]
        part.update(changes)
        path.write_text(yaml.safe_dump(found))

    def copy(self, state: str | None = "state/ireland.tfstate") -> Desk:
        """Somebody else's clone of the same repository: the same state, nothing else in common."""
        root = self.root.parent / "other"
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(".hubfleet", "state"))
        other = Desk(root, self.folder, self.env)
        if state:
            other.cluster(infrastructure={"state": {"path": str(self.root / state)}})
        return other

    @property
    def home(self) -> Path:
        """What hubfleet keeps of the cluster."""
        return self.root / ".hubfleet/infra/ireland"

    def state(self) -> dict[str, Any]:
        """The state, where it is in a file."""
        path = self.root / "state/ireland.tfstate"
        return json.loads(path.read_text()) if path.exists() else {}

    def held(self) -> list[str]:
        """Types and names of what is in the state."""
        return sorted(f"{each['type']}.{each['name']}" for each in self.state().get("resources", []))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until it is so."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"{what} did not come"
        time.sleep(0.05)


def with_provider(desk: Desk, *modules: str, provider: str = "aws") -> None:
    """Give the desk the real modules, and the provider from this machine's mirror; skip where there is none."""
    mirror = mirror_of(provider)
    if mirror is None:
        pytest.skip(f"no mirror on this machine has the {provider} provider{how_to_get(provider)}")
    for name in modules:
        shutil.copytree(ROOT / "terraform" / name, desk.root / "terraform" / name, dirs_exist_ok=True)
    config = desk.root.parent / "terraform.rc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    desk.env["TF_CLI_CONFIG_FILE"] = str(config)


def terraforms(folder: Path) -> list[int]:
    """Process ids of the terraforms that work below a folder (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = (process / "cwd").readlink().is_relative_to(folder)
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if inside and words[0].endswith(b"/terraform"):
            found.append(int(process.name))
    return found


@pytest.fixture
def fake_aws() -> Iterator[aws.FakeAws]:
    """AWS with nothing in it."""
    import moto.backends

    with aws.served() as fake:
        yield fake
        for service in ("eks", "ec2", "elb", "elbv2", "efs", "s3", "iam", "ecr", "backup", "sts"):
            moto.backends.get_backend(service).reset()


@pytest.fixture
def desk(tmp_path: Path, fake_aws: aws.FakeAws) -> Iterator[Desk]:
    """Somebody who is logged in to AWS, with a repository of the small root; its state in a file."""
    try:
        tool("terraform", ROOT)
    except HubfleetError as error:
        pytest.skip(f"{error.what}: {error.next_step}")
    root, folder, home = tmp_path / "fleet", tmp_path / "desk", tmp_path / "home"
    (root / "terraform/aws").mkdir(parents=True)
    folder.mkdir()
    (home / "runtime").mkdir(parents=True)
    (root / "fleet.yaml").write_text(FLEET)
    (root / "terraform/aws/main.tf").write_text(SMALL.replace("DESK", str(folder)))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "ARM_"))}
    env |= {
        "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "runtime"), "XDG_CACHE_HOME": str(paths.cache().parent),
        "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret-key", "AWS_ENDPOINT_URL": fake_aws.address,
        "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
        "PYTHONPATH": str(ROOT), "GIT_CEILING_DIRECTORIES": str(tmp_path), "GITHUB_ACTOR": "ada",
    }  # fmt: skip
    found = Desk(root, folder, env)
    found.cluster(infrastructure={"state": {"path": "state/ireland.tfstate"}})
    yield found
    for process in terraforms(tmp_path):
        os.kill(process, signal.SIGKILL)
    shutil.rmtree(root, ignore_errors=True)
