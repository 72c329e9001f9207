"""One home into its volume, with the real programs on a real folder.

The pod is a fake: programs run here instead of through kubectl, so neither Kubernetes nor kubectl is shown. That is in
tests/e2e/test_teardown.py.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from hubfleet import process
from hubfleet.archive import entries, programs, write
from hubfleet.archive.folder import Folder
from hubfleet.archive.manifest import Manifest, Volume
from hubfleet.archive.seal import Seal
from hubfleet.errors import HubfleetError, Interrupted, Refused
from hubfleet.process import Completed
from hubfleet.runs import start
from hubfleet.toolchain import tool
from hubfleet.tools.age import make_key
from hubfleet.workflows.mounting import Mounted, Place
from hubfleet.workflows.restore.homes import interruption_told
from hubfleet.workflows.restore.plan import Home, Target
from hubfleet.workflows.restore.putting import Put, Putting
from hubfleet.workflows.restore.source import Source, open_archive, verify

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


@dataclass
class Pod:
    """Fakes a pod with a volume: a folder, and programs that run on this machine. `before`: called with each name."""

    volume: Path
    before: Callable[[str], None] = lambda _: None

    def python(self, program: str, *words: str, stdin: int | None = None, stdout: int | None = None) -> Completed:
        self.before(program)
        code = getattr(programs, program)
        return process.run([sys.executable, "-X", "utf8", "-c", code, self.volume, *words], stdin=stdin, stdout=stdout)


def archived(home: Path, folder: Path, seal: Seal) -> Source:
    """The home in an archive with a manifest."""
    folder.mkdir()
    store = Folder(folder)
    found = entries.parse(process.run([sys.executable, "-c", programs.LISTING, home]).stdout.splitlines())
    lines = write.write_listing(store, "claim-ada.listing.gz", found, seal)
    file = write.write_tar(
        store,
        "claim-ada.tar.gz",
        lambda fd: process.run([sys.executable, "-c", programs.TAR, home], stdout=fd),
        found,
        seal,
    )
    sums = entries.totals(found)
    volume = Volume("claim-ada", "uid-1", "ada", {}, file.name, file.size, file.sha256, lines.name, lines.sha256,
                    sums.files, sums.bytes, sums.others, "0" * 64, file.verified)  # fmt: skip
    whole = Manifest("local", "museum", "museum.localhost", "run-1", "then", "ada", seal.recipients, "", (), (volume,))
    whole.write(store)
    return Source(store, whole, seal)


def seal_of(folder: Path, *, encrypted: bool) -> Seal:
    if not encrypted:
        return Seal()
    public = make_key(folder / "key.txt", tool("age-keygen", ROOT))
    return Seal((public,), tool("age", ROOT), folder / "key.txt")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "work" / "ünïcode ☃").mkdir(parents=True)
    (home / "work" / "ünïcode ☃" / "notes").write_text("every word")
    (home / "link").symlink_to("work")
    (home / "big").write_bytes(os.urandom(1 << 20))
    (home / "big").chmod(0o640)
    return home


@pytest.fixture
def source(home: Path, tmp_path: Path) -> Source:
    return archived(home, tmp_path / "archive", Seal())


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


def put(source: Source, pod: Pod, tmp_path: Path, *, overwrite: bool = False, home: Home | None = None) -> Put:
    run = start(tmp_path, "restore-homes", "local/museum")
    putting = Putting(run, cast("Place", None), source, overwrite)
    target = Target(source.whole.volumes[0], home or Home("claim-ada"), (), True, {})
    return putting._put(cast("Mounted", pod), target, lambda _: None)


def listed(folder: Path) -> dict[str, Any]:
    return entries.parse(process.run([sys.executable, "-c", programs.LISTING, folder]).stdout.splitlines())


def test_an_empty_home_gets_everything(source: Source, home: Path, volume: Path, tmp_path: Path) -> None:
    done = put(source, Pod(volume), tmp_path)
    assert (done.files, done.others, done.same, done.aside) == (2, 3, 0, "")
    assert listed(volume) == listed(home)
    again = put(source, Pod(volume), tmp_path)
    assert (again.files, again.same) == (0, 5)


def test_an_encrypted_archive_with_its_key(home: Path, volume: Path, tmp_path: Path) -> None:
    source = archived(home, tmp_path / "archive", seal_of(tmp_path, encrypted=True))
    put(source, Pod(volume), tmp_path)
    assert listed(volume) == listed(home)


def nothing_is_unpacked(program: str) -> None:
    assert program != "EXTRACT"


@pytest.mark.parametrize("encrypted", [False, True])
def test_too_little_room_is_seen_before_anything_is_unpacked(home: Path, tmp_path: Path, encrypted: bool) -> None:
    (home / "bigger").write_bytes(os.urandom(4 << 20))
    source = archived(home, tmp_path / "archive", seal_of(tmp_path, encrypted=encrypted))
    volume = tmp_path / "small"
    volume.mkdir()
    if os.geteuid() != 0 or process.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", volume], ok=(0, 1, 32)
    ).returncode:  # fmt: skip
        pytest.skip("this machine does not mount a tmpfs")
    try:
        (volume / "mine").write_text("mine")
        with pytest.raises(HubfleetError, match=r"claim-ada is full: 5\.2 MB are needed, 1\.0 MB free") as caught:
            put(source, Pod(volume, nothing_is_unpacked), tmp_path)
        assert caught.value.next_step.startswith("./inv grow-homes local museum SIZE")
        assert [each.name for each in volume.iterdir()] == ["mine"]
    finally:
        process.run(["umount", volume])


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_volume_that_fills_up_meanwhile_is_told_as_full_and_cleared(
    home: Path, volume: Path, tmp_path: Path, encrypted: bool
) -> None:
    source = archived(home, tmp_path / "archive", seal_of(tmp_path, encrypted=encrypted))

    def fill(program: str) -> None:
        if program == "EXTRACT":
            (volume / "ada" / "fills").write_bytes(os.urandom((8 << 20) - (300 << 10)))

    with limited(volume / "ada"):
        with pytest.raises(HubfleetError, match=r"claim-ada is full: 1\.0 MB are needed, 0\.3 MB free") as caught:
            put(source, Pod(volume / "ada", fill), tmp_path)
        assert "No space left on device" in caught.value.evidence
        assert [each.name for each in (volume / "ada").iterdir()] == ["fills"]


def test_what_is_there_already_needs_room_too_while_it_is_unpacked(home: Path, volume: Path, tmp_path: Path) -> None:
    (home / "bigger").write_bytes(os.urandom(5 << 20))
    source = archived(home, tmp_path / "archive", Seal())
    with limited(volume / "ada"):
        (volume / "ada" / "bigger").write_bytes((home / "bigger").read_bytes())
        with pytest.raises(HubfleetError, match=r"claim-ada is full: 6\.3 MB are needed, 3\.1 MB free"):
            put(source, Pod(volume / "ada", nothing_is_unpacked), tmp_path)


def test_a_file_with_holes_needs_only_what_is_not_a_hole(home: Path, volume: Path, tmp_path: Path) -> None:
    with (home / "sparse").open("wb") as file:
        file.truncate(64 << 20)
    source = archived(home, tmp_path / "archive", Seal())
    with limited(volume / "ada"):
        put(source, Pod(volume / "ada"), tmp_path)
        assert (volume / "ada" / "sparse").stat().st_size == 64 << 20


def test_what_was_half_unpacked_is_begun_again(source: Source, home: Path, volume: Path, tmp_path: Path) -> None:
    def die(program: str) -> None:
        if program == "MERGE":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(source, Pod(volume, die), tmp_path)
    assert [each.name for each in volume.iterdir()] == [".hubfleet-restore-run-1"]
    put(source, Pod(volume), tmp_path)
    assert listed(volume) == listed(home)


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), Interrupted("kubectl was interrupted")])
def test_an_interruption_says_what_comes_next(trouble: BaseException) -> None:
    try:
        with pytest.raises(Interrupted) as caught, interruption_told():
            raise trouble
    finally:
        process._interrupted.clear()
    assert caught.value.next_step == "run it again: it goes on where it was"


def test_a_file_that_appears_at_the_last_moment_is_left_alone(source: Source, volume: Path, tmp_path: Path) -> None:
    def write_now(program: str) -> None:
        if program == "MERGE":
            (volume / "big").write_text("newer")

    with pytest.raises(HubfleetError) as caught:
        put(source, Pod(volume, write_now), tmp_path)
    assert "'big'" in caught.value.evidence
    assert (volume / "big").read_text() == "newer"


def test_conflicts_are_refused_or_put_aside(source: Source, home: Path, volume: Path, tmp_path: Path) -> None:
    (volume / "big").write_text("newer")
    with pytest.raises(Refused) as caught:
        put(source, Pod(volume), tmp_path)
    assert caught.value.evidence == "big"
    done = put(source, Pod(volume), tmp_path, overwrite=True)
    assert (volume / done.aside / "big").read_text() == "newer"
    assert (volume / "big").read_bytes() == (home / "big").read_bytes()


@pytest.mark.parametrize("overwrite", [False, True])
def test_files_of_a_servers_run_stay_as_they_are_there(
    home: Path, volume: Path, tmp_path: Path, overwrite: bool
) -> None:
    run = Path(".local/share/jupyter/runtime")
    for place, text in ((home, "archived"), (volume, "there")):
        (place / run).mkdir(parents=True)
        (place / run / "jupyter_cookie_secret").write_text(text)
    (home / run / "kernel").mkdir()
    (home / run / "kernel" / "log").write_text("archived")
    (volume / run / "kernel").write_text("there")
    done = put(archived(home, tmp_path / "archive", Seal()), Pod(volume), tmp_path, overwrite=overwrite)
    assert (done.files, done.kept, done.aside) == (2, 3, "")
    assert (volume / run / "jupyter_cookie_secret").read_text() == "there"
    assert (volume / run / "kernel").read_text() == "there"
    assert (volume / "big").read_bytes() == (home / "big").read_bytes()
    assert not list(volume.glob(".hubfleet-restore-*"))


def test_a_home_in_a_share_gets_the_hubs_owner(source: Source, home: Path, volume: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving files to others needs root")
    put(source, Pod(volume), tmp_path, home=Home("homes", None, "ada", 1000, 100))
    assert (volume / "ada").stat().st_uid == 1000
    assert listed(volume / "ada") == listed(home)


@contextmanager
def limited(folder: Path) -> Iterator[None]:
    """A folder that nothing can be renamed into, as one with a quota of its own on XFS: here a small file system."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if os.geteuid() != 0 or process.run(words, ok=(0, 1, 32)).returncode:
        pytest.skip("this machine does not mount a tmpfs")
    try:
        yield
    finally:
        process.run(["umount", folder])


