"""What a hub's own code reads its values with."""

from __future__ import annotations

import pytest
from traitlets.config import Config


@pytest.fixture
def mounted(z2jh, tmp_path):
    """The module with what the pod mounts."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "secret/values.yaml").write_text("custom: {course: {name: Physics, rooms: [1, 2]}, nothing: null}\n")
    (tmp_path / "secret/hub.services.robot.apiToken").write_text("token")
    (tmp_path / "config/proxy-api").write_text("proxy-api")
    return z2jh


def test_values_at_any_depth(mounted):
    assert mounted.get_config("custom.course.name") == "Physics"
    assert mounted.get_config("custom.course") == {"name": "Physics", "rooms": [1, 2]}
    assert mounted.get_config("custom.course.name.more", "default") == "default"
    assert mounted.get_config("custom.none", 7) == 7


def test_null_sets_no_trait(mounted):
    c = Config()
    mounted.set_config_if_not_none(c.Spawner, "args", "custom.nothing")
    mounted.set_config_if_not_none(c.Spawner, "cmd", "custom.course.name")
    assert dict(c.Spawner) == {"cmd": "Physics"}


def test_secret_values(mounted):
    assert mounted.get_secret_value("hub.services.robot.apiToken") == "token"
    assert mounted.get_secret_value("hub.db.password", None) is None
    with pytest.raises(KeyError, match=r"no key hub\.db\.password"):
        mounted.get_secret_value("hub.db.password")


def test_names_of_objects(mounted, monkeypatch):
    monkeypatch.setenv("PROXY_API_SERVICE_PORT", "8001")
    assert mounted.get_name("proxy-api") == "proxy-api"
    assert mounted.get_name_env("proxy-api", "_SERVICE_PORT") == "8001"
