"""Refusals before anything is changed."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.localcluster import preflight
from hubfleet.localcluster.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def simulated(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "local", kind="simulated", count=1, port=free_port())


def test_real_nodes_need_root_and_say_what_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(WrongUsage, match="need root") as caught:
        preflight.check(Settings(tmp_path), first=True)
    assert "--simulated" in caught.value.next_step
    assert "kubeconfig" in caught.value.next_step


def test_another_system_is_sent_to_its_own_kubernetes(simulated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(WrongUsage, match="not on darwin") as caught:
        preflight.check(simulated, first=True)
    assert "./inv demo --on CONTEXT" in caught.value.next_step


@pytest.mark.skipif(sys.platform != "linux", reason="the local cluster runs on Linux")
def test_a_taken_port_is_named_with_its_holder_and_another_proposed(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(WrongUsage, match=rf"port {port} is taken by .*process") as caught:
            preflight.check(Settings(tmp_path, kind="simulated", count=1, port=port), first=True)
    assert "--port" in caught.value.next_step


@pytest.mark.skipif(sys.platform != "linux", reason="the local cluster runs on Linux")
def test_a_full_disk_is_told_before_anything_is_written(simulated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    preflight.check(simulated, first=True)
    monkeypatch.setattr(preflight, "_FIRST_BYTES", 10**18)
    with pytest.raises(HubfleetError, match="GB are free") as caught:
        preflight.check(simulated, first=True)
    assert "XDG_STATE_HOME" in caught.value.next_step
    assert not simulated.folder.exists()
    preflight.check(simulated, first=False)
