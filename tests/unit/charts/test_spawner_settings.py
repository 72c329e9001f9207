"""Users' servers: each key below `singleuser` does what zero-to-jupyterhub says it does."""

from __future__ import annotations

from typing import Any

import pytest
from traitlets.config import Config


@pytest.fixture
def spawner(spawner_settings, values):
    """A function from values below `singleuser` (and others) to the configuration of KubeSpawner."""

    def configured(singleuser: dict[str, Any] | None = None, **others: Any) -> Config:
        c = Config()
        get_config = values({"singleuser": singleuser or {}, **others})
        spawner_settings.set_spawner(c, get_config, "space")
        spawner_settings.set_storage(c, get_config)
        return c

    return configured


@pytest.mark.parametrize(
    ("given", "trait", "expected"),
    [
        ({"memory": {"limit": "2G", "guarantee": "1G"}}, "mem_limit", "2G"),
        ({"memory": {"limit": "2G", "guarantee": "1G"}}, "mem_guarantee", "1G"),
        ({"cpu": {"limit": 2, "guarantee": 0.5}}, "cpu_limit", 2),
        ({"cpu": {"limit": 2, "guarantee": 0.5}}, "cpu_guarantee", 0.5),
        ({"image": {"name": "quay.io/x/y", "tag": "7"}}, "image", "quay.io/x/y:7"),
        ({"image": {"pullPolicy": "Always"}}, "image_pull_policy", "Always"),
        ({"image": {"pullSecrets": ["mine"]}}, "image_pull_secrets", ["mine"]),
        ({"extraEnv": {"A": "b"}}, "environment", {"A": "b"}),
        ({"extraResource": {"limits": {"nvidia.com/gpu": "1"}}}, "extra_resource_limits", {"nvidia.com/gpu": "1"}),
        ({"extraResource": {"guarantees": {"x/y": "1"}}}, "extra_resource_guarantees", {"x/y": "1"}),
        ({"nodeSelector": {"pool": "big"}}, "node_selector", {"pool": "big"}),
        ({"extraTolerations": [{"key": "k"}]}, "tolerations", [{"key": "k"}]),
        ({"initContainers": [{"name": "first"}]}, "init_containers", [{"name": "first"}]),
        ({"serviceAccountName": "user-sa"}, "service_account", "user-sa"),
        ({"startTimeout": 77}, "start_timeout", 77),
        ({"profileList": [{"display_name": "A", "profile_options": {"image": {"unlisted_choice": {"enabled": True}}}}]},
         "profile_list",
         [{"display_name": "A", "profile_options": {"image": {"unlisted_choice": {"enabled": True}}}}]),
        ({"storage": {"extraLabels": {"a": "b"}}}, "storage_extra_labels", {"a": "b"}),
    ],
)  # fmt: skip
def test_a_key_sets_its_trait(spawner, given, trait, expected):
    assert spawner(given).KubeSpawner[trait] == expected


@pytest.mark.parametrize("cmd", [None, "start.sh", ["a", "b"]])
def test_the_command_may_be_the_images_own(spawner, cmd):
    assert spawner({"cmd": cmd}).Spawner.cmd == cmd


def test_where_people_land(spawner):
    assert spawner({"defaultUrl": "/tree"}).Spawner.default_url == "/tree"
    assert "default_url" not in spawner().Spawner


def test_pods_carry_the_labels_that_policies_and_people_look_for(spawner):
    labels = spawner().KubeSpawner.common_labels
    assert (labels["app"], labels["release"], labels["helm.sh/chart"]) == ("jupyterhub", "demo", "jupyterhub-1.2.3_x")
    allowed = {"hub.jupyter.org/network-access-hub": "true"}
    assert spawner().KubeSpawner.extra_labels == allowed
    assert spawner({"extraLabels": {"a": "b"}}).KubeSpawner.extra_labels == {**allowed, "a": "b"}


