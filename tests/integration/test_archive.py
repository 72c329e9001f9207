"""Archives of real files by real programs: everything a home can hold comes back, and every damage is found."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.archive import entries, programs, read, write
from hubfleet.archive.folder import Folder
from hubfleet.archive.manifest import Volume
from hubfleet.archive.seal import Seal
from hubfleet.errors import HubfleetError, Refused
from hubfleet.process import ProcessFailed
from hubfleet.toolchain import tool
from hubfleet.tools.age import NoKey, make_key
from hubfleet.workflows.restore.plan import RUNTIME
from tests.integration.homes import SPARSE_BYTES, archived_in, fingerprint, listed, make_home, python, sealed, tar_of

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
PLAIN = Seal()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A public key, and the file of its private half."""
    try:
        path = tmp_path_factory.mktemp("keys") / "keys.txt"
        return make_key(path, tool("age-keygen", ROOT)), path
    except HubfleetError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{error.what}: {error.next_step}")


def archived(home: Path, folder: Path, seal: Seal) -> Volume:
    """The home in an archive."""
    folder.mkdir(exist_ok=True)
    return archived_in(home, Folder(folder), seal)


def test_a_home_is_archived_verified_and_comes_back_the_same(home: Path, tmp_path: Path) -> None:
    volume = archived(home, tmp_path / "archive", PLAIN)
    assert "read back" in volume.verified
    assert read.verified(Folder(tmp_path / "archive"), volume, PLAIN).endswith("equal to the listing")
    assert "socket" not in read.check_content(Folder(tmp_path / "archive"), volume, PLAIN)
    target = tmp_path / "target"
    target.mkdir()
    with (tmp_path / "archive" / volume.file).open("rb") as stream:
        python(programs.EXTRACT, str(target), "staging", stdin=stream.fileno())
    assert listed(target / "staging") == listed(home)
    back = target / "staging"
    assert (back / "thesis.tex").stat().st_mtime == 1_000_000_000.25
    assert (back / "work" / "linked").stat().st_ino == (back / "thesis.tex").stat().st_ino
    assert stat.S_IMODE((back / "work").stat().st_mode) == 0o2770
    assert (back / "sparse").stat().st_blocks * 512 < SPARSE_BYTES / 4
    assert not list((tmp_path / "archive").glob("*.new"))
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in (tmp_path / "archive").iterdir())


def test_encrypted_for_a_key_that_is_here_it_is_opened_again(
    home: Path, tmp_path: Path, keys: tuple[str, Path]
) -> None:
    seal = sealed(keys, keys[1])
    volume = archived(home, tmp_path / "archive", seal)
    assert volume.verified == write.READ
    assert volume.file.endswith(".tar.gz.age")
    assert read.check_content(Folder(tmp_path / "archive"), volume, seal) == listed(home)


def test_without_the_key_it_says_that_it_was_not_opened(home: Path, tmp_path: Path, keys: tuple[str, Path]) -> None:
    seal = sealed(keys, tmp_path / "no-such-key")
    volume = archived(home, tmp_path / "archive", seal)
    assert volume.verified == write.PASSED
    assert "not opened" in read.verified(Folder(tmp_path / "archive"), volume, seal)
    with pytest.raises(NoKey):
        read.check_content(Folder(tmp_path / "archive"), volume, seal)
    assert read.check_content(Folder(tmp_path / "archive"), volume, replace(seal, identity=keys[1])) == listed(home)


def test_nothing_of_an_encrypted_archive_is_readable(home: Path, tmp_path: Path, keys: tuple[str, Path]) -> None:
    archived(home, tmp_path / "archive", sealed(keys))
    for file in (tmp_path / "archive").iterdir():
        data = file.read_bytes()
        assert data.startswith(b"age-encryption.org/v1")
        assert b"thesis" not in data


def test_another_key_does_not_open_it(home: Path, tmp_path: Path, keys: tuple[str, Path]) -> None:
    make_key(tmp_path / "other.txt", tool("age-keygen", ROOT))
    volume = archived(home, tmp_path / "archive", sealed(keys))
    with pytest.raises(NoKey):
        read.check_content(Folder(tmp_path / "archive"), volume, sealed(keys, tmp_path / "other.txt"))


