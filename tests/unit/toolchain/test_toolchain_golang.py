from pathlib import Path

import pytest

from hubfleet.masking import masked
from hubfleet.process import ProcessFailed
from hubfleet.toolchain import golang, named

GO = Path("/usr/bin/go")


def test_a_module_is_built_without_cgo_into_the_given_folder(recorder, tmp_path, monkeypatch):
    monkeypatch.setenv("GOPROXY", "https://mirror.example.org")
    monkeypatch.setenv("GOFLAGS", "-buildvcs=false")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for the build")
    helm, folder = named("helm"), tmp_path / "bin"
    golang.install_module(GO, helm, helm.module, "4.3.1", folder, lambda _: None, recorder)
    stamp = "-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1"
    assert recorder.calls == [
        ["/usr/bin/go", "install", "-v", "-trimpath", "-ldflags", stamp, "helm.sh/helm/v4/cmd/helm@v4.3.1"]
    ]
    env = recorder.envs[0]
    assert (env["GOBIN"], env["CGO_ENABLED"], env["GOTOOLCHAIN"]) == (str(folder), "0", "local")
    assert (env["GOPROXY"], env["GOFLAGS"]) == ("https://mirror.example.org", "-buildvcs=false")
    assert "AWS_SECRET_ACCESS_KEY" not in env
    # Inside the unfinished folder, which the next run removes; gone before the rename.
    assert env["GOTMPDIR"] == str(tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_the_kubernetes_build_is_stamped_and_linked(recorder, tmp_path, root):
    tool = named("kubernetes")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    golang.build_sources(GO, tool, tool.sources, "1.35.4", bin_folder, root, lambda _: None, recorder)
    [words] = recorder.calls
    stamp = words[words.index("-ldflags") + 1]
    for part in ("gitVersion=v1.35.4", "gitMajor=1 ", "gitMinor=35 ", "gitTreeState=clean"):
        assert part in stamp + " "
    assert words[words.index("-o") + 1] == str(bin_folder / "kubernetes")
    assert {link.name: str(link.readlink()) for link in bin_folder.iterdir()} == dict.fromkeys(
        tool.programs[1:], "kubernetes"
    )


def test_a_failed_build_says_where_to_look(recorder, tmp_path):
    recorder.answer("", stderr="no such host", returncode=1)
    with pytest.raises(ProcessFailed) as trouble:
        golang.install_module(
            GO, named("age"), named("age").module, "1.3.2", tmp_path / "bin", lambda _: None, recorder
        )
    assert "doctor" in trouble.value.next_step


def test_a_password_in_an_address_is_hidden(monkeypatch):
    monkeypatch.setenv("GOPROXY", "https://reader:opensesame@mirror.example.org,direct")
    golang.environment()
    assert "opensesame" not in masked("GET https://reader:opensesame@mirror.example.org/x")


def test_pip_gets_the_persons_own_settings(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example.org/simple")
    assert golang.registry_environment()["PIP_INDEX_URL"] == "https://mirror.example.org/simple"
