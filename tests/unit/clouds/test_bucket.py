"""Archives in a bucket: never written over, whole or not there, and read through lost connections."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.archive import manifest
from hubfleet.archive.pump import Pumped
from hubfleet.clouds import stream
from hubfleet.clouds.bucket import Bucket
from hubfleet.clouds.interface import Unanswered
from hubfleet.clouds.stream import Sending
from hubfleet.errors import HubfleetError, Interrupted, Refused
from tests.fakes.objects import FakeObjects

DATA = os.urandom(300_000)
FDS = Path("/proc/self/fd")


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> FakeObjects:
    monkeypatch.setattr(stream, "FIRST_PAUSE_SECONDS", 0.001)
    return FakeObjects()


@pytest.fixture
def hub(objects: FakeObjects) -> Bucket:
    return Bucket(objects, "archives/").below("west", "college")


@pytest.fixture
def run(hub: Bucket) -> Bucket:
    return hub.below("run-1")


def pumped(data: bytes) -> Pumped:
    return Pumped(len(data), hashlib.sha256(data).hexdigest())


def send(descriptor: int, data: bytes) -> None:
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)


def written(run: Bucket, name: str, data: bytes) -> str:
    with run.writing(name, len(data)) as fresh:
        send(fresh.descriptor, data)
        fresh.finish()
        assert fresh.read_back(pumped(data), lambda _: "looked at") == "looked at"
        return fresh.keep()


def test_a_stream_becomes_an_object_of_many_parts(run: Bucket, objects: FakeObjects) -> None:
    assert written(run, "ada.tar.gz", DATA) == "ada.tar.gz"
    assert objects.kept == {"archives/west/college/run-1/ada.tar.gz": DATA}
    assert run.file("ada.tar.gz").hashed() == pumped(DATA)
    assert run.file("ada.tar.gz").start(5) == DATA[:5]
    assert str(run) == "s3://fake/archives/west/college/run-1"


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 16) + 1, 2 << 16])
def test_every_length_is_written_whole(run: Bucket, size: int) -> None:
    written(run, "x", DATA[:size])
    assert run.file("x").hashed() == pumped(DATA[:size])


def test_a_second_try_has_a_name_of_its_own_and_counts(run: Bucket, hub: Bucket) -> None:
    names = [written(run, "ada.tar.gz", DATA[:size]) for size in range(1, 12)]
    assert names[:2] + names[-1:] == ["ada.tar.gz", "2_ada.tar.gz", "11_ada.tar.gz"]
    assert run.names(".tar.gz") == ("ada.tar.gz",)
    for number in range(11):
        run.save("manifest.json", {"number": number})
        run.save("manifest.json", {"number": number})
    assert len([key for key in run.objects.keys("") if "manifest" in key]) == 11
    assert run.load("manifest.json") == b'{\n  "number": 10\n}'
    assert list(hub.runs()) == [run]


def test_runs_are_those_with_a_manifest_newest_first(hub: Bucket, objects: FakeObjects) -> None:
    for name in ("run-1", "run-3", "run-2"):
        hub.below(name).save("manifest.json", {})
    hub.below("run-4").save("ada.volume.json", {})
    hub.below("run-1", "deeper").save("manifest.json", {})
    assert [str(each).rpartition("/")[2] for each in hub.runs()] == ["run-3", "run-2", "run-1"]
    assert not manifest.there(hub)
    with pytest.raises(HubfleetError, match="no complete archive"):
        manifest.read(hub)


@pytest.mark.parametrize("trouble", [Refused("no"), Interrupted("stop"), KeyboardInterrupt(), OSError("x")])
def test_what_stops_it_leaves_no_object_and_no_upload(
    run: Bucket, objects: FakeObjects, trouble: BaseException
) -> None:
    def stopped() -> None:
        with run.writing("ada.tar.gz", 1) as fresh:
            send(fresh.descriptor, DATA)
            raise trouble

    with pytest.raises(type(trouble)):
        stopped()
    assert (objects.kept, objects.uploads) == ({}, [])


def test_a_block_that_ends_without_keeping_it_leaves_nothing(run: Bucket, objects: FakeObjects) -> None:
    with run.writing("ada.tar.gz", 1) as fresh:
        send(fresh.descriptor, DATA)
    assert (objects.kept, objects.uploads) == ({}, [])


def sent_until_it_breaks(run: Bucket, objects: FakeObjects) -> None:
    with run.writing("ada.tar.gz", 1) as fresh:
        objects.uploads[0].fail_at = 2
        send(fresh.descriptor, DATA * 4)  # more than a pipe holds, so that it sees the broken pipe
        fresh.finish()


def test_why_a_part_did_not_arrive_is_said_not_that_a_pipe_broke(run: Bucket, objects: FakeObjects) -> None:
    with pytest.raises(Unanswered, match="the part did not arrive"):
        sent_until_it_breaks(run, objects)
    assert (objects.kept, objects.uploads) == ({}, [])


def test_other_bytes_than_those_written_are_found_and_deleting_them_is_not_needed(
    run: Bucket, objects: FakeObjects
) -> None:
    objects.flip = True
    with pytest.raises(HubfleetError, match="is not what was written"):
        written(run, "ada.tar.gz", DATA)
    assert objects.refused == ["archives/west/college/run-1/ada.tar.gz"]
    objects.flip = False
    assert written(run, "ada.tar.gz", DATA) == "2_ada.tar.gz"


def test_other_bytes_explain_what_they_led_to(run: Bucket, objects: FakeObjects) -> None:
    def look(stored: Sending) -> str:
        stored.hashed()
        raise HubfleetError("it is no tar")

    def looked(passed: Pumped) -> None:
        with run.writing("ada.tar.gz", 1) as fresh:
            send(fresh.descriptor, DATA)
            fresh.finish()
            fresh.read_back(passed, look)  # type: ignore[arg-type]

    with pytest.raises(HubfleetError, match="it is no tar"):
        looked(pumped(DATA))
    with pytest.raises(HubfleetError, match="is not what was written"):
        looked(pumped(DATA[1:]))


def test_reading_goes_on_where_the_connection_was_lost(run: Bucket, objects: FakeObjects) -> None:
    written(run, "ada.tar.gz", DATA)
    objects.lose_after = [100, 70_000, 0, 0, 1, len(DATA)]
    assert run.file("ada.tar.gz").hashed() == pumped(DATA)
    objects.lose_after = [100] + [0] * stream.TRIES
    with pytest.raises(Unanswered):
        run.file("ada.tar.gz").hashed()


def test_who_leaves_early_is_told_what_they_raised(run: Bucket) -> None:
    written(run, "ada.tar.gz", DATA)

    def leave() -> None:
        with run.file("ada.tar.gz").opened() as opened:
            opened.read(1)
            raise Refused("enough")

    with pytest.raises(Refused, match="enough"):
        leave()


def test_a_refusal_counts_more_than_a_connection_that_is_lost_later(run: Bucket, objects: FakeObjects) -> None:
    written(run, "ada.tar.gz", DATA)
    objects.lose_after = [100] + [0] * stream.TRIES

    def refuse() -> None:
        with run.file("ada.tar.gz").opened() as opened:
            opened.read(1)
            raise Refused("somebody forged it")

    with pytest.raises(Refused, match="somebody forged it"):
        refuse()


@pytest.fixture
def stopped() -> Iterator[None]:
    """Somebody pressed Ctrl-C."""
    process.interrupt_all()
    yield
    process._interrupted.clear()


@pytest.mark.usefixtures("stopped")
def test_who_stops_it_is_heard_although_no_program_runs(run: Bucket, objects: FakeObjects) -> None:
    objects.kept[f"{run.prefix}x"] = DATA
    with pytest.raises(Interrupted):
        run.file("x").hashed()
    with pytest.raises(Interrupted):
        written(run, "ada.tar.gz", DATA)
    assert (list(objects.kept), objects.uploads) == ([f"{run.prefix}x"], [])


def test_uploads_of_killed_runs_of_this_hub_are_given_up(hub: Bucket, objects: FakeObjects) -> None:
    objects.begin("archives/west/college/run-0/ada.tar.gz", 1)
    other = objects.begin("archives/west/college-two/run-0/ada.tar.gz", 1)
    hub.below("run-1").prepare()
    assert objects.uploads == [other]


@pytest.mark.skipif(not FDS.is_dir(), reason="this system does not list a process's descriptors")
def test_no_descriptor_stays_open(run: Bucket, objects: FakeObjects) -> None:
    before = len(list(FDS.iterdir()))
    written(run, "ada.tar.gz", DATA)
    with run.writing("grace.tar.gz", 1) as fresh:
        send(fresh.descriptor, DATA)
    with pytest.raises(Unanswered):
        sent_until_it_breaks(Bucket(found := FakeObjects(), ""), found)
    assert len(list(FDS.iterdir())) == before
