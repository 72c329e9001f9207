"""Folders, shells, and where stand-ins may be."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubfleet import clouds
from hubfleet.clouds import runtime
from hubfleet.clouds.begin import begin
from hubfleet.clouds.endpoints import stand_in
from hubfleet.clouds.interface import Operation, Unanswered
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.fleet.select import select_clusters
from hubfleet.workflows import cluster_shell
from hubfleet.workflows.versions import pools_of


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield tmp_path / "hubfleet"
    runtime.remove()


def test_folder_is_private_and_goes() -> None:
    path = runtime.write("west.kubeconfig", "text")

    assert path.read_text() == "text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    runtime.remove()
    assert not path.parent.exists()


def test_dead_ones_go_and_living_ones_stay(base: Path) -> None:
    for name in ("p-dead", "p-living", "p-unlocked"):
        (base / name).mkdir(parents=True)
        (base / name / "west.kubeconfig").write_text("text")
    (base / "p-dead/.lock").touch()
    living = os.open(base / "p-living/.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(living, fcntl.LOCK_EX)

    mine = runtime.folder()

    assert sorted(each.name for each in base.glob("p-*")) == sorted(["p-living", mine.name])
    os.close(living)


def test_wide_open_folder_is_closed(base: Path) -> None:
    base.mkdir(mode=0o777)
    runtime.folder()

    assert stat.S_IMODE(base.stat().st_mode) == 0o700


def test_folder_that_can_not_be_made(base: Path) -> None:
    base.write_text("in the way")

    with pytest.raises(HubfleetError, match="no private folder"):
        runtime.folder()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "http://127.0.0.1:8080", "localhost:5"])
def test_stand_in_on_this_machine(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", address)
    assert stand_in("X") == address


@pytest.mark.parametrize(
    "address", ["evil.example.org:443", "http://127.0.0.1.evil.org", "http://127.0.0.1@evil.org", "10.0.0.1:1"]
)
def test_stand_in_elsewhere_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", address)
    with pytest.raises(WrongUsage, match="on this machine"):
        stand_in("X")


class Cloud:
    """Counts, and answers as it is told."""

    def __init__(self, *running: Operation) -> None:
        self.running = running
        self.calls = 0

    def running_operations(self) -> tuple[Operation, ...]:
        return self.running

    def silent(self) -> Operation:
        self.calls += 1
        raise Unanswered("busy")


def test_operation_that_runs_is_taken_for_the_one_whose_answer_got_lost() -> None:
    operation = Operation("o", "upgrade pool", "user", "running")
    cloud = Cloud(Operation("p", "upgrade pool", "core", "running"), operation)

    assert begin(cloud, "upgrade pool", "user", cloud.silent, first_pause=0.001) == operation
    assert cloud.calls == 1


def test_silence_ends() -> None:
    cloud = Cloud()

    with pytest.raises(Unanswered):
        begin(cloud, "upgrade pool", "user", cloud.silent, first_pause=0.001)
    assert cloud.calls == 6


@pytest.mark.parametrize("program", ["zsh", "fish", "bash", "ksh"])
def test_prompt_of_each_shell(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = tmp_path / program
    shell.write_text("#!/bin/sh\n")
    shell.chmod(0o755)
    env = {"SHELL": str(shell), "KUBECONFIG": "/k", "PATH": "/usr/bin"}

    found = cluster_shell._started(env, "west", Path("/pinned"))

    files = [Path(each) for each in (*found.argv, found.env.get("ENV", ""), f"{found.env.get('ZDOTDIR', '/x')}/.zshrc")]
    text = " ".join([*found.argv, *(each.read_text() for each in files if each.is_file() and each != shell)])
    assert found.argv[0] == str(shell)
    assert "[west] " in text


def test_shell_that_does_not_exist(tmp_path: Path) -> None:
    found = cluster_shell._started({"SHELL": "/nowhere/zsh", "KUBECONFIG": "/k"}, "west", tmp_path)

    assert found.argv[0] == "/bin/sh"


def test_what_could_lead_elsewhere_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_KUBECONTEXT", "production")
    monkeypatch.setenv("KUBECONFIG", "/mine")

    env = cluster_shell._environment(Path("/pinned"), Path("/own"), "west", {"AWS_PROFILE": "hubs"})

    assert "HELM_KUBECONTEXT" not in env
    assert (env["KUBECONFIG"], env["HUBFLEET_CLUSTER"], env["AWS_PROFILE"]) == ("/own", "west", "hubs")
    assert env["PATH"].startswith("/pinned:")


def node(pool: str, version: str) -> dict:
    labels = {"cloud.google.com/gke-nodepool": pool} if pool else {}
    return {"metadata": {"labels": labels}, "status": {"nodeInfo": {"kubeletVersion": f"v{version}"}}}


def test_pool_in_the_middle_of_an_upgrade_is_told_by_version() -> None:
    found = pools_of([node("user", "1.34.1"), node("user", "1.33.1"), node("user", "1.33.1"), node("", "1.33.1")])

    assert [(each.name, each.version, each.size) for each in found] == [
        ("nodes", "1.33.1", 1),
        ("user", "1.33.1", 2),
        ("user", "1.34.1", 1),
    ]


class Named:
    def __init__(self, name: str, provider: str = "local") -> None:
        self.name = name
        self.provider = provider
        self.hubs = ()
        self.at = "cluster.yaml:1"


class Fleet:
    clusters = (Named("west"), Named("east"))

    def cluster(self, name: str) -> Named:
        return next(each for each in self.clusters if each.name == name)


def test_clusters_without_hubs_are_chosen_too() -> None:
    assert [each.name for each in select_clusters(Fleet(), [])] == ["west", "east"]
    assert [each.name for each in select_clusters(Fleet(), ["east"])] == ["east"]


def test_cluster_that_is_in_no_cloud() -> None:
    with pytest.raises(WrongUsage, match="in no cloud"):
        clouds.cloud(Named("local"))
