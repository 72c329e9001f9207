"""When certificates are made anew; that kubeadm's are good is proved by every end-to-end test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import pki
from hubfleet.localcluster.settings import Settings
from hubfleet.process import Completed

DAY = 86_400.0
KUBECONFIG = """\
clusters: [{name: local, cluster: {server: "https://10.213.0.1:6443"}}]
contexts: [{name: x, context: {}}]
current-context: x
"""


class Kubeadm:
    """Stands in for kubeadm: writes the files that its phases write, without any cryptography."""

    def __init__(self, fails: str = "") -> None:
        self.calls: list[str] = []
        self._fails = fails

    def __call__(self, argv: Sequence[str | Path], **_: Any) -> Completed:
        words = [str(word) for word in argv]
        self.calls.append(" ".join(words[1:5]))
        if self._fails and self._fails in words:
            raise HubfleetError("kubeadm failed")
        if "certs" in words:
            folder = Path(words[-1]).parent
            for name in ("ca.crt", "ca.key", "sa.key", "sa.pub", "apiserver.crt"):
                if not (folder / name).exists():
                    (folder / name).write_text(f"{name} of {folder.name}")
        if "--kubeconfig-dir" in words:
            for name in ("admin", "super-admin", "kubelet", "controller-manager", "scheduler"):
                (Path(words[-1]) / f"{name}.conf").write_text(KUBECONFIG)
        return Completed(tuple(words), 0, KUBECONFIG, "", 0.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "local")


def ensure(settings: Settings, kubeadm: Kubeadm, day: float) -> bool:
    return pki.ensure(settings, Path("kubeadm"), "1.35.4", kubeadm, now=day * DAY)


def test_a_set_is_made_once(settings: Settings) -> None:
    kubeadm = Kubeadm()
    assert ensure(settings, kubeadm, 100)
    first = settings.pki
    assert not ensure(settings, kubeadm, 100 + 334)
    assert settings.pki == first
    assert (settings.folder / "admin.conf").exists()
    assert len(kubeadm.calls) == 5


@pytest.mark.parametrize("day", [100 + 336, 99])
def test_it_is_made_anew_before_it_ends_and_when_the_clock_went_back(settings: Settings, day: float) -> None:
    ensure(settings, Kubeadm(), 100)
    first = settings.pki
    assert ensure(settings, Kubeadm(), day)
    assert settings.pki != first
    assert not first.exists()


def test_a_new_set_keeps_the_authorities_and_the_key_of_service_accounts(settings: Settings) -> None:
    ensure(settings, Kubeadm(), 100)
    before = {name: (settings.pki / name).read_text() for name in ("ca.crt", "ca.key", "sa.key", "sa.pub")}
    old = (settings.pki / "apiserver.crt").read_text()
    ensure(settings, Kubeadm(), 500)
    assert {name: (settings.pki / name).read_text() for name in before} == before
    assert (settings.pki / "apiserver.crt").read_text() != old


def test_another_port_makes_a_new_set(settings: Settings) -> None:
    ensure(settings, Kubeadm(), 100)
    assert ensure(Settings(settings.folder, port=7443), Kubeadm(), 100.5)


def test_a_failure_in_the_middle_leaves_the_old_set(settings: Settings) -> None:
    ensure(settings, Kubeadm(), 100)
    first = settings.pki
    with pytest.raises(HubfleetError):
        ensure(settings, Kubeadm(fails="kubeconfig"), 500)
    assert settings.pki == first
    assert (settings.pki / "ca.key").exists()
    assert ensure(settings, Kubeadm(), 501)


def test_programs_on_this_machine_use_loopback_and_people_the_context_local(settings: Settings) -> None:
    import yaml

    ensure(settings, Kubeadm(), 100)
    for name in ("admin", "controller-manager", "scheduler"):
        content = yaml.safe_load((settings.pki / f"{name}.conf").read_text())
        assert content["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    assert yaml.safe_load((settings.folder / "admin.conf").read_text())["current-context"] == "local"


def test_the_configuration_is_two_documents_of_json(settings: Settings) -> None:
    first, second = (json.loads(part) for part in pki.configuration(settings, Path("/p"), "1.35.4").split("---\n"))
    assert first["kind"] == "InitConfiguration"
    assert second["controlPlaneEndpoint"] == "127.0.0.1:6443"
    assert second["kubernetesVersion"] == "v1.35.4"
