"""The cells of a full check, really run, in a home directory made for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hubfleet.workflows.checks.cells import Task
from hubfleet.workflows.checks.result import CheckFailed

NAME = "hubfleet-check-0123abcd"


def run(code: str, home: Path, user: str = NAME, cwd: Path | None = None) -> str:
    env = {"HOME": str(home), "JUPYTERHUB_USER": user}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=cwd or home, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_cell_computes_writes_and_says_where_the_file_is(tmp_path: Path) -> None:
    task = Task.for_user(NAME)
    assert task.judge_computed(run(task.compute, tmp_path)) == f"{NAME}.txt"
    assert (tmp_path / f"{NAME}.txt").read_text(encoding="utf-8") == task.text
    task.judge_bytes(run(task.read, tmp_path))


def test_the_file_is_found_below_a_server_root_that_is_above_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home" / "ada"
    home.mkdir(parents=True)
    task = Task.for_user(NAME)
    assert task.judge_computed(run(task.compute, home, cwd=tmp_path)) == f"home/ada/{NAME}.txt"


def test_a_home_outside_the_server_root_has_no_path_for_the_file_browser(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "homework"
    home.mkdir()
    root.mkdir()
    task = Task.for_user(NAME)
    assert task.judge_computed(run(task.compute, home, cwd=root)) == ""


def test_no_two_checks_compute_the_same() -> None:
    assert Task.for_user(NAME).numbers != Task.for_user(NAME).numbers
    assert Task.for_user(NAME).text != Task.for_user(NAME).text


def test_the_server_of_somebody_else_is_noticed(tmp_path: Path) -> None:
    task = Task.for_user(NAME)
    with pytest.raises(CheckFailed, match="somebody else"):
        task.judge_computed(run(task.compute, tmp_path, user="ada"))


def test_a_wrong_result_and_other_bytes_are_noticed(tmp_path: Path) -> None:
    task = Task.for_user(NAME)
    printed = run(task.compute, tmp_path)
    with pytest.raises(CheckFailed, match="wrong result"):
        Task.for_user(NAME).judge_computed(printed)
    with pytest.raises(CheckFailed, match="did not print"):
        task.judge_computed("Killed")
    (tmp_path / task.file).write_text("something else", encoding="utf-8")
    with pytest.raises(CheckFailed, match="other bytes"):
        task.judge_bytes(run(task.read, tmp_path))


def test_removing_leaves_every_other_file_of_a_home_that_is_not_provably_its_own(tmp_path: Path) -> None:
    task = Task.for_user(NAME)
    run(task.compute, tmp_path)
    (tmp_path / "thesis.ipynb").write_text("years of work", encoding="utf-8")
    assert run(task.remove, tmp_path).strip() == "file removed"
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.ipynb"]
