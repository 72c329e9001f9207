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


def test_engineers_are_administrators_whoever_else_is(configure):
    c = Config()
    c.Authenticator.admin_users = {"teacher"}
    c.GitHubOAuthenticator.admin_users = ["owner"]
    configure(c, {"staff": ["engineer"]})
    assert c.Authenticator.admin_users == {"teacher", "engineer"}
    assert c.GitHubOAuthenticator.admin_users == {"owner", "engineer"}


@pytest.mark.parametrize(("access", "open_to_all"), [("public", True), ("members", False), ("staff", False)])
def test_only_public_lets_everybody_in(configure, access, open_to_all):
    assert configure(Config(), {"access": access}).Authenticator.get("allow_all", False) is open_to_all


def log_in(c: Config, section: str, name: str, *, admin: bool) -> Any:
    log = SimpleNamespace(warning=lambda *_: None)
    authenticator = SimpleNamespace(admin_users={"engineer"}, log=log)
    return asyncio.run(c[section].post_auth_hook(authenticator, None, {"name": name, "admin": admin}))


def test_a_hub_for_staff_lets_nobody_else_in(configure):
    c = Config()
    c.GitHubOAuthenticator.allowed_organizations = {"everybody"}
    configure(c, {"access": "staff"})
    for section in ("Authenticator", "GitHubOAuthenticator"):
        assert log_in(c, section, "student", admin=False) is None
        assert log_in(c, section, "teacher", admin=True)["name"] == "teacher"
        assert log_in(c, section, "engineer", admin=False)["name"] == "engineer"


def test_the_hubs_own_check_still_runs_for_staff(configure):
    c = Config()
    c.GitHubOAuthenticator.post_auth_hook = lambda _authenticator, _handler, model: {**model, "seen": True}
    configure(c, {"access": "staff"})
    assert log_in(c, "GitHubOAuthenticator", "engineer", admin=True)["seen"] is True


def test_members_keep_the_hubs_own_check(configure):
    c = Config()
    c.Authenticator.post_auth_hook = "own"
    assert configure(c, {"access": "members"}).Authenticator.post_auth_hook == "own"


def test_a_read_only_hub_starts_nothing_and_says_why(configure):
    async def own(spawner: Any) -> None:
        raise AssertionError("not reached")

    c = Config()
    c.KubeSpawner.pre_spawn_hook = own
    configure(c, {"readOnly": "The course <is> over."})
    with pytest.raises(Exception, match="course <is> over") as caught:
        asyncio.run(c.KubeSpawner.pre_spawn_hook(SimpleNamespace(user=SimpleNamespace(admin=True))))
    assert caught.value.jupyterhub_message == "The course <is> over."
    assert c.JupyterHub.template_vars["announcement"] == "The course &lt;is&gt; over."


def test_pages_know_the_hub_and_keep_what_the_hub_adds(configure):
    c = Config()
    c.JupyterHub.template_vars = {"mine": 1}
    c.JupyterHub.template_paths = ["/mine"]
    configure(c, {"identity": {"displayName": "Physics", "announcement": "Exam <today>"}})
    found = c.JupyterHub.template_vars
    assert found["basehub"]["displayName"] == "Physics"
    assert found["announcement"] == "Exam &lt;today&gt;"
    assert found["mine"] == 1
    assert c.JupyterHub.template_paths == ["/mine", "/usr/local/share/basehub/templates"]
