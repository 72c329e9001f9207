"""The keys that real hubs set work on the embedded chart and on zero-to-jupyterhub alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

EVERYTHING: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "everything.yaml").read_text())


def contains(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and contains(found[key], wanted[key]) for key in wanted)
    return bool(found == wanted)


@pytest.mark.parametrize("key", sorted(EVERYTHING))
def test_every_key_of_the_subset_reaches_the_hub_on_both_charts(either, merge, images, key):
    dynamic = merge(images, {"singleuser": {"storage": {"type": "dynamic"}}})
    found = either({"jupyterhub": merge(dynamic, {key: EVERYTHING[key]})})
    if key not in {"scheduling", "prePuller"}:
        assert contains(found.hub_values()[key], EVERYTHING[key])


def test_all_keys_at_once_on_both_charts(either, merge, images):
    found = either({"jupyterhub": merge(images, EVERYTHING)})
    assert {"hub", "proxy"} <= found.names("Deployment")
    assert {"hub", "proxy-api", "proxy-public"} <= found.names("Service")
    assert "hub-db-dir" in found.names("PersistentVolumeClaim")
    secret = found.secret("hub")
    assert secret["hub.services.robot.apiToken"] == "a-token-of-my-own"
    assert len(secret["hub.services.hubfleet-check.apiToken"]) >= 32
    paths = {mount["mountPath"] for mount in found.container("hub")["volumeMounts"]}
    assert {"/etc/mine/a.txt", "/etc/mine/b.json", "/etc/mine/c.bin"} <= paths
    environment = {each["name"]: each for each in found.container("hub")["env"]}
    assert environment["PLAIN"]["value"] == "text"
    assert environment["FROM"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    public = found.get("Service", "proxy-public")
    assert (public["spec"]["type"], public["spec"]["ports"][0]["nodePort"]) == ("NodePort", 30080)
    assert public["spec"]["ports"][0]["name"] == "http"
    assert found.get("PersistentVolumeClaim", "hub-db-dir")["spec"]["storageClassName"] == "fast"
    rules = found.get("Ingress", "jupyterhub")["spec"]["rules"]
    assert [rule["host"] for rule in rules] == ["a.example.org", "b.example.org"]
    pod = found.pod("hub")["spec"]
    assert [each["name"] for each in pod["imagePullSecrets"]] in (
        ["other", "image-pull-secret"],
        ["image-pull-secret", "other"],
    )


@pytest.mark.parametrize("use_case", ["education", "research", "event"])
def test_each_use_case_installs_on_both_charts(either, merge, images, root, use_case):
    values = yaml.safe_load((root / f"helm/basehub/use-cases/{use_case}.yaml").read_text())
    found = either(merge({"jupyterhub": images}, values))
    assert {"hub", "proxy"} <= found.names("Deployment")
    assert contains(found.hub_values()["singleuser"], values["jupyterhub"]["singleuser"])


def test_each_use_case_is_there(root):
    assert {path.stem for path in (root / "helm/basehub/use-cases").glob("*.yaml")} == {
        "education",
        "research",
        "event",
    }


def test_labels_that_people_and_programs_select_by(either, merge, images):
    found = either({"jupyterhub": images})
    for name in ("hub", "proxy"):
        labels = found.pod(name)["metadata"]["labels"]
        assert (labels["app"], labels["component"], labels["release"]) == ("jupyterhub", name, "demo")
        selector = found.get("Deployment", name)["spec"]["selector"]["matchLabels"]
        assert selector.items() <= labels.items()
        assert found.get("Deployment", name)["spec"]["strategy"]["type"] == "Recreate"
    assert found.get("Service", "proxy-public")["spec"]["selector"]["component"] == "proxy"
    assert found.get("Service", "hub")["spec"]["ports"][0]["port"] == 8081
    assert found.get("Service", "proxy-api")["spec"]["ports"][0]["port"] == 8001


def test_nobody_can_log_in_by_omission(either, merge, images):
    config = either({"jupyterhub": images}).hub_values()["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "null"
    assert config["KubeSpawner"]["delete_pvc"] is False
