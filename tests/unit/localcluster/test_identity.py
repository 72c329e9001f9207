"""Whose process is it: real processes, and texts of /proc that are hard to read."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubfleet.localcluster import identity

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

REST = "S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 200"


@pytest.mark.parametrize("name", ["etcd", "a b", "a) R 1", "((", "Z"])
def test_the_name_of_a_program_may_hold_anything(name: str) -> None:
    assert identity.parse_stat(f"42 ({name}) {REST}") == ("S", 4711)


@pytest.mark.parametrize("text", ["", "42 etcd S 1", "42 (etcd) S 1 2"])
def test_a_text_that_makes_no_sense_is_nobody(text: str) -> None:
    assert identity.parse_stat(text) is None


def sleeper(seconds: str = "60") -> subprocess.Popen[bytes]:
    """A process that has its own command line: in the moment of its start it has none."""
    child = subprocess.Popen(["sleep", seconds])
    deadline = time.monotonic() + 10
    while seconds != "0" and identity.look(child.pid) is None:
        assert time.monotonic() < deadline
    return child


def test_a_newcomer_with_the_same_id_is_left_alone() -> None:
    child = sleeper()
    try:
        found = identity.look(child.pid)
        assert found is not None
        gone = dataclasses.replace(found, started=found.started - 1)
        assert not identity.alive(gone)
        assert not identity.send(gone, signal.SIGKILL)
        assert child.poll() is None
        assert identity.send(found, signal.SIGKILL)
        child.wait()
        assert not identity.send(found, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()


def test_a_zombie_does_not_run() -> None:
    child = sleeper("0")
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child.pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert identity.look(child.pid) is None
    child.wait()


def test_end_is_polite_then_firm() -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    stubborn = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    willing = sleeper()
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    ended = [identity.look(child.pid) for child in (stubborn, willing)]
    left = identity.end([each for each in ended if each is not None], grace=0.3)
    assert left == []
    assert [stubborn.wait(), willing.wait()] == [-signal.SIGKILL, -signal.SIGTERM]
    stubborn.stdout.close()


def test_everybody_is_found_with_the_words_of_the_command() -> None:
    me = identity.look(os.getpid())
    assert me is not None
    assert me in list(identity.processes())
    assert identity.program(me) == os.path.realpath("/proc/self/exe")
    assert identity.same_network(me)
    assert 0 <= identity.seconds_alive(me) < 36_000
