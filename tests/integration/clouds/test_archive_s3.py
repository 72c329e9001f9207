"""Archives in S3: real programs, boto3 and moto's S3 on loopback. What is refused, lost or late leaves nothing half.

Not shown here: rights, object locks and other accounts, which moto does not model.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from hubfleet.archive import address, read, write
from hubfleet.archive.manifest import Manifest, Volume
from hubfleet.archive.seal import Seal
from hubfleet.clouds import places, stream
from hubfleet.clouds.aws import objects as s3
from hubfleet.clouds.bucket import Bucket
from hubfleet.clouds.interface import LoginNeeded, Missing, Unanswered
from hubfleet.errors import HubfleetError, Refused
from hubfleet.toolchain import tool
from hubfleet.tools.age import make_key
from hubfleet.workflows.restore.source import open_archive, verify
from tests.fakes import cutting
from tests.fakes.aws import ACCOUNT, FakeAws
from tests.integration.homes import ROOT, archived_in, listed, make_home, sealed, tar_of

pytestmark = pytest.mark.integration
NAME, PREFIX = "example-archive", "hubs/west/college/"
KEY = f"{PREFIX}run-1/claim-ada.tar.gz"
PLAIN = Seal()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With enough that nobody can compress that it becomes several parts."""
    home = make_home(tmp_path / "people")
    (home / "noise").write_bytes(os.urandom(11 << 20))
    return home


