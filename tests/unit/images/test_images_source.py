"""An image's name follows from what docker is given, and from nothing else."""

import re
from pathlib import Path

import pytest

from hubfleet import images
from hubfleet.errors import InvalidConfiguration, WrongUsage
from hubfleet.images import source

REPOSITORY = Path(__file__).parents[3]


def test_a_name_has_a_tag_of_twelve_hex_digits(root):
    assert re.fullmatch(r"hubfleet\.local/hub:[0-9a-f]{12}", images.reference(root, "hub"))
    assert images.names(root) == ("hub", "user")


def test_equal_content_has_an_equal_tag_wherever_it_lies(root, tmp_path):
    moved = tmp_path / "elsewhere"
    before = images.reference(root, "hub")
    root.rename(moved)
    assert images.reference(moved, "hub") == before


@pytest.mark.parametrize("file", ["Dockerfile", "a.txt", "new.txt"])
def test_a_change_of_content_changes_the_tag(root, file):
    before = images.reference(root, "hub"), images.reference(root, "user")
    (root / "images/hub" / file).write_text("changed")
    assert images.reference(root, "hub") != before[0]
    assert images.reference(root, "user") == before[1]


def test_a_change_of_the_base_changes_every_tag(root):
    before = images.reference(root, "hub"), images.reference(root, "user")
    base = root / "images/base.toml"
    base.write_text(base.read_text() + "\n")
    after = images.reference(root, "hub"), images.reference(root, "user")
    assert set(before).isdisjoint(after)


def test_a_file_that_becomes_a_program_changes_the_tag(root):
    before = images.reference(root, "hub")
    (root / "images/hub/a.txt").chmod(0o755)
    assert images.reference(root, "hub") != before


def test_content_does_not_move_between_files_unseen(root):
    folder = root / "images/hub"
    (folder / "a.txt").write_text("ab")
    (folder / "b.txt").write_text("")
    before = images.reference(root, "hub")
    (folder / "a.txt").write_text("a")
    (folder / "b.txt").write_text("b")
    assert images.reference(root, "hub") != before


@pytest.mark.parametrize("file", ["README.md", "requirements.in", "test.sh", ".Dockerfile.swp", "__pycache__/x.pyc"])
def test_what_docker_is_not_given_changes_nothing(root, file):
    before = images.reference(root, "hub")
    path = root / "images/hub" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("anything")
    assert images.reference(root, "hub") == before
    assert path not in source.files(root, "hub")


def test_an_unknown_image_is_told_with_the_near_one(root):
    with pytest.raises(WrongUsage, match="did you mean 'hub'") as caught:
        images.reference(root, "hubb")
    assert "hub, user" in caught.value.next_step


@pytest.mark.parametrize("name", ["../hub", "", ".", "base.toml"])
def test_a_path_is_no_image(root, name):
    with pytest.raises(WrongUsage):
        images.reference(root, name)


@pytest.mark.parametrize(
    "text", ["release = ", "release = 'a'\n", "[public]\nimage = 'a'\n", "release='a'\npublic='a'\n"]
)
def test_a_broken_base_is_told(root, text):
    (root / "images/base.toml").write_text(text)
    with pytest.raises(InvalidConfiguration) as caught:
        images.reference(root, "hub")
    assert caught.value.where.endswith("base.toml")


def test_a_missing_base_is_told(root):
    (root / "images/base.toml").unlink()
    with pytest.raises(InvalidConfiguration):
        images.reference(root, "hub")


def _dockerfiles():
    return {name: (REPOSITORY / "images" / name / "Dockerfile").read_text() for name in images.names(REPOSITORY)}


def test_the_repository_has_its_three_images():
    assert set(_dockerfiles()) == {"hub", "proxy", "user"}


def test_the_dockerfiles_and_the_base_name_the_same_public_image():
    public = source.base(REPOSITORY).public
    assert re.fullmatch(r"debian:bookworm-\d{8}-slim", public)
    for text in _dockerfiles().values():
        assert f"ARG BASE={public}\n" in text


def test_what_is_said_to_be_shared_is_word_for_word_the_same():
    shared = {
        re.search(r"^# ---- python, pip.*^# ---- end", text, re.DOTALL | re.MULTILINE)[0]
        for text in _dockerfiles().values()
    }
    assert len(shared) == 1


def test_the_images_end_as_a_user_given_by_number():
    users = {name: re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] for name, text in _dockerfiles().items()}
    assert users == {"hub": "1000", "proxy": "65534", "user": "1000"}


@pytest.mark.parametrize("name", ["hub", "proxy", "user"])
def test_lock_files_pin_and_hash_every_package_and_name_no_index(name):
    text = (REPOSITORY / "images" / name / "requirements.lock").read_text()
    assert "://" not in text
    packages = re.findall(r"^(?=\S)(?!#)(.*?)(?<!\\)\n", text, re.DOTALL | re.MULTILINE)
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9-]+==\S+ \\\n", package), package
        assert "--hash=sha256:" in package
    if name == "proxy":
        lock = (REPOSITORY / "images/proxy/package-lock.json").read_text()
        assert "resolved" not in lock
        assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')


def test_hub_and_user_have_the_same_jupyterhub():
    locks = [(REPOSITORY / "images" / name / "requirements.lock").read_text() for name in ("hub", "user")]
    assert len({re.search(r"^jupyterhub==(\S+)", lock, re.MULTILINE)[1] for lock in locks}) == 1