def test_a_home_with_a_quota_of_its_own_gets_everything(
    source: Source, home: Path, volume: Path, tmp_path: Path
) -> None:
    with limited(volume / "ada"):
        (volume / "ada" / "big").write_text("newer")
        done = put(source, Pod(volume), tmp_path, overwrite=True, home=Home("homes", None, "ada"))
        found = listed(volume / "ada")
        assert found.pop(done.aside).kind == "folder"
        assert (volume / "ada" / done.aside / "big").read_text() == "newer"
        assert found.pop(f"{done.aside}/big").kind == "file"
        assert found == listed(home)
        times = [(each / "work").stat().st_mtime for each in (volume / "ada", home)]
        assert times[0] == pytest.approx(times[1], abs=0.001)
    assert [each.name for each in volume.iterdir()] == ["ada"]


def test_what_is_in_the_way_leaves_a_folder_with_a_quota_of_its_own(
    source: Source, home: Path, volume: Path, tmp_path: Path
) -> None:
    with limited(volume / "work"):
        (volume / "work" / "ünïcode ☃").mkdir()
        (volume / "work" / "ünïcode ☃" / "notes").write_text("newer")
        done = put(source, Pod(volume), tmp_path, overwrite=True)
        assert (volume / done.aside / "work" / "ünïcode ☃" / "notes").read_text() == "newer"
        assert (volume / "work" / "ünïcode ☃" / "notes").read_text() == "every word"


