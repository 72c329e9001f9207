"""A daemon is started only where none answers, ended by the last who needs it, and only if it is hubfleet's."""

import os
import subprocess
import time
from contextlib import ExitStack

import pytest

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.images import daemon as daemons


class Machine:
    """A daemon that answers while a real, harmless process runs."""

    def __init__(self):
        self.processes = []
        self.program = ["sleep", "60"]
        self.answers = True
        self.words = []
        self.running = 0

    def refusal(self):
        return "" if self.answers and any(each.poll() is None for each in self.processes) else "Cannot connect"

    def containers(self):
        return self.running

    def start(self, argv, **options):
        self.words.append([str(word) for word in argv])
        options["log"].write_bytes(b"level=error msg=why\n")
        self.processes.append(subprocess.Popen(self.program))
        return self.processes[-1].pid


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.setattr(daemons.os, "geteuid", lambda: 0)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    made = Machine()
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


@pytest.fixture
def have(machine, tmp_path, said):
    def have():
        return daemons.daemon(machine, lambda: tmp_path / "dockerd", said.append, tmp_path / "state", machine.start)

    return have


def runs(machine):
    return [each.poll() is None for each in machine.processes]


def test_it_is_started_where_none_answers_and_ended_afterwards(have, machine, tmp_path):
    with have():
        assert runs(machine) == [True]
        assert daemons.ours(tmp_path / "state") == machine.processes[0].pid
    assert runs(machine) == [False]
    assert daemons.ours(tmp_path / "state") == 0
    assert {"--bridge=none", "--iptables=false"} <= set(machine.words[0])


def test_it_is_ended_after_a_failure_too(have, machine):
    with pytest.raises(ValueError, match="in the block"), have():
        raise ValueError("in the block")
    assert runs(machine) == [False]


def test_somebody_elses_is_used_and_left_running(have, machine):
    machine.processes.append(subprocess.Popen(["sleep", "60"]))
    with have():
        pass
    assert runs(machine) == [True]
    assert machine.words == []


def test_two_users_share_one_and_the_last_ends_it(have, machine):
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(have())
        second.enter_context(have())
        first.close()
        assert runs(machine) == [True]
    assert runs(machine) == [False]
    assert len(machine.words) == 1


def test_other_peoples_containers_keep_it_running_until_they_are_gone(have, machine, monkeypatch, said):
    monkeypatch.setattr(daemons, "_SETTLE_SECONDS", 0.3)
    with have():
        machine.running = 1
    assert runs(machine) == [True]
    assert "containers run" in said[-1]
    machine.running = 0
    with have():
        pass
    assert runs(machine) == [False]


def test_who_is_not_root_only_joins(have, machine, tmp_path, monkeypatch):
    machine.processes.append(subprocess.Popen(["sleep", "60"]))
    monkeypatch.setattr(daemons.os, "geteuid", lambda: 1000)
    with have():
        assert not (tmp_path / "state").exists()
    assert runs(machine) == [True]


def test_a_daemon_of_roots_is_not_ended_while_another_user_builds(have, machine, monkeypatch):
    root = have()
    with ExitStack() as other:
        with root:
            monkeypatch.setattr(daemons.os, "geteuid", lambda: 1000)
            other.enter_context(have())
            monkeypatch.setattr(daemons.os, "geteuid", lambda: 0)
        assert runs(machine) == [True]
    assert runs(machine) == [False]


def test_what_a_killed_hubfleet_left_is_ended_by_the_next(have, machine, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    machine.processes.append(subprocess.Popen(["sleep", "60"]))
    daemons._note(folder, machine.processes[0].pid)
    with have():
        assert runs(machine) == [True]
    assert runs(machine) == [False]
    assert machine.words == []


def test_a_note_about_a_process_id_that_was_given_away_ends_nobody(have, machine, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    machine.processes.append(subprocess.Popen(["sleep", "60"]))
    (folder / "dockerd.json").write_text(f'{{"pid": {machine.processes[0].pid}, "started": "another boot 1"}}')
    with have():
        pass
    assert runs(machine) == [True]


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": "x", "started": 1}', '{"pid": 1}'])
def test_a_broken_note_ends_nobody(tmp_path, note):
    (tmp_path / "dockerd.json").write_text(note)
    assert daemons.ours(tmp_path) == 0


def test_one_that_ends_at_once_is_told_with_its_log(have, machine, tmp_path):
    machine.program, machine.answers = ["false"], False
    with pytest.raises(HubfleetError, match="did not start") as caught, have():
        pass
    assert "msg=why" in caught.value.evidence
    assert caught.value.where == str(tmp_path / "state" / "dockerd.log")


def test_one_that_never_answers_is_not_waited_for_for_ever_and_ended(have, machine, monkeypatch):
    monkeypatch.setattr(daemons, "_START_SECONDS", 0.3)
    machine.answers = False
    started = time.monotonic()
    with pytest.raises(HubfleetError, match="did not start"), have():
        pass
    assert time.monotonic() - started < 10
    assert runs(machine) == [False]


def test_who_is_not_root_is_told_what_to_do(have, machine, monkeypatch):
    monkeypatch.setattr(daemons.os, "geteuid", lambda: 1000)
    with pytest.raises(WrongUsage, match="only root") as caught, have():
        pass
    assert "systemctl start docker" in caught.value.next_step
    assert machine.words == []


def test_another_machines_daemon_is_never_replaced_by_one_here(have, machine, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(HubfleetError, match="does not answer"), have():
        pass
    assert machine.words == []


def test_the_start_of_a_process_tells_it_from_the_next_with_its_id():
    assert daemons._started(os.getpid()).count(" ") == 1
    assert daemons._started(2**22 + 1) == ""
