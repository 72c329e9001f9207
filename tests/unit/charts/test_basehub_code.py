"""basehub's own code in the hub, as its values.yaml carries it, run on a real traitlets configuration."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def configure(z2jh, tmp_path):
    """Run the code on a configuration, with these values below custom.basehub."""
    values = yaml.safe_load((ROOT / "helm/basehub/values.yaml").read_text())
    code = values["jupyterhub"]["hub"]["extraConfig"]["zz-basehub"]

    def run(c: Config, custom: dict[str, Any] | None = None) -> Config:
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret/values.yaml").write_text(yaml.safe_dump({"custom": {"basehub": custom or {}}}))
        exec(compile(code, "zz-basehub", "exec"), {"c": c})  # noqa: S102 the hub does the same
        return c

    return run


@pytest.fixture(autouse=True)
def _no_passwords(monkeypatch):
    monkeypatch.delenv("BASEHUB_USER_PASSWORD", raising=False)
    monkeypatch.delenv("BASEHUB_ADMIN_PASSWORD", raising=False)


def test_homes_are_kept_whatever_the_hubs_own_code_says(configure):
    c = Config()
    c.KubeSpawner.delete_pvc = True
    assert configure(c).KubeSpawner.delete_pvc is False


def test_the_shared_password_comes_from_the_environment(configure, monkeypatch):
    monkeypatch.setenv("BASEHUB_USER_PASSWORD", "for-users")
    monkeypatch.setenv("BASEHUB_ADMIN_PASSWORD", "for-admins")
    c = Config()
    c.JupyterHub.authenticator_class = "shared-password"
    configure(c)
    assert c.SharedPasswordAuthenticator.user_password == "for-users"
    assert c.SharedPasswordAuthenticator.admin_password == "for-admins"


def test_a_hub_whose_password_is_missing_does_not_start(configure):
    c = Config()
    c.JupyterHub.authenticator_class = "shared-password"
    with pytest.raises(RuntimeError, match="no Secret shared-password"):
        configure(c)


def test_a_password_of_ones_own_is_left_alone(configure):
    c = Config()
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = "my-own-password"
    assert configure(c).SharedPasswordAuthenticator.user_password == "my-own-password"


def test_other_authenticators_get_no_password(configure, monkeypatch):
    monkeypatch.setenv("BASEHUB_USER_PASSWORD", "for-users")
    c = Config()
    c.JupyterHub.authenticator_class = "github"
    assert "user_password" not in configure(c).SharedPasswordAuthenticator


FOLDER = {"sharedFolder": {"enabled": True, "mountPath": "/home/jovyan/shared"}}


def spawn(c: Config, *, admin: bool) -> Any:
    spawner = SimpleNamespace(
        user=SimpleNamespace(admin=admin), volume_mounts=dict(c.KubeSpawner.volume_mounts), seen=[]
    )
    asyncio.run(c.KubeSpawner.pre_spawn_hook(spawner))
    return spawner


def test_everybody_reads_the_shared_folder_and_administrators_write_it(configure):
    c = Config()
    c.KubeSpawner.volumes = {"home": {"name": "home"}}
    c.KubeSpawner.volume_mounts = {"home": {"name": "home", "mountPath": "/home/jovyan"}}
    configure(c, FOLDER)
    assert c.KubeSpawner.volumes["shared-folder"]["persistentVolumeClaim"] == {"claimName": "shared-folder"}
    assert spawn(c, admin=False).volume_mounts["shared-folder"]["readOnly"] is True
    teacher = spawn(c, admin=True)
    assert teacher.volume_mounts["shared-folder"]["readOnly"] is False
    assert teacher.volume_mounts["home"]["mountPath"] == "/home/jovyan"


def test_a_server_that_was_an_administrators_is_read_only_again(configure):
    c = configure(Config(), FOLDER)
    spawner = SimpleNamespace(user=SimpleNamespace(admin=True), volume_mounts={})
    asyncio.run(c.KubeSpawner.pre_spawn_hook(spawner))
    spawner.user.admin = False
    asyncio.run(c.KubeSpawner.pre_spawn_hook(spawner))
    assert spawner.volume_mounts["shared-folder"]["readOnly"] is True


@pytest.mark.parametrize("section", ["KubeSpawner", "Spawner"])
def test_the_hubs_own_hook_still_runs(configure, section):
    async def own(spawner: Any) -> None:
        spawner.seen.append("own")

    c = Config()
    c[section].pre_spawn_hook = own
    assert spawn(configure(c, FOLDER), admin=False).seen == ["own"]


def test_without_a_shared_folder_no_hook_is_touched(configure):
    c = configure(Config(), {"sharedFolder": {"enabled": False}})
    assert "pre_spawn_hook" not in c.KubeSpawner
    assert "volumes" not in c.KubeSpawner