def test_a_quota_that_is_reached_in_the_middle_loses_nothing_and_can_be_mended(
    source: Source, home: Path, volume: Path, tmp_path: Path
) -> None:
    with limited(volume / "ada"):
        (volume / "ada" / "fills").write_bytes(os.urandom((8 << 20) - (300 << 10)))
        with pytest.raises(HubfleetError, match=r"homes is full: 1\.0 MB are needed, 0\.3 MB free"):
            put(source, Pod(volume, nothing_is_unpacked), tmp_path, home=Home("homes", None, "ada"))

        def unseen(program: str) -> None:
            if program == "ROOM":
                (volume / "ada" / "fills").unlink(missing_ok=True)
            elif program == "MERGE":
                (volume / "ada" / "fills").write_bytes(os.urandom((8 << 20) - (300 << 10)))

        with pytest.raises(HubfleetError, match="homes is full") as caught:
            put(source, Pod(volume, unseen), tmp_path, home=Home("homes", None, "ada"))
        assert "No space left on device" in caught.value.evidence
        (volume / "ada" / "fills").unlink(missing_ok=True)
        put(source, Pod(volume), tmp_path, home=Home("homes", None, "ada"))
        assert listed(volume / "ada") == listed(home)


def test_every_volume_is_verified_although_one_is_broken(source: Source) -> None:
    whole = replace(source.whole, volumes=(replace(source.whole.volumes[0], sha256="0" * 64), *source.whole.volumes))
    found = list(verify(replace(source, whole=whole), lambda _: None))
    assert [each.wrong is None for each in found] == [False, True]


def test_a_folder_of_several_archives_asks_which(source: Source, tmp_path: Path) -> None:
    assert open_archive(ROOT, str(source.store)).whole == source.whole
    assert open_archive(ROOT, f"{source.store}/manifest.json").store == source.store
    with pytest.raises(HubfleetError, match="several archives") as caught:
        open_archive(ROOT, str(tmp_path))
    assert str(source.store) in caught.value.evidence
    with pytest.raises(HubfleetError, match="no such archive"):
        open_archive(ROOT, str(tmp_path / "nowhere"))
