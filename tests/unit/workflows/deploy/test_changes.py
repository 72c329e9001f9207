"""What is shown of a change: everything that differs, and no secret."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubfleet.errors import Refused
from hubfleet.workflows.deploy.changes import compare, moved_volumes, objects, spawning_differs
from hubfleet.workflows.deploy.hub import refuse_moved_volumes
from hubfleet.workflows.deploy.shown import secret_paths


def manifest(*items: dict[str, Any]) -> str:
    return yaml.safe_dump_all(items)


def deployment(name: str, image: str, replicas: int = 1) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": name, "image": image}]}}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas, "template": template}}


def secret(**data: str) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": "hub"}, "data": encoded}


def test_equal_manifests_have_no_changes() -> None:
    same = objects(manifest(deployment("hub", "a"), secret(token="x")))
    assert compare(same, same) == ()


def test_create_change_delete_are_told_apart() -> None:
    before = objects(manifest(deployment("hub", "a"), deployment("old", "a")))
    after = objects(manifest(deployment("hub", "b"), deployment("new", "a")))
    assert [(each.action, each.name) for each in compare(before, after)] == [
        ("change", "Deployment/hub"), ("create", "Deployment/new"), ("delete", "Deployment/old"),
    ]  # fmt: skip


def test_a_changed_line_of_a_file_is_one_line() -> None:
    def config(text: str) -> str:
        return manifest({"kind": "ConfigMap", "metadata": {"name": "hub"}, "data": {"config.py": text}})

    (change,) = compare(objects(config("import os\na = 1\nb = 2\n")), objects(config("import os\na = 1\nb = 3\n")))
    changed = [line for line in change.diff.splitlines()[2:] if line[0] in "+-"]
    assert changed == ["-    b = 2", "+    b = 3"]


def test_a_restart_of_the_proxy_interrupts_people_and_one_of_the_hub_does_not() -> None:
    before = objects(manifest(deployment("hub", "a"), deployment("proxy", "a")))
    after = objects(manifest(deployment("hub", "b"), deployment("proxy", "b")))
    assert {each.name: each.disrupts for each in compare(before, after)} == {
        "Deployment/hub": False, "Deployment/proxy": True,
    }  # fmt: skip


def test_more_replicas_of_the_proxy_interrupt_nobody() -> None:
    before, after = objects(manifest(deployment("proxy", "a"))), objects(manifest(deployment("proxy", "a", 2)))
    assert [each.disrupts for each in compare(before, after)] == [False]


@given(st.text(min_size=6).filter(lambda s: s.isascii() and s.strip() == s and "\n" not in s))
def test_a_changed_secret_shows_that_it_changed_and_never_what_it_is(value: str) -> None:
    token = f"tok-{value}"
    (change,) = compare(objects(manifest(secret(token="before"))), objects(manifest(secret(token=token))))
    assert "•••••" in change.diff
    assert token not in change.diff
    assert base64.b64encode(token.encode()).decode() not in change.diff


def test_configuration_inside_a_secret_is_shown_and_its_secrets_are_not() -> None:
    def values(memory: str, client_secret: str, **more: object) -> str:
        config = {"GitHubOAuthenticator": {"client_id": "public-id", "client_secret": client_secret}}
        return yaml.safe_dump({"singleuser": {"memory": memory}, "hub": {"config": config}, **more})

    hidden = secret_paths([{"jupyterhub": {"odd": {"name": "x"}}}])
    before = objects(manifest(secret(**{"values.yaml": values("1G", "old-client-value", gone="was-secret-once")})))
    after = objects(manifest(secret(**{"values.yaml": values("2G", "new-client-value", odd={"name": "from-a-file"})})))
    (change,) = compare(before, after, hidden)
    assert "-      memory: 1G" in change.diff
    assert "+      memory: 2G" in change.diff
    for value in ("old-client-value", "new-client-value", "was-secret-once", "from-a-file"):
        assert value not in change.diff


@pytest.mark.parametrize(
    ("path", "differs"),
    [
        (("singleuser", "memory", "limit"), True),
        (("hub", "config", "KubeSpawner", "x"), True),
        (("hub", "extraConfig", "a"), True),
        (("cull", "timeout"), False),
        (("hub", "config", "GitHubOAuthenticator", "client_id"), False),
    ],
)
def test_a_real_spawn_is_needed_where_servers_may_come_out_differently(path: tuple[str, ...], differs: bool) -> None:
    value: object = 1
    for key in reversed(path):
        value = {key: value}
    assert spawning_differs({"jupyterhub": {"cull": {}}}, {"jupyterhub": value}) is differs


def volume(**source: Any) -> dict[str, Any]:
    return {"kind": "PersistentVolume", "metadata": {"name": "lab-homes"}, "spec": source}


@pytest.mark.parametrize(
    ("now", "then", "moved"),
    [
        ({"csi": {"volumeHandle": "vol-1"}}, {"csi": {"volumeHandle": "vol-2"}}, True),
        ({"nfs": {"server": "10.0.0.1", "path": "/"}}, {"nfs": {"server": "10.0.0.2", "path": "/"}}, True),
        ({"nfs": {"server": "10.0.0.1", "path": "/"}}, {"csi": {"volumeHandle": "vol-1"}}, True),
        ({"csi": {"volumeHandle": "vol-1"}}, {"csi": {"volumeHandle": "vol-1"}, "mountOptions": ["noatime"]}, False),
    ],
)
def test_homes_that_would_be_elsewhere_are_refused(now: dict[str, Any], then: dict[str, Any], moved: bool) -> None:
    before, after = objects(manifest(volume(**now))), objects(manifest(volume(**then)))
    assert moved_volumes(before, after) == (("PersistentVolume/lab-homes",) if moved else ())
    assert moved_volumes(before, {}) == moved_volumes({}, after) == ()
    if moved:
        with pytest.raises(Refused, match="PersistentVolume/lab-homes"):
            refuse_moved_volumes("north/lab", before, after)
    else:
        refuse_moved_volumes("north/lab", before, after)


def test_a_restart_of_the_homes_server_interrupts_people() -> None:
    before, after = (objects(manifest(deployment("home-nfs", image))) for image in "ab")
    assert [each.disrupts for each in compare(before, after)] == [True]
