"""The objects that the charts make: what keeps data, what restarts what, who may do and reach what."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("database", "claim", "upgrades"),
    [
        ({}, True, True),
        ({"upgrade": False}, True, False),
        ({"type": "sqlite-memory"}, False, False),
        ({"type": "postgres", "url": "postgresql://x/y", "password": "pw"}, False, False),
        ({"type": "postgres", "url": "postgresql://x/y", "upgrade": True}, False, True),
    ],
)
def test_databases(embedded, database, claim, upgrades):
    found = embedded({"hub": {"db": database}})
    assert ("hub-db-dir" in found.names("PersistentVolumeClaim")) is claim
    assert ("--upgrade-db" in found.container("hub")["args"]) is upgrades
    volume = next(each for each in found.pod("hub")["spec"]["volumes"] if each["name"] == "work")
    assert ("persistentVolumeClaim" in volume) is claim
    assert found.secret("hub").get("hub.db.password") == database.get("password")


def test_secrets_are_long_and_different(embedded):
    secret = embedded().secret("hub")
    config = ("ConfigurableHTTPProxy.auth_token", "JupyterHub.cookie_secret", "CryptKeeper.keys")
    kinds = ["hub.services.hubfleet-check.apiToken", *(f"hub.config.{each}" for each in config)]
    assert all(len(bytes.fromhex(secret[kind])) == 32 for kind in kinds)
    assert len({secret[kind] for kind in kinds}) == len(kinds)


def test_secrets_of_ones_own_are_used(embedded):
    config = {"ConfigurableHTTPProxy": {"auth_token": "t" * 32}, "JupyterHub": {"cookie_secret": "ab" * 32},
              "CryptKeeper": {"keys": ["one", "two"]}}  # fmt: skip
    secret = embedded({"hub": {"config": config}}).secret("hub")
    assert secret["hub.config.ConfigurableHTTPProxy.auth_token"] == "t" * 32
    assert secret["hub.config.JupyterHub.cookie_secret"] == "ab" * 32
    assert secret["hub.config.CryptKeeper.keys"] == "one;two"


def restarts(before: Any, after: Any) -> set[str]:
    """Which of the deployments Kubernetes would restart."""
    return {name for name in ("hub", "proxy") if before.pod(name) != after.pod(name)}


def test_what_restarts_what(embedded):
    before = embedded()
    assert restarts(before, embedded()) == set(), "new random secrets are no change"
    assert restarts(before, embedded({"hub": {"config": {"JupyterHub": {"concurrent_spawn_limit": 3}}}})) == {"hub"}
    assert restarts(before, embedded({"custom": {"a": 1}})) == {"hub"}
    assert restarts(before, embedded({"singleuser": {"memory": {"limit": "1G"}}})) == {"hub"}
    assert restarts(before, embedded({"hub": {"extraConfig": {"a": "pass"}}})) == {"hub"}
    assert restarts(before, embedded({"scheduling": {"userScheduler": {"enabled": True}}})) == set()
    token = {"hub": {"config": {"ConfigurableHTTPProxy": {"auth_token": "t" * 32}}}}
    assert restarts(before, embedded(token)) == {"hub", "proxy"}


def test_what_is_lost_only_on_purpose(embedded):
    found = embedded({"hub": {"config": {"JupyterHub": {"authenticator_class": "shared-password"}}},
                      "custom": {"basehub": {"sharedFolder": {"enabled": True}}}})  # fmt: skip
    kept = {(each["kind"], each["metadata"]["name"]) for each in found.all
            if (each["metadata"].get("annotations") or {}).get("helm.sh/resource-policy") == "keep"}  # fmt: skip
    assert kept == {("Secret", "hub"), ("Secret", "shared-password"), ("PersistentVolumeClaim", "hub-db-dir"),
                    ("PersistentVolumeClaim", "shared-folder")}  # fmt: skip


def test_no_pod_may_more_than_the_restricted_standard_allows(embedded):
    found = embedded()
    for name in ("hub", "proxy"):
        security = found.container(name)["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert found.pod("proxy")["spec"]["automountServiceAccountToken"] is False


def test_files_arrive_in_the_format_of_their_name(embedded):
    files: dict[str, Any] = {
        "t": {"mountPath": "/t.toml", "data": {"a": 1}},
        "y": {"mountPath": "/y.yaml", "data": {"a": [1]}},
        "j": {"mountPath": "/j.json", "data": {"a": 1}},
        "s": {"mountPath": "/s", "stringData": "line\n"},
    }
    found = embedded({"singleuser": {"extraFiles": files}})
    secret = found.secret("singleuser")
    assert yaml.safe_load(secret["y"]) == {"a": [1]}
    assert secret["j"] == '{"a":1}'
    assert secret["t"].split() == ["a", "=", "1"] or secret["t"].split() == ["a", "=", "1.0"]
    assert secret["s"] == "line\n"


def test_a_hub_below_a_path(embedded):
    values = {
        "hub": {"config": {"JupyterHub": {"base_url": "/hubs/one/"}}},
        "ingress": {"enabled": True, "hosts": ["a.example"]},
    }
    found = embedded(values)
    assert found.container("hub")["readinessProbe"]["httpGet"]["path"] == "/hubs/one/hub/health"
    path = found.get("Ingress", "jupyterhub")["spec"]["rules"][0]["http"]["paths"][0]
    assert (path["path"], path["backend"]["service"]["name"]) == ("/hubs/one/", "proxy-public")


def test_the_pull_secret_is_what_docker_writes(embedded):
    account = {"registry": "r.example", "username": "u", "password": "p", "email": "e@example.org"}
    found = embedded({"imagePullSecret": {"create": True, **account}})
    login = yaml.safe_load(found.secret("image-pull-secret")[".dockerconfigjson"])["auths"]["r.example"]
    assert base64.b64decode(login["auth"]) == b"u:p"
    assert (login["username"], login["email"]) == ("u", "e@example.org")


def test_the_shared_password_follows_the_authenticator(embedded):
    shared = {"hub": {"config": {"JupyterHub": {"authenticator_class": "shared-password"}}}}
    secret = embedded(shared).secret("shared-password")
    assert len(secret["password"]) >= 8
    assert len(secret["admin-password"]) >= 32
    assert "shared-password" not in embedded().names("Secret")
    assert "shared-password" not in embedded(shared, basehub={"sharedPassword": {"enabled": False}}).names("Secret")


def test_homes_on_a_file_server(embedded):
    storage = {"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes"}}}}
    found = embedded(storage, basehub={"homes": {"nfs": {"server": "10.0.0.2", "path": "/homes/demo"}}})
    volume, claim = found.get("PersistentVolume", "space-homes"), found.get("PersistentVolumeClaim", "homes")
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["spec"]["nfs"] == {"server": "10.0.0.2", "path": "/homes/demo"}
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize(("root", "folder"), [("/homes", "demo"), ("/", "homes/demo"), ("/homes/", "demo")])
def test_a_folder_of_a_shared_store_is_made_once(embedded, root, folder):
    storage = {"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes"}}}}

    def rendered(**nfs):
        store = {"server": "10.0.0.2", "path": "/homes/demo", **nfs}
        return embedded(storage, basehub={"homes": {"nfs": store}})

    (name,) = rendered(root=root).names("Job")
    job = rendered(root=root).get("Job", name)
    pod = job["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "store", "nfs": {"server": "10.0.0.2", "path": root}}]
    assert pod["containers"][0]["env"] == [{"name": "FOLDER", "value": folder}]
    assert rendered(root=root).names("Job") == {name}, "the same Job, so that an upgrade does not run it again"
    assert rendered(root=root, server="10.0.0.3").names("Job") != {name}
    assert rendered().names("Job") == set()


def test_the_folder_that_is_there_is_left_alone(embedded, tmp_path):
    storage = {"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes"}}}}
    store = {"server": "10.0.0.2", "path": "/homes/demo", "root": "/"}
    found = embedded(storage, basehub={"homes": {"nfs": store}})
    (name,) = found.names("Job")
    command = found.get("Job", name)["spec"]["template"]["spec"]["containers"][0]["command"]
    words = [word.replace("/store", str(tmp_path)) for word in command]
    env = {"FOLDER": "homes/demo", "PATH": os.environ["PATH"]}
    made = tmp_path / "homes/demo"
    subprocess.run(words, env=env, check=True)
    assert made.stat().st_mode & 0o777 == 0o777
    made.chmod(0o750)
    subprocess.run(words, env=env, check=True)
    assert made.stat().st_mode & 0o777 == 0o750


def test_a_cloud_identity_for_users(embedded):
    account = {"userServiceAccount": {"enabled": True, "annotations": {"iam": "x"}}}
    found = embedded({"singleuser": {"serviceAccountName": "user-sa"}}, basehub=account).get(
        "ServiceAccount", "user-sa"
    )
    assert found["metadata"]["annotations"] == {"iam": "x"}
    assert found["automountServiceAccountToken"] is False


def test_the_charts_lint(helm, packaged, images, root):
    values = {"jupyterhub": images}
    found = helm.lint(packaged("embedded"), values)
    assert [each for each in found if each.severity != "INFO"] == []
    assert [each for each in helm.lint(root / "helm/jupyterhub", images) if each.severity != "INFO"] == []


def test_plain_helm_takes_basehub_with_a_packaged_chart(helm, images, objects, root, tmp_path):
    shutil.copytree(root / "helm/basehub", tmp_path / "basehub")
    (tmp_path / "basehub/charts").mkdir()
    helm.package(root / "helm/jupyterhub", tmp_path / "basehub/charts")
    found = objects(helm.template(tmp_path / "basehub", "college", "college", {"jupyterhub": images}))
    assert {"hub", "proxy"} <= found.names("Deployment")
