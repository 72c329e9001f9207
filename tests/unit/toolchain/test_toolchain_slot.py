import errno
import threading
import time

import pytest

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.toolchain.slot import fill


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tools" / "helm" / "4.3.1"


def seen(folder):
    return sorted(path.name for path in folder.parent.iterdir() if path.name != ".lock")


def put(text, said=None):
    def make(target):
        (target / "helm").write_text(text)

    return make


def silent(_line):
    pass


def test_it_appears_complete(folder, stop):
    assert fill(folder, put("new"), is_there=folder.exists, say=silent, stop=stop)
    assert (folder / "helm").read_text() == "new"
    assert folder.stat().st_mode & 0o777 == 0o755
    assert seen(folder) == ["4.3.1"]


def test_it_is_not_there_before_it_is_complete(folder, stop):
    def make(target):
        (target / "helm").write_text("half")
        assert not folder.exists()
        assert target.parent == folder.parent  # a rename inside one file system

    fill(folder, make, is_there=folder.exists, say=silent, stop=stop)


@pytest.mark.parametrize("trouble", [HubfleetError("wrong checksum"), KeyboardInterrupt(), ValueError("a bug")])
def test_whatever_goes_wrong_nothing_is_left(folder, stop, trouble):
    def make(target):
        (target / "helm").write_text("half")
        raise trouble

    with pytest.raises(type(trouble)):
        fill(folder, make, is_there=folder.exists, say=silent, stop=stop)
    assert seen(folder) == []


def test_a_full_disk_is_a_plain_error_and_the_old_one_stays(folder, stop):
    fill(folder, put("old"), is_there=lambda: False, say=silent, stop=stop)

    def make(target):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(HubfleetError, match="disk is full"):
        fill(folder, make, is_there=lambda: False, say=silent, stop=stop)
    assert (folder / "helm").read_text() == "old"
    assert seen(folder) == ["4.3.1"]


def test_an_incomplete_folder_is_replaced(folder, stop):
    folder.mkdir(parents=True)
    (folder / "rest").write_text("half")
    fill(folder, put("new"), is_there=lambda: False, say=silent, stop=stop)
    assert [path.name for path in folder.iterdir()] == ["helm"]
    assert seen(folder) == ["4.3.1"]


def test_what_a_killed_run_left_is_removed(folder, stop):
    left = folder.parent / ".4.3.1.abc.unfinished"
    left.mkdir(parents=True)
    (left / "helm").write_text("half")
    fill(folder, put("new"), is_there=folder.exists, say=silent, stop=stop)
    assert seen(folder) == ["4.3.1"]


def test_the_second_waits_and_finds_it(folder, stop):
    made, said = [], []
    started, go_on = threading.Event(), threading.Event()

    def slowly(target):
        made.append(target)
        started.set()
        go_on.wait(10)
        (target / "helm").write_text("first")

    results = []

    def install():
        results.append(fill(folder, slowly, is_there=folder.exists, say=said.append, stop=stop))

    threads = [threading.Thread(target=install) for _ in range(2)]
    threads[0].start()
    started.wait(10)
    threads[1].start()
    deadline = time.monotonic() + 10
    while not said and time.monotonic() < deadline:
        time.sleep(0.01)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert sorted(results) == [False, True]
    assert said == ["helm: another installation is at work, waiting for it"]


def test_waiting_ends_when_it_is_interrupted(folder, stop):
    def nested(_target):
        stop.set()
        fill(folder, put("second"), is_there=folder.exists, say=silent, stop=stop)

    with pytest.raises(Interrupted):
        fill(folder, nested, is_there=folder.exists, say=silent, stop=stop)
    assert seen(folder) == []


def test_a_cache_that_can_not_be_written_is_a_plain_error(tmp_path, stop):
    (tmp_path / "file").write_text("")
    with pytest.raises(HubfleetError) as trouble:
        fill(tmp_path / "file" / "helm" / "1", put("x"), is_there=lambda: False, say=silent, stop=stop)
    assert "XDG_CACHE_HOME" in trouble.value.next_step
