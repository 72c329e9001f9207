"""Archives in Cloud Storage: real programs and the real login against a bucket on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubfleet.archive import address, read, write
from hubfleet.archive.manifest import Manifest
from hubfleet.archive.seal import Seal
from hubfleet.clouds import places, stream
from hubfleet.clouds.bucket import Bucket
from hubfleet.clouds.gcp import objects as gcs
from hubfleet.clouds.interface import LoginNeeded, Missing, Unanswered
from hubfleet.errors import HubfleetError, Refused
from hubfleet.masking import masked
from hubfleet.workflows.restore.source import open_archive, verify
from tests.fakes import cutting, storage
from tests.fakes.google import FakeGoogle
from tests.integration.homes import ROOT, archived_in, listed, make_home, tar_of

pytestmark = pytest.mark.integration
PLAIN = Seal()
KEY = "hubs/west/college/run-1/claim-ada.tar.gz"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With enough that nobody can compress that it becomes several parts."""
    home = make_home(tmp_path / "people")
    (home / "noise").write_bytes(os.urandom(4 << 20))
    return home


@pytest.fixture
def bucket(fake_google: FakeGoogle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[storage.FakeStorage]:
    """A bucket, and somebody who is logged in; small parts and little patience."""
    monkeypatch.setattr(gcs, "_PART_BYTES", 1 << 20)
    monkeypatch.setattr(gcs, "ATTEMPTS", 4)
    monkeypatch.setattr(gcs, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(stream, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(fake_google.key_file(tmp_path)))
    with storage.served() as fake:
        monkeypatch.setenv(gcs.ENDPOINT, fake.address)
        yield fake


def place(name: str = storage.BUCKET) -> Bucket:
    return places.bucket(address.Address("gs", name, "hubs")).below("west", "college")


@pytest.fixture
def run(bucket: storage.FakeStorage) -> Bucket:
    return place().below("run-1")


def test_a_home_goes_there_verified_and_comes_back_the_same(
    home: Path, run: Bucket, bucket: storage.FakeStorage
) -> None:
    place().check()
    assert bucket.kept == {}
    run.prepare()
    volume = archived_in(home, run, PLAIN)
    assert volume.verified == write.READ
    Manifest("west", "college", "x", "run-1", "then", "ada", (), "", (), (volume,)).write(run)
    source = open_archive(ROOT, f"gs://{storage.BUCKET}/hubs/west/college/run-1")
    assert [each.how for each in verify(source, lambda _: None)] == [
        "hashes as in the manifest; every entry equal to the listing"
    ]
    assert read.check_content(source.store, volume, PLAIN) == listed(home)
    assert len([each for each in bucket.asked if each.startswith("PUT /session/")]) >= 5
    assert [str(each) for each in place().runs()] == [str(run)]


def test_a_second_try_is_a_second_object(home: Path, run: Bucket, bucket: storage.FakeStorage) -> None:
    first, second = archived_in(home, run, PLAIN), archived_in(home, run, PLAIN)
    assert (first.file, second.file) == ("claim-ada.tar.gz", "2_claim-ada.tar.gz")
    assert read.verified(run, first, PLAIN) == read.verified(run, second, PLAIN)


def test_one_flipped_bit_is_found(home: Path, run: Bucket, bucket: storage.FakeStorage) -> None:
    volume = archived_in(home, run, PLAIN)
    bucket.kept[KEY] = bucket.kept[KEY][:1000] + bytes([bucket.kept[KEY][1000] ^ 4]) + bucket.kept[KEY][1001:]
    with pytest.raises(read.Broken, match="not what it was"):
        read.check_hashes(run, volume)
    del bucket.kept[KEY]
    with pytest.raises(read.Broken, match="can not be read"):
        read.check_hashes(run, volume)


def test_busy_half_and_lost_answers_are_no_loss(home: Path, run: Bucket, bucket: storage.FakeStorage) -> None:
    bucket.halves = 2
    bucket.faults = [
        ("POST", "/o", 503), ("PUT", "/session/", 503), ("PUT", "/session/", 429), ("GET", "claim-ada", 502),
    ]  # fmt: skip
    volume = archived_in(home, run, PLAIN)
    assert (bucket.halves, bucket.faults) == (0, [])
    assert read.verified(run, volume, PLAIN)


@pytest.mark.parametrize("size", [1000, (2 << 20) + 1])
def test_parts_that_arrived_although_nobody_said_so_are_not_sent_twice(
    run: Bucket, bucket: storage.FakeStorage, size: int
) -> None:
    bucket.unsaid = 3
    data = os.urandom(size)
    with run.writing("x", size) as fresh:
        with os.fdopen(os.dup(fresh.descriptor), "wb") as file:
            file.write(data)
        fresh.finish()
        fresh.keep()
    assert bucket.kept[f"{run.prefix}x"] == data
    assert bucket.unsaid == (2 if size == 1000 else 0)


def test_a_connection_that_is_lost_up_or_down_is_taken_up_again(
    home: Path, bucket: storage.FakeStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cutting.served(bucket.address) as cutter:
        bucket.address = cutter.address
        monkeypatch.setenv(gcs.ENDPOINT, cutter.address)
        cutter.up, cutter.down = [1_500_000, 700_000], [1_000_000, 2_000_000]
        volume = archived_in(home, place().below("run-1"), PLAIN)
        assert cutter.cuts == 4
        assert read.verified(place().below("run-1"), volume, PLAIN)


def test_what_stops_it_leaves_nothing(home: Path, run: Bucket, bucket: storage.FakeStorage) -> None:
    before = listed(home)
    (home / "thesis.tex").write_text("something else")
    with pytest.raises(write.Differs):
        write.write_tar(run, "claim-ada.tar.gz", tar_of(home), before, PLAIN)
    assert (bucket.kept, bucket.uploads) == ({}, {})
    bucket.faults = [("PUT", "/session/", 503)] * 20
    with pytest.raises(Unanswered, match="did not write the archive"):
        write.write_tar(run, "claim-ada.tar.gz", tar_of(home), listed(home), PLAIN)
    assert (bucket.kept, bucket.uploads) == ({}, {})


def test_what_can_not_be_written_to_is_said_before_anything_is_done(
    bucket: storage.FakeStorage, fake_google: FakeGoogle
) -> None:
    with pytest.raises(Missing, match="no such bucket"):
        place("no-such-archive").check()
    bucket.rights.remove("storage.objects.create")
    with pytest.raises(Refused, match="does not allow us") as caught:
        place().check()
    assert caught.value.evidence == "we lack storage.objects.create"
    bucket.faults.append(("GET", "testPermissions", 403))
    with pytest.raises(Refused, match="does not allow us to look at the bucket"):
        place().check()
    fake_google.withdrawn = True
    with pytest.raises(LoginNeeded, match="has expired"):
        place().check()


def test_no_address_of_an_upload_is_ever_shown(run: Bucket, bucket: storage.FakeStorage) -> None:
    bucket.faults = [("PUT", "/session/", 403)]

    def sent() -> None:
        with run.writing("x", 1) as fresh:
            os.write(fresh.descriptor, b"x")
            fresh.finish()

    with pytest.raises(HubfleetError) as caught:
        sent()
    shown = (caught.value.what, caught.value.where, caught.value.evidence, caught.value.next_step)
    assert "/session/" in " ".join(shown)  # in the words of Google's library
    assert "/session/" not in masked(" ".join(shown))