@pytest.fixture
def client(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    """S3 with a bucket, seen by somebody else; parts as small as S3 takes them, and little patience."""
    monkeypatch.setattr(s3, "_PART_BYTES", 5 << 20)
    monkeypatch.setattr(s3, "ATTEMPTS", 3)
    monkeypatch.setattr(stream, "FIRST_PAUSE_SECONDS", 0.01)
    found = boto3.client("s3", region_name="us-east-1")
    found.create_bucket(Bucket=NAME)
    return found


@pytest.fixture
def hub(client: Any) -> Bucket:
    found = address.parse(f"s3://{NAME}/hubs")
    assert found
    return places.bucket(found).below("west", "college")


@pytest.fixture
def run(hub: Bucket) -> Bucket:
    return hub.below("run-1")


@pytest.fixture
def cutter(client: Any, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[cutting.Cutter]:
    """What is between us and S3. It has to be asked for before `hub`."""
    with cutting.served(fake_aws.address) as cutter:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cutter.address)
        yield cutter


def keys(client: Any) -> list[str]:
    return [each["Key"] for each in client.list_objects_v2(Bucket=NAME).get("Contents", ())]


def uploads(client: Any) -> list[str]:
    return [each["Key"] for each in client.list_multipart_uploads(Bucket=NAME).get("Uploads", ())]


def nothing_is_there(client: Any) -> bool:
    return not keys(client) and not uploads(client)


def manifest_of(volume: Volume, to: tuple[str, ...]) -> Manifest:
    return Manifest("west", "college", "college.example.org", "run-1", "then", "ada", to, "", (), (volume,))


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_home_goes_there_verified_and_comes_back_the_same(
    home: Path, tmp_path: Path, run: Bucket, hub: Bucket, client: Any, fake_aws: FakeAws, encrypted: bool
) -> None:
    key = tmp_path / "key.txt"
    seal = sealed((make_key(key, tool("age-keygen", ROOT)), key), key) if encrypted else PLAIN
    hub.check()
    run.prepare()
    volume = archived_in(home, run, seal)
    assert volume.verified == write.READ
    manifest_of(volume, seal.recipients).write(run)
    source = open_archive(ROOT, f"s3://{NAME}/{PREFIX}run-1/manifest.json", str(key) if encrypted else "")
    assert [each.how for each in verify(source, lambda _: None)] == [
        "hashes as in the manifest; every entry equal to the listing"
    ]
    assert read.check_content(source.store, volume, source.seal) == listed(home)
    assert len([each for each in fake_aws.calls if each.startswith(f"PUT /{NAME}/{KEY}")]) >= 3
    head = client.get_object(Bucket=NAME, Key=f"{PREFIX}run-1/{volume.file}", Range="bytes=0-5")["Body"].read()
    assert head.startswith(b"age-en" if encrypted else b"\x1f\x8b")
    with pytest.raises(HubfleetError, match="several archives") as caught:
        open_archive(ROOT, f"s3://{NAME}/{PREFIX}")
    assert caught.value.evidence == f"s3://{NAME}/{PREFIX}run-1"


def test_without_the_key_it_says_that_it_was_not_opened(home: Path, tmp_path: Path, run: Bucket) -> None:
    public = make_key(tmp_path / "key.txt", tool("age-keygen", ROOT))
    seal = sealed((public, tmp_path), tmp_path / "no-such-key")
    assert archived_in(home, run, seal).verified == write.PASSED


@pytest.mark.parametrize("where", [0.0, 0.5, 1.0])
def test_one_flipped_bit_is_found(home: Path, run: Bucket, client: Any, where: float) -> None:
    volume = archived_in(home, run, PLAIN)
    data = bytearray(client.get_object(Bucket=NAME, Key=KEY)["Body"].read())
    data[int(where * (len(data) - 6))] ^= 4
    client.put_object(Bucket=NAME, Key=KEY, Body=bytes(data))
    with pytest.raises(read.Broken, match="not what it was"):
        read.check_hashes(run, volume)
    with pytest.raises(read.Broken, match="not what it was"):
        read.check(run, volume, PLAIN)
    with pytest.raises(HubfleetError):
        read.check_content(run, volume, PLAIN)


def test_what_is_missing_is_found(home: Path, run: Bucket, client: Any) -> None:
    volume = archived_in(home, run, PLAIN)
    client.delete_object(Bucket=NAME, Key=KEY)
    with pytest.raises(read.Broken, match="can not be read"):
        read.check_hashes(run, volume)
    with pytest.raises(read.Broken, match="can not be read"):
        read.check(run, volume, PLAIN)


def test_all_of_it_is_read_once(home: Path, run: Bucket, fake_aws: FakeAws) -> None:
    """Traffic out of a cloud has a price. One more request is for the first bytes: whether it is encrypted."""
    volume = archived_in(home, run, PLAIN)
    assert fake_aws.calls.count(f"GET /{NAME}/{KEY}") == 2
    read.check(run, volume, PLAIN)
    assert fake_aws.calls.count(f"GET /{NAME}/{KEY}") == 4


def test_what_changed_since_the_listing_leaves_nothing(home: Path, run: Bucket, client: Any) -> None:
    before = listed(home)
    (home / "thesis.tex").write_text("something else")
    with pytest.raises(write.Differs, match="while it was archived"):
        write.write_tar(run, "claim-ada.tar.gz", tar_of(home), before, PLAIN)
    assert nothing_is_there(client)


WRITER = f"""
import sys, time
from hubfleet.archive import address
from hubfleet.clouds import places
with places.bucket(address.parse("s3://{NAME}/{PREFIX}run-1")).writing("claim-ada.tar.gz", 1) as fresh:
    with open(fresh.descriptor, "wb", closefd=False) as file:
        file.write(b"x" * (40 << 20))
    print("sent", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_upload_leaves_no_object_and_the_next_run_none_of_its_parts(
    home: Path, run: Bucket, client: Any, how: signal.Signals
) -> None:
    running = subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert running.stdout is not None
    assert running.stdout.readline() == b"sent\n"
    running.send_signal(how)
    running.communicate()
    assert uploads(client) == ([KEY] if how == signal.SIGKILL else [])
    assert not keys(client)
    run.prepare()
    assert not uploads(client)
    assert read.verified(run, archived_in(home, run, PLAIN), PLAIN)


def test_503_is_asked_again(home: Path, run: Bucket, fake_aws: FakeAws) -> None:
    for what in ("POST", "PUT", "PUT", "GET"):
        fake_aws.faults.append((f"{what} /{NAME}/{KEY}", 503, "SlowDown", {}))
    assert archived_in(home, run, PLAIN).verified == write.READ
    assert not fake_aws.faults


def test_busy_for_too_long_is_said_and_leaves_nothing(home: Path, run: Bucket, client: Any, fake_aws: FakeAws) -> None:
    fake_aws.faults += [(f"PUT /{NAME}/{KEY}", 503, "SlowDown", {})] * 30
    with pytest.raises(Unanswered, match="did not write the archive"):
        archived_in(home, run, PLAIN)
    fake_aws.faults.clear()
    assert keys(client) == [f"{PREFIX}run-1/claim-ada.listing.gz"]
    assert not uploads(client)


def test_a_login_that_expires_on_the_way_is_said(home: Path, run: Bucket, client: Any, fake_aws: FakeAws) -> None:
    fake_aws.faults.append((f"PUT /{NAME}/{KEY}", 400, "ExpiredToken", {}))
    with pytest.raises(LoginNeeded, match="has expired") as caught:
        archived_in(home, run, PLAIN)
    assert "aws sso login" in caught.value.next_step
    assert not uploads(client)


def test_what_can_not_be_written_to_is_said_before_anything_is_done(
    hub: Bucket, client: Any, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.check()
    assert nothing_is_there(client)
    fake_aws.faults.append(("/sts/", 403, "ExpiredToken", {}))
    with pytest.raises(LoginNeeded, match="has expired"):
        again(hub).check()
    fake_aws.faults.append((f"POST /{NAME}/", 403, "AccessDenied", {}))
    with pytest.raises(Refused, match="does not allow us to write") as caught:
        again(hub).check()
    assert ACCOUNT in caught.value.next_step
    assert "docs/cloud-accounts.md" in caught.value.next_step
    with pytest.raises(Missing, match="no such bucket"):
        again(hub, "no-such-archive").check()
    with pytest.raises(Refused, match="not for 999999999999"):
        again(hub, account="999999999999").check()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(LoginNeeded, match="nobody is logged in"):
        again(hub).check()


def test_no_network_is_no_answer(hub: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unanswered, match="AWS did not"):
        again(hub).check()


def again(hub: Bucket, name: str = NAME, account: str = "") -> Bucket:
    """The same place for somebody who comes anew."""
    return places.bucket(address.Address("s3", name, hub.prefix.rstrip("/")), account)


def test_each_request_that_writes_names_the_owner(home: Path, run: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto does not compare it; S3 refuses with 403 where the bucket is another account's."""
    seen: dict[str, set[Any]] = {}
    events = run.objects.client.meta.events  # type: ignore[attr-defined]
    events.register("before-parameter-build.s3", lambda params, model, **_: seen.setdefault(model.name, set()).add(
        params.get("ExpectedBucketOwner")))  # fmt: skip
    archived_in(home, run, PLAIN)
    run.save("manifest.json", {})
    writing = {"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "PutObject"}
    assert {name: owners for name, owners in seen.items() if name in writing} == {each: {ACCOUNT} for each in writing}


def test_a_connection_that_is_lost_up_or_down_is_taken_up_again(
    cutter: cutting.Cutter, home: Path, run: Bucket
) -> None:
    cutter.up, cutter.down = [6 << 20, 3 << 20], [2 << 20, 5 << 20]
    assert archived_in(home, run, PLAIN).verified == write.READ
    assert cutter.cuts == 4


def test_a_connection_that_stays_lost_is_said_and_the_next_run_completes(
    cutter: cutting.Cutter, home: Path, run: Bucket, client: Any
) -> None:
    def tar(descriptor: int) -> object:
        cutter.away = True
        return tar_of(home)(descriptor)

    with pytest.raises(Unanswered, match="AWS did not write the archive"):
        write.write_tar(run, "claim-ada.tar.gz", tar, listed(home), PLAIN)
    assert uploads(client) == [KEY]  # nobody could be told
    cutter.away = False
    run.prepare()
    assert not uploads(client)
    assert archived_in(home, run, PLAIN).file == "claim-ada.tar.gz"


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_to_the_last_request_that_gets_lost_is_no_loss_and_no_lie(
    home: Path, run: Bucket, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    finish = s3.S3Upload.finish

    def late(upload: s3.S3Upload) -> None:
        if done:
            finish(upload)
        fake_aws.faults.append((f"POST /{NAME}/", 404, "NoSuchUpload", {}))  # it says so, because it is complete
        finish(upload)

    monkeypatch.setattr(s3.S3Upload, "finish", late)
    if done:
        assert read.verified(run, archived_in(home, run, PLAIN), PLAIN)
        return
    with pytest.raises(HubfleetError, match="does not have what was written"):
        archived_in(home, run, PLAIN)
