"""new-cluster and new-hub as people use them, in a copy of this repository, followed by the real `validate`."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from hubfleet.errors import HubfleetError
from hubfleet.toolchain import tool

ROOT = Path(__file__).parents[2]
PLACES = {
    "gcp": ["--project", "example-hubs-two", "--location", "us-east1"],
    "aws": ["--account", "012345678901", "--region", "eu-west-1"],
    "azure": ["--subscription", "12345678-90ab-cdef-1234-567890abcdef", "--resource-group", "rg",
              "--location", "northeurope"],
    "kubeconfig": ["--context", "kind-two"],
    "local": [],
}  # fmt: skip
PEOPLE = ["--contact", "Ada <ada@example.org> owner", "--admin", "ada"]
pytestmark = pytest.mark.integration


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    folder.mkdir()
    for name in ("clusters", "fleet.yaml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for name in ("helm", "images", "tasks.py", "schemas"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "hubfleet.cli.program", *words]


def environment() -> dict[str, str]:
    return {**{key: value for key, value in os.environ.items() if key != "CI"}, "PYTHONPATH": str(ROOT)}


def inv(fleet: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv(*words), cwd=fleet, env=environment(), text=True, capture_output=True, stdin=subprocess.DEVNULL,
        timeout=200, check=False,
    )  # fmt: skip


def typed(fleet: Path, answers: str, *words: str) -> tuple[int, str]:
    """Run it at a terminal of its own, where the next line is typed when it asks, as a person does."""
    terminal, other = pty.openpty()
    lines = iter(answers.splitlines(keepends=True))
    with subprocess.Popen(
        ["setsid", "--ctty", *argv(*words)], cwd=fleet, env=environment(), stdin=other, stdout=other, stderr=other
    ) as started:
        os.close(other)
        said = b""
        while started.poll() is None or select.select([terminal], [], [], 0.2)[0]:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    said += os.read(terminal, 65536)
                except OSError:  # the other end has gone
                    break
            elif said.endswith(b" "):  # it asks, and waits
                os.write(terminal, next(lines, "").encode())
        os.close(terminal)
        return started.wait(timeout=60), said.decode()


def files(fleet: Path) -> dict[str, bytes]:
    return {str(path.relative_to(fleet)): path.read_bytes() for path in (fleet / "clusters").rglob("*.yaml")}


@pytest.mark.parametrize("provider", PLACES)
def test_a_cluster_and_a_hub_validate_at_once(fleet: Path, provider: str) -> None:
    try:
        tool("helm", ROOT)
    except HubfleetError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(error.what)
    before = files(fleet)
    made = inv(fleet, "new-cluster", "two", "--provider", provider, *PLACES[provider], "--domain", "two.example.org")
    assert made.returncode == 0, made.stderr
    done = inv(fleet, "validate", "-s", "two", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said = [each for each in json.loads(done.stdout)["findings"] if "can not be downloaded" not in each["message"]]
    assert {each["rule"] for each in said} <= {"to-decide", "issuer-email"}, "charts may be out of reach as well"
    made = inv(fleet, "new-hub", "two/lab", "--use-case", "research", *PEOPLE)
    assert made.returncode == 0, made.stderr
    assert "./inv deploy-hub two lab" in made.stderr
    report = json.loads(inv(fleet, "validate", "-s", "two", "--json").stdout)
    assert (report["errors"], report["checked"]["hubs"], report["checked"]["rendered"]) == (0, 1, 1)
    now = files(fleet)
    assert {name: now[name] for name in before} == before


def test_a_hub_for_each_example(fleet: Path) -> None:
    for cluster in ("example-gcp", "example-aws", "example-azure", "local"):
        before = (fleet / f"clusters/{cluster}/cluster.yaml").read_bytes()
        made = inv(fleet, "new-hub", f"{cluster}/extra", "--use-case", "education", *PEOPLE,
                   "--domain", f"extra.{cluster}.example.net")  # fmt: skip
        assert made.returncode == 0, made.stderr
        after = (fleet / f"clusters/{cluster}/cluster.yaml").read_bytes()
        assert after.startswith(before)
    done = inv(fleet, "validate", "--no-render")
    assert done.returncode == 0, done.stdout


def test_without_a_terminal_nothing_is_asked(fleet: Path) -> None:
    before = files(fleet)
    done = inv(fleet, "new-cluster", "two")
    assert done.returncode == 2
    assert "--provider is missing" in done.stderr
    done = inv(fleet, "new-cluster", "two", "--provider", "aws")
    assert "--account and --region are missing" in done.stderr
    assert files(fleet) == before


def test_at_a_terminal_it_is_asked(fleet: Path) -> None:
    answers = "gpc\ngcp\nexample-hubs-two\nus-east1\nhubs.example.net\n"
    code, said = typed(fleet, answers, "new-cluster", "two")
    assert code == 0, said
    assert "did you mean gcp?" in said
    cluster = yaml.safe_load((fleet / "clusters/two/cluster.yaml").read_text())
    assert cluster["domain"] == "hubs.example.net"


@pytest.mark.parametrize("answers", ["gcp\n\x03", "gcp\n\x04"], ids=["ctrl-c", "end of input"])
def test_whoever_leaves_half_way_leaves_nothing(fleet: Path, answers: str) -> None:
    before = files(fleet)
    code, said = typed(fleet, answers, "new-cluster", "two")
    assert (code, "Traceback" in said) == (130, False), said
    assert files(fleet) == before


def test_the_proposal_as_json_writes_nothing(fleet: Path) -> None:
    before = files(fleet)
    done = inv(fleet, "new-hub", "ocean", "--use-case", "research", "--data-region", "us-west1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    Draft202012Validator(yaml.safe_load((ROOT / "schemas/proposal.schema.yaml").read_text())).validate(found)
    assert found["cluster"] == "example-gcp"
    assert files(fleet) == before


def test_yes_to_the_proposal_writes_it(fleet: Path) -> None:
    words = ["new-hub", "ocean", "--use-case", "research", "--data-region", "us-west1", *PEOPLE, "--domain",
             "ocean.example.net", "--display-name", "Ocean", "--community", "Ocean", "--community-type",
             "research-team", "--access", "members", "--stage", "production", "--login", "github"]  # fmt: skip
    code, said = typed(fleet, "no\n", *words)
    assert code == 0, said
    assert not (fleet / "clusters/example-gcp/ocean.values.yaml").exists()
    code, said = typed(fleet, "yes\n", *words)
    assert code == 0, said
    assert (fleet / "clusters/example-gcp/ocean.values.yaml").exists()
