"""Which temporary users a check may take for leftovers: those whose own check has ended without removing them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hubfleet.runs import Run, start
from hubfleet.runs.alone import alone
from hubfleet.workflows.checks.abandoned import LEAVE_NO_TRACE, MAKE_USER, abandoned

USER = "hubfleet-check-0123abcd"
KILLED = """
import os, signal, sys
from pathlib import Path
from hubfleet.runs import start
from hubfleet.runs.alone import alone
run = start(Path(sys.argv[1]), "check-hub", "local/demo")
with run.ending(), alone(run):
    run.record("result", "make a temporary user", value="hubfleet-check-0123abcd")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def earlier(root: Path, subject: str = "local/demo", workflow: str = "check-hub") -> Run:
    """A check that made its user, and says no more."""
    run = start(root, workflow, subject)
    run._write("running")
    run.record("result", MAKE_USER, value=USER)
    return run


def now(root: Path) -> set[str]:
    return abandoned(start(root, "check-hub", "local/demo"))


def test_nothing_before_nothing_abandoned(tmp_path: Path) -> None:
    assert now(tmp_path) == set()


def test_a_check_that_was_killed_left_its_user(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert done.returncode == -9
    assert now(tmp_path) == {USER}


@pytest.mark.parametrize("workflow", ["check-hub", "deploy-hub"])
def test_also_one_that_belonged_to_a_deploy(tmp_path: Path, workflow: str) -> None:
    earlier(tmp_path, workflow=workflow)
    assert now(tmp_path) == {USER}


def test_a_check_that_still_goes_on_keeps_its_user(tmp_path: Path) -> None:
    with alone(earlier(tmp_path)):
        assert now(tmp_path) == set()
    assert now(tmp_path) == {USER}


def test_a_check_that_cleaned_up_left_nothing(tmp_path: Path) -> None:
    run = earlier(tmp_path)
    with run.step(LEAVE_NO_TRACE):
        pass
    assert now(tmp_path) == set()


def test_a_check_that_could_not_clean_up_left_its_user(tmp_path: Path) -> None:
    run = earlier(tmp_path)
    with pytest.raises(RuntimeError), run.step(LEAVE_NO_TRACE):
        raise RuntimeError
    assert now(tmp_path) == {USER}


def test_another_hub_is_no_business_of_this_one(tmp_path: Path) -> None:
    earlier(tmp_path, "local/staging")
    assert now(tmp_path) == set()


def test_a_journal_that_can_not_be_read_is_passed_over(tmp_path: Path) -> None:
    (earlier(tmp_path).folder / "run.json").write_text("{")
    assert now(tmp_path) == set()
