"""The hub: database, secrets, services, roles, culling, and hub.config over everything."""

from __future__ import annotations

import pytest
from traitlets.config import Config


def secret(kept):
    """`get_secret_value` over a dictionary."""
    return lambda key, default=None: kept.get(key, default)


def test_users_servers_outlive_the_hub(hub_settings, values):
    c = Config()
    hub_settings.set_hub(c, values({}))
    assert c.JupyterHub.cleanup_servers is False
    assert c.ConfigurableHTTPProxy.should_start is False
    assert c.ConfigurableHTTPProxy.api_url == "http://proxy-api:8001"


@pytest.mark.parametrize(
    ("key", "trait", "value"),
    [("allowNamedServers", "allow_named_servers", True), ("redirectToServer", "redirect_to_server", False)],
)
def test_a_key_sets_its_trait(hub_settings, values, key, trait, value):
    c = Config()
    hub_settings.set_hub(c, values({"hub": {key: value}}))
    assert c.JupyterHub[trait] is value


@pytest.mark.parametrize(
    ("database", "url", "environment"),
    [
        ({"type": "sqlite-pvc"}, "sqlite:////srv/jupyterhub/jupyterhub.sqlite", {}),
        ({"type": "sqlite-memory"}, "sqlite://", {}),
        ({"type": "postgres", "url": "postgresql://hub@db/hub"}, "postgresql://hub@db/hub", {"PGPASSWORD": "pass"}),
        ({"type": "mysql", "url": "mysql+pymysql://hub@db/hub"}, "mysql+pymysql://hub@db/hub", {"MYSQL_PWD": "pass"}),
        ({"type": "other", "url": "x://y"}, "x://y", {}),
    ],
)
def test_databases(hub_settings, values, database, url, environment):
    c, found = Config(), {}
    hub_settings.set_database(c, values({"hub": {"db": database}}), secret({"hub.db.password": "pass"}), found)
    assert c.JupyterHub.db_url == url
    assert found == environment


def test_secrets_come_from_what_is_kept(hub_settings):
    c = Config()
    kept = {"hub.config.JupyterHub.cookie_secret": "ab" * 32, "hub.config.CryptKeeper.keys": "new;old"}
    hub_settings.set_secrets(c, secret(kept))
    assert c.JupyterHub.cookie_secret == "ab" * 32
    assert c.CryptKeeper["keys"] == ["new", "old"]


@pytest.fixture
def services(hub_settings):
    """A function from `get_config` to services and roles by name."""
    return lambda get_config: made(hub_settings, get_config)


def made(hub_settings, get_config):
    c = Config()
    hub_settings.set_services(c, get_config, secret({"hub.services.robot.apiToken": "kept-token"}))
    return {each["name"]: each for each in c.JupyterHub.services}, {
        each["name"]: each for each in c.JupyterHub.load_roles
    }


def test_a_service_has_its_kept_token_and_its_role(services, values):
    roles = {"robot": {"scopes": ["list:users"], "services": ["robot"]}}
    hub = {"services": {"robot": {"apiToken": "from the values", "url": "http://robot"}}, "loadRoles": roles}
    found, loaded = services(values({"hub": hub}))
    assert found["robot"] == {"name": "robot", "url": "http://robot", "api_token": "kept-token"}
    assert loaded["robot"] == {"name": "robot", **roles["robot"]}


def test_a_service_may_be_empty_and_may_have_another_name(services, values):
    found, loaded = services(
        values({"hub": {"services": {"robot": None}, "loadRoles": {"r": {"name": "user", "scopes": []}}}})
    )
    assert found["robot"]["api_token"] == "kept-token"
    assert "user" in loaded


def test_culling_can_be_switched_off(services, values):
    assert services(values({"cull": {"enabled": False}})) == ({}, {})


def test_culling_says_to_the_culler_what_the_values_say(services, values):
    cull = {
        "timeout": 60,
        "every": 5,
        "concurrency": 3,
        "maxAge": 100,
        "users": True,
        "adminUsers": False,
        "removeNamedServers": True,
    }
    hub = {"config": {"JupyterHub": {"base_url": "/x/"}}}
    found, loaded = services(values({"cull": cull, "hub": hub}))
    command = found["jupyterhub-idle-culler"]["command"]
    wanted = {
        "--timeout=60",
        "--cull-every=5",
        "--concurrency=3",
        "--max-age=100",
        "--cull-users",
        "--cull-admin-users=false",
        "--remove-named-servers",
        "--url=http://localhost:8081/x/hub/api",
    }
    assert wanted <= set(command)
    assert "admin:users" in loaded["jupyterhub-idle-culler"]["scopes"]


def test_the_culler_has_no_right_over_users_unless_it_removes_them(services, values):
    found, loaded = services(values({}))
    assert "admin:users" not in loaded["jupyterhub-idle-culler"]["scopes"]
    assert not any("cull-admin-users" in word for word in found["jupyterhub-idle-culler"]["command"])


def test_hub_config_is_over_everything_but_what_is_kept(hub_settings, values):
    c = Config()
    c.JupyterHub.cookie_secret = "kept"
    c.KubeSpawner.mem_limit = "1G"
    config = {"JupyterHub": {"cookie_secret": "other", "concurrent_spawn_limit": 3}, "KubeSpawner": {"mem_limit": "9G"},
              "SomeAuthenticator": {"deep": {"er": 1}}}  # fmt: skip
    hub_settings.pass_through(c, values({"hub": {"config": config}}))
    assert c.JupyterHub.cookie_secret == "kept"
    assert c.JupyterHub.concurrent_spawn_limit == 3
    assert c.KubeSpawner.mem_limit == "9G"
    assert c.SomeAuthenticator.deep == {"er": 1}