def test_servers_may_not_become_root(spawner):
    kubespawner = spawner().KubeSpawner
    assert (kubespawner.uid, kubespawner.fs_gid, kubespawner.allow_privilege_escalation) == (1000, 100, False)


def test_all_pull_secrets_are_used(spawner):
    create = {"create": True, "automaticReferenceInjection": True}
    found = spawner({"image": {"pullSecrets": ["c"]}}, imagePullSecret=create, imagePullSecrets=["b"])
    assert found.KubeSpawner.image_pull_secrets == ["image-pull-secret", "b", "c"]


def test_the_metadata_server_is_blocked_after_the_hubs_own_first_containers(spawner):
    network_tools = {"image": {"name": "tools", "tag": "1"}}
    given = {
        "cloudMetadata": {"blockWithIptables": True},
        "networkTools": network_tools,
        "initContainers": [{"name": "x"}],
    }
    own, block = spawner(given).KubeSpawner.init_containers
    assert own == {"name": "x"}
    assert block["image"] == "tools:1"
    assert "169.254.169.254" in block["command"]
    assert block["securityContext"]["capabilities"] == {"add": ["NET_ADMIN"]}


def test_a_home_of_ones_own(spawner):
    storage = {
        "capacity": "5Gi",
        "dynamic": {"storageClass": "fast", "pvcNameTemplate": "home-{username}", "subPath": "h"},
    }
    kubespawner = spawner({"storage": storage}).KubeSpawner
    assert kubespawner.storage_pvc_ensure is True
    assert (kubespawner.storage_capacity, kubespawner.storage_class) == ("5Gi", "fast")
    assert kubespawner.pvc_name_template == "home-{username}"
    assert kubespawner.storage_access_modes == ["ReadWriteOnce"]
    assert kubespawner.volumes["volume-{user_server}"]["persistentVolumeClaim"] == {"claimName": "{pvc_name}"}
    mount = kubespawner.volume_mounts["volume-{user_server}"]
    assert (mount["mountPath"], mount["subPath"]) == ("/home/jovyan", "h")


def test_a_folder_of_one_claim(spawner):
    kubespawner = spawner({"storage": {"type": "static", "static": {"pvcName": "homes"}}}).KubeSpawner
    assert kubespawner.volumes["home"]["persistentVolumeClaim"] == {"claimName": "homes"}
    assert kubespawner.volume_mounts["home"]["subPath"] == "{username}"
    assert "storage_pvc_ensure" not in kubespawner


def test_no_home(spawner):
    kubespawner = spawner({"storage": {"type": "none"}}).KubeSpawner
    assert (kubespawner.volumes, kubespawner.volume_mounts) == ({}, {})


@pytest.mark.parametrize("form", ["map", "list"])
def test_further_volumes_in_both_forms(spawner, form):
    volume, mount = {"name": "data", "emptyDir": {}}, {"name": "data", "mountPath": "/data"}
    both = {"extraVolumes": {"data": volume}, "extraVolumeMounts": {"data": mount}}
    if form == "list":
        both = {"extraVolumes": [volume], "extraVolumeMounts": [mount]}
    kubespawner = spawner({"storage": both}).KubeSpawner
    assert kubespawner.volumes["data"] == volume
    assert mount in kubespawner.volume_mounts.values()
    assert len(kubespawner.volume_mounts) == 2, "the home is still there"


def test_files_are_mounted_from_their_secret(spawner):
    files = {
        "one": {"mountPath": "/etc/one.conf", "stringData": "x", "mode": 420},
        "two": {"mountPath": "/two", "stringData": "y"},
    }
    kubespawner = spawner({"extraFiles": files}).KubeSpawner
    assert kubespawner.volumes["files"]["secret"]["secretName"] == "singleuser"
    assert kubespawner.volumes["files"]["secret"]["items"][0] == {"key": "one", "path": "one", "mode": 420}
    paths = {
        mount["subPath"]: mount["mountPath"] for mount in kubespawner.volume_mounts.values() if mount["name"] == "files"
    }
    assert paths == {"one": "/etc/one.conf", "two": "/two"}