@pytest.mark.parametrize("where", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("encrypted", [False, True])
def test_one_flipped_bit_is_found(
    home: Path, tmp_path: Path, keys: tuple[str, Path], where: float, encrypted: bool
) -> None:
    seal = sealed(keys, keys[1]) if encrypted else PLAIN
    volume = archived(home, tmp_path / "archive", seal)
    path = tmp_path / "archive" / volume.file
    data = bytearray(path.read_bytes())
    data[int(where * (len(data) - 6))] ^= 4
    path.write_bytes(data)
    with pytest.raises(read.Broken, match="not what it was"):
        read.check_hashes(Folder(path.parent), volume)
    with pytest.raises(read.Broken, match="not what it was"):
        read.check(Folder(path.parent), volume, seal)
    with pytest.raises(HubfleetError):
        read.check_content(Folder(path.parent), volume, seal)


@pytest.mark.parametrize("cut", [1, 8, 1000, 1 << 20])
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_truncated_archive_is_found(
    home: Path, tmp_path: Path, keys: tuple[str, Path], cut: int, encrypted: bool
) -> None:
    seal = sealed(keys, keys[1]) if encrypted else PLAIN
    volume = archived(home, tmp_path / "archive", seal)
    path = tmp_path / "archive" / volume.file
    os.truncate(path, path.stat().st_size - cut)
    with pytest.raises(HubfleetError):
        read.check_content(Folder(path.parent), volume, seal)


def test_a_stream_that_ends_early_is_no_archive(home: Path, tmp_path: Path) -> None:
    def cut(descriptor: int) -> None:
        whole = subprocess.run([sys.executable, "-c", programs.TAR, home], stdout=subprocess.PIPE, check=True).stdout
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(whole[:-5])

    with pytest.raises(HubfleetError, match="ends early"):
        write.write_tar(Folder(tmp_path), "x.tar.gz", cut, listed(home), PLAIN)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize("encrypted", [False, True])
def test_what_changed_since_the_listing_is_found(
    home: Path, tmp_path: Path, keys: tuple[str, Path], encrypted: bool
) -> None:
    before, mark = listed(home), fingerprint(home)
    (home / "thesis.tex").write_text("\\chapter{All of it!}"[:19] + "\n")
    os.utime(home / "thesis.tex", (1_000_000_000, 1_000_000_000.25))
    with pytest.raises(write.Differs, match="differs from the listing") as caught:
        write.write_tar(Folder(tmp_path), "x.tar.gz", tar_of(home), before, sealed(keys) if encrypted else PLAIN)
    assert "thesis.tex: differs in" in caught.value.evidence
    assert not list(tmp_path.glob("x.*"))
    assert fingerprint(home) != mark


def test_a_program_that_fails_says_so_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    def fail(descriptor: int) -> None:
        process.run(
            [sys.executable, "-c", "import sys; print('x' * 999); sys.exit('no such volume')"], stdout=descriptor
        )

    with pytest.raises(ProcessFailed) as caught:
        write.write_tar(Folder(tmp_path), "x.tar.gz", fail, listed(home), PLAIN)
    assert "no such volume" in caught.value.evidence
    assert not list(tmp_path.glob("x.*"))


def test_a_recipient_that_age_refuses_is_named(home: Path, tmp_path: Path, keys: tuple[str, Path]) -> None:
    seal = Seal(("age1" + "q" * 58,), tool("age", ROOT))
    with pytest.raises(ProcessFailed, match="age"):
        write.write_tar(Folder(tmp_path), "x.tar.gz", tar_of(home), listed(home), seal)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.root
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_full_disk_is_told_and_leaves_nothing_half(
    home: Path, tmp_path: Path, keys: tuple[str, Path], encrypted: bool
) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine does not mount a tmpfs")
    try:
        with pytest.raises(HubfleetError, match="disk of the archive is full") as caught:
            write.write_tar(Folder(disk), "x.tar.gz", tar_of(home), listed(home), sealed(keys) if encrypted else PLAIN)
        assert "--destination" in caught.value.next_step
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_links_that_lead_out_are_not_extracted(tmp_path: Path) -> None:
    import gzip
    import io
    import tarfile

    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as plain, tarfile.open(fileobj=plain, mode="w|") as tar:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("out/passwd"))
    found = entries.from_tar(io.BytesIO(packed.getvalue()))
    with pytest.raises(Refused, match="through symbolic links"):
        read._refuse_through_links(found, str(tmp_path))


