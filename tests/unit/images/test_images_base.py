"""A base is taken from where it is, or made whole or not at all."""

import platform

import pytest

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.images import base as bases
from hubfleet.images import source
from hubfleet.process import ProcessFailed

PUBLIC = "debian:bookworm-20250520-slim"


@pytest.fixture(autouse=True)
def _as_root(monkeypatch):
    monkeypatch.setattr(bases.os, "geteuid", lambda: 0)


@pytest.fixture
def prepare(root, docker, programs, tmp_path, said, monkeypatch):
    def prepare(chosen="", *, registry=False):
        monkeypatch.setattr(bases, "reachable", lambda _: registry)
        base, kind = source.base(root), bases.kind_of(chosen)
        return bases.prepare(
            base, kind, docker, tmp_path / "cache", lambda name: tmp_path / name, said.append, programs
        )

    return prepare


def made(root):
    return source.base(root).reference


@pytest.mark.parametrize(("registry", "kind"), [(True, "public"), (False, "packages")])
def test_without_a_choice_it_is_what_can_be_reached(prepare, root, programs, registry, kind):
    ready = prepare(registry=registry)
    assert (ready.kind, ready.reference) == (kind, PUBLIC if registry else made(root))
    assert ready.reference in programs.images
    assert bool(programs.asked("pull")) is registry


@pytest.mark.parametrize("kind", ["public", "packages"])
def test_what_docker_has_already_is_used_and_nothing_is_asked(prepare, root, programs, kind):
    name = PUBLIC if kind == "public" else made(root)
    programs.images[name] = {"Id": "sha256:1", "Size": 1, "Config": {}}
    assert prepare(registry=kind != "public").reference == name
    assert not programs.asked("pull")
    assert not programs.asked("unshare")


def test_a_persons_choice_counts_over_what_is_there(prepare, root, programs):
    programs.images[PUBLIC] = {"Id": "sha256:1", "Size": 1, "Config": {}}
    assert prepare("packages").reference == made(root)


def test_a_public_image_that_can_not_be_had_is_replaced_unless_it_was_chosen(prepare, root, programs, said):
    programs.fails["pull"] = (1, "denied: too many requests")
    assert prepare(registry=True).reference == made(root)
    assert any("too many requests" in line for line in said)
    with pytest.raises(ProcessFailed):
        prepare("public")


def test_the_recipe_reaches_the_program_and_the_mirrors_go_through_a_pipe(prepare, programs):
    prepare("packages")
    call = programs.asked("unshare")[0]
    assert call[:3] == ["unshare", "--mount", "--"]
    assert {"--variant=minbase", "--dpkgopt=path-exclude=/usr/share/doc/*", "bookworm"} <= set(call)
    assert "--dpkgopt=path-include=/usr/share/doc/*/copyright" in call
    options = programs.options[programs.calls.index(call)]
    assert b"deb http://mirror.example.org/debian-security bookworm-security main\n" in options["stdin"]
    assert not any("example.org" in word for word in call)


def test_a_mirror_over_https_brings_certificates_into_the_base(prepare, programs):
    programs.targets = programs.targets.replace("http://", "https://")
    prepare("packages")
    assert "--include=usr-is-merged,ca-certificates" in programs.asked("unshare")[0]


def test_it_is_made_once_and_kept(prepare, root, programs, tmp_path):
    prepare("packages")
    assert [file.name for file in (tmp_path / "cache").iterdir() if file.suffix == ".tar"] == [
        f"base-{source.base(root).digest[:12]}-{platform.machine()}.tar"
    ]
    programs.images.clear()
    prepare("packages")
    assert len(programs.asked("unshare")) == 1
    assert len(programs.asked("import")) == 2


def test_a_failure_leaves_nothing_behind(prepare, programs, tmp_path):
    programs.fails["unshare"] = (25, "E: No space left on device")
    with pytest.raises(HubfleetError) as caught:
        prepare("packages")
    assert "No space left" in caught.value.evidence
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["base.lock"]


def test_what_a_killed_run_left_is_removed(prepare, tmp_path):
    left = tmp_path / "cache" / "work" / "mmdebstrap.x"
    left.mkdir(parents=True)
    prepare("packages")
    assert not left.exists()


def test_a_folder_in_which_something_is_mounted_is_not_removed(prepare, tmp_path, monkeypatch):
    work = tmp_path / "cache" / "work"
    (work / "proc").mkdir(parents=True)
    table = tmp_path / "mountinfo"
    table.write_text(f"1 2 0:3 / {work}/proc rw - proc proc rw\n")
    monkeypatch.setattr(bases, "_MOUNTS", table)
    with pytest.raises(HubfleetError, match="still mounted") as caught:
        prepare("packages")
    assert (work / "proc").exists()
    assert caught.value.next_step == f"umount {work}/proc"


def test_who_is_not_root_is_told_before_anything_is_done(prepare, programs, tmp_path, monkeypatch):
    monkeypatch.setattr(bases.os, "geteuid", lambda: 1000)
    with pytest.raises(WrongUsage, match="root"):
        prepare("packages")
    assert not (tmp_path / "cache").exists()
    assert not programs.asked("unshare")


def test_an_unknown_kind_is_told():
    with pytest.raises(WrongUsage, match="'publik'"):
        bases.kind_of("publik")
    assert bases.kind_of("") is None
