"""Every volume of a hub into its archive, in a folder and in a bucket: resumed, archived again, and never half.

The pods are fakes: programs run here on folders of this machine, so neither Kubernetes nor kubectl is shown. The bucket
is in memory and lets nobody write over or delete anything.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from hubfleet import process
from hubfleet.archive import manifest, programs, read
from hubfleet.archive.folder import Folder
from hubfleet.archive.manifest import Manifest, Volume
from hubfleet.archive.seal import Seal
from hubfleet.archive.store import Store
from hubfleet.clouds.bucket import Bucket
from hubfleet.clouds.interface import LoginNeeded
from hubfleet.errors import HubfleetError, Refused
from hubfleet.process import Completed
from hubfleet.runs import start
from hubfleet.runs.events import parse
from hubfleet.workflows.mounting import Place
from hubfleet.workflows.teardown import volumes
from hubfleet.workflows.teardown.inventory import Claim
from hubfleet.workflows.teardown.volumes import Archiving, notes
from tests.fakes.objects import FakeObjects

pytestmark = pytest.mark.integration
PLAIN = Seal()


@dataclass
class Pods:
    """Fakes pods: a folder for each claim. `before`: called with a claim's name and a program's."""

    top: Path
    before: Callable[[str, str], None] = field(default=lambda *_: None)

    @contextmanager
    def mounted(self, place: Any, claim: str, *_: Any, **__: Any) -> Iterator[Any]:
        pods = self

        class Pod:
            def python(self, program: str, *words: str, stdout: int | None = None) -> Completed:
                pods.before(claim, program)
                code = getattr(programs, program)
                return process.run([sys.executable, "-X", "utf8", "-c", code, pods.top / claim, *words], stdout=stdout)

        yield Pod()


@pytest.fixture
def pods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pods:
    pods = Pods(tmp_path / "volumes")
    for name in ("claim-ada", "claim-grace"):
        (pods.top / name / "work").mkdir(parents=True)
        (pods.top / name / "work" / "notes").write_text(f"of {name}")
    monkeypatch.setattr(volumes, "mounted", pods.mounted)
    return pods


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "archives" / "west" / "college" / "run-1")
    return Bucket(FakeObjects(), "hubs/west/college/run-1/")


def claim(name: str, uid: str = "") -> Claim:
    return Claim(name, uid or f"uid-of-{name}", name.removeprefix("claim-"), "1Gi", "Bound", "Filesystem", "", "", {})


BOTH = (claim("claim-ada"), claim("claim-grace"))


def archived(store: Store, tmp_path: Path, *claims: Claim) -> tuple[Manifest, list[str]]:
    """As the workflow does it; also what it said."""
    run = start(tmp_path, "teardown-hub", "west/college")
    store.prepare()
    done = Archiving(run, cast("Place", None), store, PLAIN).every(claims or BOTH, at_once=2)
    whole = Manifest("west", "college", "x", "run-1", "then", "ada", (), "", (), done)
    whole.write(store)
    return whole, [each.text for each in parse((run.folder / "events.jsonl").read_text()) if each.kind == "said"]


def content(store: Store, volume: Volume) -> set[str]:
    return set(read.check_content(store, volume, PLAIN))


def test_once_more_sends_nothing_that_is_there_and_unchanged(pods: Pods, store: Store, tmp_path: Path) -> None:
    first, _ = archived(store, tmp_path)
    again, said = archived(store, tmp_path)
    assert again == first == manifest.read(store)
    assert len([each for each in said if "unchanged since" in each]) == 2
    assert store.names("manifest.json") == ("manifest.json",)
    assert len(store.names(".tar.gz")) == 2


def test_what_was_changed_is_archived_again_and_the_newest_counts(pods: Pods, store: Store, tmp_path: Path) -> None:
    first, _ = archived(store, tmp_path)
    (pods.top / "claim-ada" / "work" / "newer").write_text("newer")
    again, _ = archived(store, tmp_path)
    assert manifest.read(store) == again != first
    assert [each.claim for each in notes(store)] == ["claim-ada", "claim-grace"]
    assert list(notes(store)) == list(again.volumes)
    assert content(store, again.volumes[0]) == {"work", "work/notes", "work/newer"}
    if isinstance(store, Bucket):  # the first archive is as true as it was
        assert content(store, first.volumes[0]) == {"work", "work/notes"}
        assert again.volumes[0].file == "2_claim-ada.tar.gz"


def test_another_claim_of_the_same_name_takes_nothing_away(pods: Pods, store: Store, tmp_path: Path) -> None:
    first, _ = archived(store, tmp_path)
    (pods.top / "claim-ada" / "work" / "notes").write_text("of another ada")
    again, _ = archived(store, tmp_path, claim("claim-ada", "12345678-9"))
    assert again.volumes[0].file == "claim-ada.12345678.tar.gz"
    assert content(store, first.volumes[0]) == content(store, again.volumes[0])


def test_one_that_fails_leaves_the_others_and_no_manifest(pods: Pods, store: Store, tmp_path: Path) -> None:
    def fail(name: str, program: str) -> None:
        if (name, program) == ("claim-grace", "TAR"):
            raise LoginNeeded("the login has expired")

    pods.before = fail
    with pytest.raises(LoginNeeded):
        archived(store, tmp_path)
    assert not manifest.there(store)
    assert [each.claim for each in notes(store)] == ["claim-ada"]
    assert not [each for each in store.names("") if "grace" in each and "tar" in each]
    pods.before = lambda *_: None
    whole, said = archived(store, tmp_path)
    assert len(whole.volumes) == 2
    assert len([each for each in said if "unchanged since" in each]) == 1


def test_an_archive_that_is_no_longer_true_is_none(pods: Pods, store: Store, tmp_path: Path) -> None:
    first, _ = archived(store, tmp_path)
    (pods.top / "claim-ada" / "work" / "notes").write_text("changed")

    def fail(name: str, program: str) -> None:
        if program == "TAR":
            raise LoginNeeded("the login has expired")

    pods.before = fail
    with pytest.raises(LoginNeeded):
        archived(store, tmp_path)
    if isinstance(store, Bucket):  # what it names is there as it was: nothing is written over
        assert manifest.read(store) == first
        assert content(store, first.volumes[0])
    else:
        assert not manifest.there(store)


def test_files_that_change_all_the_time_are_refused(pods: Pods, store: Store, tmp_path: Path) -> None:
    def write(name: str, program: str) -> None:
        if (name, program) == ("claim-ada", "TAR"):
            with (pods.top / name / "work" / "notes").open("a") as file:
                file.write("more")

    pods.before = write
    with pytest.raises(Refused, match="change while they are archived"):
        archived(store, tmp_path)
    assert not manifest.there(store)


def test_a_file_of_the_archive_that_is_broken_is_archived_again(pods: Pods, store: Store, tmp_path: Path) -> None:
    archived(store, tmp_path)
    if isinstance(store, Bucket):
        kept = cast("FakeObjects", store.objects).kept
        kept[store.prefix + "claim-ada.tar.gz"] = b"broken"
    else:
        Path(store.file("claim-ada.tar.gz").address).write_bytes(b"broken")
    whole, said = archived(store, tmp_path)
    assert [each for each in said if "archived again" in each]
    assert content(store, whole.volumes[0]) == {"work", "work/notes"}


def test_a_manifest_of_an_archive_that_is_not_there_is_none(store: Store) -> None:
    with pytest.raises(HubfleetError, match="no complete archive"):
        manifest.read(store)
    assert list(notes(store)) == []