def merge(root: Path, home: str = "", aside: str = "") -> None:
    python(programs.MERGE, str(root), ".staged", home, f"{os.getuid()}:{os.getgid()}", aside, RUNTIME)


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / ".staged" / "work" / "deep").mkdir(parents=True)
    (root / ".staged" / "work" / "deep" / "file").write_text("from the archive")
    (root / ".staged" / "notes").write_text("from the archive")
    (root / ".staged" / "link").symlink_to("notes")
    return root


def test_an_empty_home_gets_its_files_where_they_were(staged: Path) -> None:
    merge(staged)
    assert sorted(each.name for each in staged.iterdir()) == ["link", "notes", "work"]
    merge(staged)  # once more, after a crash
    assert (staged / "work" / "deep" / "file").read_text() == "from the archive"


def test_files_come_between_those_that_are_there(staged: Path) -> None:
    (staged / "work" / "deep").mkdir(parents=True)
    (staged / "work" / "deep" / "newer").touch()
    (staged / "notes").write_text("from the archive")
    merge(staged)
    assert sorted(each.name for each in (staged / "work" / "deep").iterdir()) == ["file", "newer"]
    assert not (staged / ".staged").exists()


@pytest.mark.parametrize("name", ["notes", "link", "work"])
def test_what_exists_is_left_alone_and_so_is_what_was_unpacked(staged: Path, name: str) -> None:
    (staged / name).write_text("newer")
    with pytest.raises(ProcessFailed, match="exit code 1"):
        merge(staged)
    assert (staged / name).read_text() == "newer"
    assert os.path.lexists(staged / ".staged" / name)


@pytest.mark.parametrize("name", ["notes", "work/deep/file"])
def test_what_is_replaced_is_kept_aside(staged: Path, name: str) -> None:
    (staged / name).parent.mkdir(parents=True, exist_ok=True)
    (staged / name).write_text("newer")
    merge(staged, aside="before-restore-1")
    assert (staged / name).read_text() == "from the archive"
    assert (staged / "before-restore-1" / name).read_text() == "newer"


def test_a_link_in_the_way_is_not_followed(staged: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (staged / "work").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProcessFailed):
        merge(staged)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_home_that_is_a_folder_of_a_share(staged: Path) -> None:
    (staged / "grace").mkdir()
    merge(staged, home="ada")
    assert sorted(each.name for each in staged.iterdir()) == ["ada", "grace"]
    assert (staged / "ada" / "work" / "deep" / "file").read_text() == "from the archive"


def test_some_homes_of_a_share_for_another_user_id(home: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving files to others needs root")
    target = tmp_path / "target"
    target.mkdir()
    wishes = json.dumps({"chosen": ["work", "pipe"], "owners": {os.getuid(): 4711}})
    (home / "work" / "linked").unlink()  # it is the same file as one that is not chosen
    with (tmp_path / "x.tar.gz").open("wb") as file:
        python(programs.TAR, str(home), stdout=file.fileno())
    with (tmp_path / "x.tar.gz").open("rb") as stream:
        python(programs.EXTRACT, str(target), "staging", wishes, stdin=stream.fileno())
    found = entries.parse(python(programs.LISTING, str(target), "staging").splitlines())
    assert {each.partition("/")[0] for each in found} == {"work", "pipe"}
    assert {each.uid for each in found.values()} == {4711}
    assert python(programs.LISTING, str(target), "nobody") == ""
