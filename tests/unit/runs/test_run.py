"""Journals: what a run writes, and what a later run finds of one that was killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.masking import hide
from hubfleet.runs import Event, resume_or_start, start
from hubfleet.runs.events import parse
from hubfleet.runs.identity import label


def report(folder: Path) -> dict[str, object]:
    return json.loads((folder / "run.json").read_text())


def test_steps_and_their_times_are_in_the_report(tmp_path: Path) -> None:
    run = start(tmp_path, "deploy-hub", "local/demo")
    with run.ending(), run.step("first") as step:
        step.say("half way")
    found = report(run.folder)
    assert found["status"] == "done"
    assert [(each["name"], each["ok"]) for each in found["steps"]] == [("first", True)]  # type: ignore[union-attr,index]
    kinds = [event.kind for event in parse((run.folder / "events.jsonl").read_text())]
    assert kinds == ["run-started", "step-started", "said", "step-done", "run-ended"]


@pytest.mark.parametrize(
    ("raised", "status"),
    [(HubfleetError("no"), "failed"), (Interrupted("stop"), "interrupted"), (KeyboardInterrupt(), "interrupted")],
)
def test_every_ending_is_told(tmp_path: Path, raised: BaseException, status: str) -> None:
    run = start(tmp_path, "deploy-hub", "local/demo")
    with pytest.raises(type(raised)), run.ending(), run.step("first"):
        raise raised
    assert report(run.folder)["status"] == status


def test_nothing_secret_reaches_the_journal(tmp_path: Path) -> None:
    hide("correct-horse-battery")
    run = start(tmp_path, "deploy-hub", "local/demo")
    with pytest.raises(HubfleetError), run.ending(), run.step("first") as step:  # noqa: PT012
        step.say("token correct-horse-battery")
        run.log("helm")("token correct-horse-battery")
        raise HubfleetError("failed with correct-horse-battery")
    assert all("correct-horse" not in path.read_text() for path in run.folder.iterdir())


def test_a_run_that_ended_well_is_not_resumed(tmp_path: Path) -> None:
    first = start(tmp_path, "teardown-hub", "local/demo")
    with first.ending():
        first.once("archive", lambda: "a.tar")
    assert resume_or_start(tmp_path, "teardown-hub", "local/demo").id != first.id


def test_another_hubs_run_is_not_resumed(tmp_path: Path) -> None:
    first = start(tmp_path, "teardown-hub", "local/demo")
    with pytest.raises(HubfleetError), first.ending():
        raise HubfleetError("no")
    assert resume_or_start(tmp_path, "teardown-hub", "local/staging").id != first.id


KILLED = """
import os, signal, sys
from pathlib import Path
from hubfleet.runs import start
run = start(Path(sys.argv[1]), "teardown-hub", "local/demo")
with run.ending():
    run.once("archive", lambda: {"files": 3})
    run.once("uninstall", lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_after_kill_minus_9_what_was_finished_is_not_done_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    run = resume_or_start(tmp_path, "teardown-hub", "local/demo")
    done: list[str] = []
    with run.ending():
        assert run.once("archive", lambda: {"files": -1}) == {"files": 3}
        run.once("uninstall", lambda: done.append("again"))
    assert done == ["again"]
    assert report(run.folder)["status"] == "done"


def test_a_line_that_was_cut_short_is_left_out() -> None:
    whole = Event("2026-01-01T00:00:00.000Z", "said", "a", "text").line()
    assert len(parse(whole + "\n" + whole[:20])) == 1


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / ".hubfleet").write_text("a file in the way")
    with pytest.raises(HubfleetError, match="can not be written") as caught:
        start(tmp_path, "deploy-hub", "local/demo")
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@example.org", "ann-example.org"),
        ("-x-", "x"),
        ("a" * 80, "a" * 63),
        ("é", ""),
        ("v1.2-dirty", "v1.2-dirty"),
    ],
)
def test_labels_are_what_kubernetes_takes(text: str, expected: str) -> None:
    assert label(text) == expected
