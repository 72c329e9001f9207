"""Programs are found by the link they were started through, and replaced when they run otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubfleet.localcluster import daemons, identity
from hubfleet.localcluster.daemons import Daemon
from hubfleet.process import environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[Daemon]:
    link = daemons.link(tmp_path, "sleeper", Path("/bin/sleep"))
    yield Daemon(link, ("61",), environment(), tmp_path / "logs/sleeper.log")
    identity.end(daemons.running(link), 5)


def found(daemon: Daemon) -> list[identity.Process]:
    deadline = time.monotonic() + 5
    while not daemons.running(daemon.link):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return daemons.running(daemon.link)


def test_it_is_started_once(sleeping: Daemon) -> None:
    assert daemons.ensure(sleeping)
    first = found(sleeping)
    assert not daemons.ensure(sleeping)
    assert found(sleeping) == first
    assert len(first) == 1


def test_another_configuration_replaces_it(sleeping: Daemon) -> None:
    daemons.ensure(sleeping)
    (before,) = found(sleeping)
    other = Daemon(sleeping.link, ("62",), sleeping.env, sleeping.log)
    assert daemons.ensure(other)
    (after,) = found(other)
    assert after.argv[1:] == ("62",)
    assert not identity.alive(before)


def test_another_program_behind_the_link_replaces_it(sleeping: Daemon, tmp_path: Path) -> None:
    daemons.ensure(sleeping)
    (before,) = found(sleeping)
    copy = tmp_path / "sleep-2"
    copy.write_bytes(Path(os.path.realpath("/bin/sleep")).read_bytes())
    copy.chmod(0o755)
    daemons.link(tmp_path, "sleeper", copy)
    assert daemons.ensure(sleeping)
    assert not identity.alive(before)
    assert identity.program(found(sleeping)[0]) == str(copy)


def test_two_become_one(sleeping: Daemon) -> None:
    twins = [subprocess.Popen([sleeping.link, "61"]) for _ in range(2)]
    assert not daemons.ensure(sleeping)
    assert len(found(sleeping)) == 1
    for each in twins:
        each.kill()
        each.wait()


def test_a_program_that_only_names_the_folder_is_a_stranger(sleeping: Daemon) -> None:
    stranger = subprocess.Popen(["sh", "-c", "sleep 60; true", str(sleeping.link)])
    try:
        daemons.ensure(sleeping)
        found(sleeping)
        identity.end(daemons.running(sleeping.link), 5)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_dead_one_is_started_again(sleeping: Daemon) -> None:
    daemons.ensure(sleeping)
    (before,) = found(sleeping)
    identity.send(before, signal.SIGKILL)
    identity.wait_gone([before], 5)
    assert daemons.ensure(sleeping)
    assert found(sleeping) != [before]


def test_its_death_comes_with_the_end_of_its_log_and_what_helps(tmp_path: Path) -> None:
    log = tmp_path / "etcd.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)) + "write: no space left on device\n")
    error = daemons.died(Daemon(tmp_path / "bin/etcd", (), {}, log))
    assert error.what == "etcd ended right after its start"
    assert error.evidence.splitlines()[-2:] == ["line 99", "write: no space left on device"]
    assert "line 50" not in error.evidence
    assert "disk space" in error.next_step


def test_a_log_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "kubelet.log"
    for content in ("first", "second"):
        log.write_text(content * 10)
        daemons.bound(log, limit=20)
    assert not log.exists()
    assert (tmp_path / "kubelet.previous.log").read_text() == "second" * 10
    log.write_text("small")
    daemons.bound(log, limit=20)
    assert log.read_text() == "small"
