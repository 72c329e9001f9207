import fcntl
import shutil
import subprocess
import sys

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.toolchain import packages
from hubfleet.toolchain.packages import services_stay_as_they_are

pytestmark = pytest.mark.skipif(shutil.which("flock") is None, reason="flock is a part of every Debian")

OWN = "#!/bin/sh\nexit 104\n"


@pytest.fixture
def policy(tmp_path):
    return tmp_path / "sbin" / "policy-rc.d"


@pytest.fixture
def lock(tmp_path, policy):
    policy.parent.mkdir()
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        yield tmp_path / "lock"


def asked(policy, service="docker.service", action="start"):
    """What the system does: runs the program with the service's name and the action."""
    return subprocess.run([policy, service, action], check=False).returncode


def test_no_service_starts_meanwhile_and_nothing_stays(policy, lock, recorder):
    with services_stay_as_they_are(policy, lock, recorder):
        assert asked(policy) == 101
        assert asked(policy, "containerd", "restart") == 101
    assert list(policy.parent.iterdir()) == []


def test_what_ran_before_may_restart(policy, lock, monkeypatch):
    monkeypatch.setattr(packages, "_running_services", lambda _run: ["containerd", "docker.socket"])
    with services_stay_as_they_are(policy, lock):
        assert asked(policy, "containerd.service", "restart") == 0
        assert asked(policy, "containerd", "restart") == 0
        assert asked(policy, "docker.socket", "restart") == 0
        assert subprocess.run([policy, "--quiet", "containerd", "restart"], check=False).returncode == 0
        assert subprocess.run([policy, "--quiet", "docker", "start"], check=False).returncode == 101
        assert asked(policy, "docker.service", "start") == 101


def test_the_systems_own_policy_comes_back_also_after_a_failure(policy, lock, recorder):
    policy.write_text(OWN)
    policy.chmod(0o755)

    def fail():
        with services_stay_as_they_are(policy, lock, recorder):
            assert asked(policy) == 101
            raise HubfleetError("apt-get failed")

    with pytest.raises(HubfleetError):
        fail()
    assert policy.read_text() == OWN
    assert asked(policy) == 104
    assert [file.name for file in policy.parent.iterdir()] == ["policy-rc.d"]


def test_after_kill_9_the_leftover_prevents_nothing_and_the_next_run_cleans_up(policy, tmp_path, recorder):
    policy.parent.mkdir()
    policy.write_text(OWN)
    policy.chmod(0o755)
    code = f"""
import fcntl, os, signal
from pathlib import Path
from hubfleet.toolchain.packages import services_stay_as_they_are
held = open({str(tmp_path / "lock")!r}, "w")
fcntl.flock(held.fileno(), fcntl.LOCK_EX)
with services_stay_as_they_are(Path({str(policy)!r}), Path({str(tmp_path / "lock")!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert "hubfleet" in policy.read_text()
    assert asked(policy) == 104  # the system's own answer
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        with services_stay_as_they_are(policy, tmp_path / "lock", recorder):
            assert asked(policy) == 101
    assert policy.read_text() == OWN
    assert [file.name for file in policy.parent.iterdir()] == ["policy-rc.d"]


@pytest.fixture
def elsewhere(policy, tmp_path, monkeypatch):
    policy.parent.mkdir()
    monkeypatch.setattr(packages, "POLICY", policy)
    monkeypatch.setattr(packages, "LOCK", tmp_path / "lock")


def test_one_call_each_package_once_nothing_removed_or_upgraded(elsewhere, recorder, stop):
    said = []
    packages.install(["runc", "docker.io", "runc"], said.append, stop, recorder)
    [words] = [call for call in recorder.calls if call[0] == "apt-get"]
    assert words[-2:] == ["docker.io", "runc"]
    assert {"--no-install-recommends", "--no-upgrade", "--no-remove"} <= set(words)
    assert said[-1] == "docker.io, runc: installed"


def test_old_package_lists_are_renewed_once(elsewhere, recorder, stop):
    recorder.answer("runc", stderr="E: Unable to locate package runc", returncode=100)
    with pytest.raises(HubfleetError) as trouble:
        packages.install(["runc"], lambda _: None, stop, recorder)
    assert [call[1] for call in recorder.calls if call[0] == "apt-get"] == ["install", "update", "install"]
    assert trouble.value.evidence == "E: Unable to locate package runc"


def test_packages_in_the_way_are_left_alone(elsewhere, recorder, stop):
    said = "E: Packages need to be removed but remove is disabled."
    recorder.answer("docker.io", stderr=said, returncode=100)
    with pytest.raises(HubfleetError) as trouble:
        packages.install(["docker.io"], lambda _: None, stop, recorder)
    assert "by hand" in trouble.value.next_step
