"""`./inv validate` as people and programs use it, with the real helm."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from hubfleet.errors import HubfleetError
from hubfleet.toolchain import tool
from tests.integration.charts.home_server_chart import written

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests/examples"
NO_PROGRAMS = "/nonexistent"
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def helm() -> Path:
    """The pinned helm; a machine without it skips what needs it, CI does not."""
    try:
        return tool("helm", ROOT)
    except HubfleetError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{error.what}: {error.next_step}")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet of one hub that is right."""
    return whole(tmp_path / "fleet", "one-hub")


def whole(folder: Path, base: str) -> Path:
    """A valid example with this repository's charts, images and tasks."""
    shutil.copytree(EXAMPLES / "valid" / base, folder)
    for name in ("helm", "images", "tasks.py"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def validate(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    child = {key: value for key, value in os.environ.items() if key not in {"CI", "GITHUB_ACTIONS"}}
    argv = [sys.executable, "-m", "hubfleet.cli.program", "validate", *words]
    return subprocess.run(
        argv,
        cwd=folder,
        env={**child, "PYTHONPATH": str(ROOT), **env},
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )


def values(fleet: Path) -> Path:
    return fleet / "clusters/north/college.values.yaml"


def test_this_repository_is_valid(helm: Path) -> None:
    done = validate(ROOT, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["errors"] == 0
    assert report["checked"]["hubs"] >= 5
    assert report["checked"]["rendered"] == report["checked"]["hubs"]


@pytest.mark.parametrize("base", sorted(path.name for path in (EXAMPLES / "valid").iterdir()))
def test_valid_examples_render(helm: Path, tmp_path: Path, base: str) -> None:
    root = whole(tmp_path / "fleet", base)
    text = (root / "fleet.yaml").read_text()
    stand_in = f"{{source: {written(tmp_path)}}}"
    (root / "fleet.yaml").write_text(re.sub(r"(?<=jupyterhub-home-nfs: )\{.*\}", stand_in, text))
    done = validate(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
    assert "0 rendered" not in done.stderr


def test_json_is_what_its_schema_says(fleet: Path) -> None:
    values(fleet).write_text(values(fleet).read_text().replace("singleuser:", "singelusr:"))
    done = validate(fleet, "--json", "--no-render")
    assert done.returncode == 4
    report = json.loads(done.stdout)
    schema = yaml.safe_load((ROOT / "schemas/validate.schema.yaml").read_text())
    Draft202012Validator(schema).validate(report)
    assert [(each["line"], each["rule"]) for each in report["findings"]] == [(10, "unknown-key")]
    assert report["checked"]["rendered"] is None


def test_findings_are_lines_on_stdout_and_the_summary_is_talk(fleet: Path) -> None:
    values(fleet).write_text(values(fleet).read_text().replace("singleuser:", "singelusr:"))
    done = validate(fleet, "--no-render")
    place = "clusters/north/college.values.yaml:10: jupyterhub.singelusr"
    assert done.stdout == f"{place}: unknown key 'singelusr' (did you mean singleuser?)\n"
    assert "1 error, 0 warnings" in done.stderr
    assert "Traceback" not in done.stderr


def test_github_gets_annotations(fleet: Path) -> None:
    values(fleet).write_text(values(fleet).read_text().replace("singleuser:", "singelusr:"))
    done = validate(fleet, "--no-render", GITHUB_ACTIONS="true")
    assert "::error file=clusters/north/college.values.yaml,line=10,title=unknown-key::" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-s", "nort"], "did you mean north"),
        (["-s", "north/colege"], "did you mean college"),
        (["-s", "stage=prod"], "prod"),
        (["-s", "colour=red"], "colour"),
    ],
)
def test_an_unknown_selection(fleet: Path, words: list[str], said: str) -> None:
    done = validate(fleet, "--no-render", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr


def test_a_selection_says_nothing_of_others(tmp_path: Path) -> None:
    fleet = whole(tmp_path / "fleet", "campus")
    ocean = fleet / "clusters/west/ocean.values.yaml"
    ocean.write_text(ocean.read_text().replace("profileList", "profilesList"))
    assert validate(fleet, "--no-render", "-s", "west/college").returncode == 0
    assert validate(fleet, "--no-render", "-s", "home").returncode == 0
    assert validate(fleet, "--no-render", "-s", "use-case=research").returncode == 4


def test_a_cluster_that_can_not_be_read_can_be_selected(fleet: Path) -> None:
    cluster = fleet / "clusters/north/cluster.yaml"
    cluster.write_text(cluster.read_text().replace("access: members", "access: member"))
    for words in ([], ["-s", "north"], ["-s", "north/college"]):
        done = validate(fleet, "--no-render", *words)
        assert done.returncode == 4
        assert "did you mean members?" in done.stdout


def test_without_helm_it_says_so_and_still_finds_the_rest(fleet: Path, tmp_path: Path) -> None:
    nowhere = {"PATH": NO_PROGRAMS, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = validate(fleet, **nowhere)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "not rendered" in done.stderr
    assert "tools-install" in done.stderr
    values(fleet).write_text(values(fleet).read_text().replace("1G}", "1Gi}"))
    done = validate(fleet, **nowhere)
    assert done.returncode == 4
    assert "write 1G" in done.stdout
    assert validate(fleet, "--no-render", "-s", "north", **nowhere).returncode == 4


def test_what_helm_refuses_is_put_to_the_line_that_set_it(helm: Path, fleet: Path) -> None:
    """Only helm knows that one of data, stringData and binaryData is needed: that depends on all layers."""
    text = values(fleet).read_text()
    values(fleet).write_text(text + "    extraFiles:\n      motd:\n        mountPath: /etc/motd\n")
    done = validate(fleet)
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stdout.startswith("clusters/north/college.values.yaml:13: jupyterhub.singleuser.extraFiles.motd: ")
    assert "data" in done.stdout


def test_what_the_chart_itself_refuses_is_put_to_the_line(helm: Path, fleet: Path) -> None:
    text = values(fleet).read_text()
    values(fleet).write_text(text + "basehub:\n  sharedPassword:\n    enabled: true\n")
    done = validate(fleet)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "clusters/north/college.values.yaml:14: basehub.sharedPassword.enabled: " in done.stdout


def test_objects_outside_the_hubs_namespace_and_of_two_hubs(helm: Path, fleet: Path) -> None:
    (fleet / "helm").unlink()
    shutil.copytree(ROOT / "helm", fleet / "helm")
    (fleet / "helm/basehub/templates/spy.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: spy, namespace: kube-system}\n"
        "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: none\n"
    )
    cluster = fleet / "clusters/north/cluster.yaml"
    entry = cluster.read_text().partition("hubs:\n")[2]
    second = entry.replace("name: college", "name: museum").replace("domain: college", "domain: museum")
    cluster.write_text(cluster.read_text() + second.replace("college.values", "museum.values"))
    shutil.copy(values(fleet), fleet / "clusters/north/museum.values.yaml")
    done = validate(fleet)
    assert done.returncode == 4
    assert "clusters/north/cluster.yaml:5: ConfigMap spy is in the namespace kube-system" in done.stdout
    assert "clusters/north/cluster.yaml:16: StorageClass fast belongs to the whole cluster" in done.stdout


def test_an_interruption_ends_it_soon(helm: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.bench.generate_fleet import generate

    generate(tmp_path / "fleet", 200)
    argv = [sys.executable, "-m", "hubfleet.cli.program", "validate"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, cwd=tmp_path / "fleet", env=env, stderr=subprocess.PIPE, text=True) as started:
        time.sleep(4)
        assert started.poll() is None, "it ended before it could be interrupted"
        started.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, said = started.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert started.returncode == 130, said
    assert "Traceback" not in said


def test_no_secret_is_shown(fleet: Path) -> None:
    text = values(fleet).read_text()
    values(fleet).write_text(
        text.replace("        allowed", "        client_secret: 4711471147114711\n        allowed")
        + "    memory_: 4711471147114711\n    defaultUrl: {a: 4711471147114711}\n"
    )
    done = validate(fleet, "--no-render")
    assert done.returncode == 4
    assert "4711471147114711" not in done.stdout + done.stderr
    assert "secret" in done.stdout


def test_reads_without_writing(fleet: Path) -> None:
    before = sorted(str(path) for path in fleet.rglob("*"))
    validate(fleet, "--no-render")
    assert sorted(str(path) for path in fleet.rglob("*")) == before


def test_not_a_repository(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").symlink_to(ROOT / "tasks.py")
    done = validate(tmp_path, "--no-render")
    assert done.returncode == 2
    assert "not a hubfleet repository" in done.stderr
