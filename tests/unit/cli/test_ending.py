"""SIGTERM and SIGHUP end a task as Ctrl-C does, once: in a process of its own, with real signals."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TASK = """
import os, signal, sys, time
from invoke.context import Context
from invoke.exceptions import Exit
from hubfleet.cli.base import task

@task()
def work(c):
    try:
        print("begun", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        for number in {again}:
            os.kill(os.getpid(), number)
        time.sleep(0.3)
        open(sys.argv[1], "w").write("undone")
        print("undone", flush=True)
        raise

try:
    work(Context())
except Exit as end:
    sys.exit(end.code)
"""


def started(tmp_path: Path, again: tuple[int, ...] = (), **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", TASK.format(again=[int(each) for each in again]), str(tmp_path / "undone")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, env=env, text=True, start_new_session=True, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_was_begun_is_undone(tmp_path: Path, number: signal.Signals) -> None:
    child = started(tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(number)
    _, said = child.communicate(timeout=20)
    assert (child.returncode, (tmp_path / "undone").exists()) == (130, True), said
    assert "interrupted" in said


def test_the_signals_of_a_runner_that_follow_change_nothing(tmp_path: Path) -> None:
    child = started(tmp_path, (signal.SIGTERM, signal.SIGHUP), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    assert (tmp_path / "undone").read_text() == "undone"


def test_a_second_ctrl_c_counts(tmp_path: Path) -> None:
    child = started(tmp_path, (signal.SIGINT,), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=20)
    assert not (tmp_path / "undone").exists()


def test_a_terminal_that_has_gone_is_not_written_to(tmp_path: Path) -> None:
    mine, theirs = pty.openpty()
    child = started(tmp_path, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    assert b"begun" in os.read(mine, 100)
    os.close(mine)  # whoever writes to the terminal now gets EIO
    child.send_signal(signal.SIGHUP)
    child.wait(timeout=20)
    assert (tmp_path / "undone").read_text() == "undone"
