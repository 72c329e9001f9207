from dataclasses import replace
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.toolchain import catalogue, named, tool
from hubfleet.toolchain.sight import cache_folder, content, in_cache, sight, version_said

# Recorded from the real programs.
SAID = [
    ("helm", "v4.3.1+g1234567", "4.3.1"),
    ("helm", "v4.3.1-rc.1+g1234567", "4.3.1-rc.1"),
    ("kubectl", '{\n  "clientVersion": {\n    "gitVersion": "v1.32.4-dispatcher",\n', "1.32.4-dispatcher"),
    ("kubectl", '{\n  "clientVersion": {\n    "gitVersion": "v1.35.4",\n', "1.35.4"),
    ("kubernetes", "Kubernetes v1.35.4", "1.35.4"),
    ("coredns", "CoreDNS-1.15.0\nlinux/amd64, go1.26.8, ", "1.15.0"),
    ("kwok", "kwok version v0.8.0 go1.26.8 (linux/amd64)", "0.8.0"),
    ("sops", "sops 3.13.3", "3.13.3"),
    ("age", "v1.3.2", "1.3.2"),
    ("age", "(devel)", ""),
    ("terraform", 'There are some problems:\n2.0\n{\n  "terraform_version": "1.11.4",\n', "1.11.4"),
    ("containerd", "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", "1.6.20"),
    ("runc", "runc version 1.1.5+ds1\nspec: 1.0.2-dev", "1.1.5"),
    (
        "cni-plugins",
        "CNI host-local plugin version unknown\nCNI protocol versions supported: 0.1.0, 0.2.0, 0.4.0, 1.0.0",
        "1.0.0",
    ),
    ("iptables", "iptables v1.8.9 (nf_tables)", "1.8.9"),
    ("conntrack", "conntrack v1.4.7 (conntrack-tools)", "1.4.7"),
    ("iproute2", "ip utility, iproute2-6.1.0, libbpf 1.1.2", "6.1.0"),
    ("docker", "Docker version 28.2.2, build e6534b4", "28.2.2"),
    ("dockerd", "Docker version 20.10.24+dfsg1, build 5d6db84", "20.10.24"),
    ("mmdebstrap", "mmdebstrap 1.3.5", "1.3.5"),
    ("shellcheck", "ShellCheck - shell script analysis tool\nversion: 0.9.0\nlicense: GNU version 3", "0.9.0"),
    ("go", "go version go1.26.8 linux/amd64", "1.26.8"),
    ("helm", "Segmentation fault", ""),
]


@pytest.mark.parametrize(("name", "said", "version"), SAID)
def test_versions_are_read_from_what_programs_say(recorder, name, said, version):
    recorder.answer("", stderr=said) if name == "cni-plugins" else recorder.answer("", stdout=said)
    assert version_said(named(name), Path("/usr/bin") / name, recorder) == version


def test_a_program_that_fails_to_say_has_no_version(recorder):
    recorder.answer("", stdout="1.0.0", returncode=139)
    assert version_said(named("helm"), Path("/usr/bin/helm"), recorder) == ""


def test_the_cache_comes_first_and_is_not_asked(cache, root, recorder, program, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    program(tmp_path / "bin" / "helm")
    cached = program(cache / "tools" / "helm" / "4.3.1" / "bin" / "helm")
    found = sight(named("helm"), root, recorder).found
    assert (found.path, found.version, found.where) == (cached, "4.3.1", "cache")
    assert recorder.calls == []


def test_an_incomplete_folder_in_the_cache_does_not_count(cache, root, program):
    program(cache / "tools" / "age" / "1.3.2" / "bin" / "age")
    assert in_cache(named("age"), root) is None
    program(cache / "tools" / "age" / "1.3.2" / "bin" / "age-keygen")
    assert in_cache(named("age"), root) is not None


def test_the_right_one_is_found_behind_a_wrong_one_on_path(cache, root, recorder, program, monkeypatch, tmp_path):
    wrong, right = program(tmp_path / "a" / "helm"), program(tmp_path / "b" / "helm")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    recorder.answer(f"{wrong} version --short", stdout="v3.19.0")
    recorder.answer(f"{right} version --short", stdout="v4.3.1")
    seen = sight(named("helm"), root, recorder)
    assert (seen.found.path, seen.found.where) == (right, "PATH")
    assert [(other.path, other.version) for other in seen.others] == [(wrong, "3.19.0")]


def test_a_tool_with_two_programs_needs_both(cache, root, recorder, program, monkeypatch, tmp_path):
    program(tmp_path / "age")
    monkeypatch.setenv("PATH", str(tmp_path))
    recorder.answer("--version", stdout="v1.3.2")
    assert sight(named("age"), root, recorder).found is None
    program(tmp_path / "age-keygen")
    assert sight(named("age"), root, recorder).found.version == "1.3.2"


def test_the_local_kubernetes_is_never_taken_from_path(cache, root, recorder, program, monkeypatch, tmp_path):
    for name in named("kubernetes").programs:
        program(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    recorder.answer("--version", stdout="Kubernetes v1.35.4")
    assert sight(named("kubernetes"), root, recorder).found is None


def test_kubectl_comes_with_the_local_kubernetes(cache, root, recorder, program):
    folder = cache_folder(named("kubernetes"), root) / "bin"
    program(folder / "kubectl")
    assert sight(named("kubectl"), root, recorder).found.path == folder / "kubectl"


def test_other_linker_flags_are_another_folder(cache, root):
    tool = named("kubernetes")
    other = replace(tool, sources=replace(tool.sources, stamp="-X other=1"))
    assert cache_folder(tool, root) != cache_folder(other, root)
    assert cache_folder(tool, root).name.startswith("1.35.4-")


def test_an_edit_of_the_sources_or_flags_is_another_folder(tmp_path):
    (tmp_path / "main.go").write_text("package main")
    before = content(tmp_path)
    content.cache_clear()
    (tmp_path / "main.go").write_text("package main // edited")
    after = content(tmp_path)
    assert len({before, after, content(tmp_path, "-X version=2")}) == 3


def test_tool_gives_the_path_of_each_program(cache, root, program):
    folder = cache / "tools" / "age" / "1.3.2" / "bin"
    program(folder / "age"), program(folder / "age-keygen")
    assert tool("age-keygen", root) == folder / "age-keygen"
    assert tool("age", root) == folder / "age"


def test_a_missing_tool_says_what_was_seen_and_how_to_get_it(cache, root, program, monkeypatch, tmp_path):
    other = program(tmp_path / "helm")
    other.write_text("#!/bin/sh\necho v3.19.0\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(HubfleetError, match=r"helm 4\.3\.1 is not on this machine") as trouble:
        tool("helm", root)
    assert trouble.value.evidence == f"{other} is 3.19.0"
    assert trouble.value.next_step == "./inv tools-install -s helm"


def test_an_unknown_name_gets_the_nearest(root):
    with pytest.raises(WrongUsage) as trouble:
        tool("kubctl", root)
    assert trouble.value.next_step == "did you mean kubectl?"


def test_names_are_unique():
    names = [tool.name for tool in catalogue.TOOLS]
    assert len(names) == len(set(names))
