"""helm/support with the real helm: what it renders, what it refuses, and validation of a cluster's support."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet.charts import ChartSource, package_support
from hubfleet.process import ProcessFailed

pytestmark = pytest.mark.integration
LOCAL = {"local": {"ingress": {"enabled": True, "proxyImage": "p:1", "controllerImage": "c:1", "port": 30123}}}
ISSUER = {"cert-manager": {"enabled": True}, "issuer": {"email": "hubs@example.org"}}


def tiny(folder: Path, name: str, version: str = "1.0.0") -> Path:
    """A package of one ConfigMap that shows a value. It stands in for a publisher's chart, and is nothing like it."""
    chart, target = folder / name, folder / f"{name}.tgz"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
    (chart / "templates/it.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Chart.Name }}\n"
        "data: {said: {{ .Values.said | default 1 | quote }}}\n"
    )
    with tarfile.open(target, "w:gz") as tar:
        tar.add(chart, name)
    return target


@pytest.fixture
def rendered(helm, root, objects, tmp_path):
    """Render helm/support with these values, with stand-ins for the charts of these names."""

    def render(values: dict[str, Any], *names: str) -> Any:
        sources = [ChartSource.of(root, source=str(tiny(tmp_path, name)), name=name) for name in names]
        packed = package_support(root, sources, tmp_path / "cache")
        return objects(helm.template(packed.path, "support", "support", values))

    return render


def test_helm_finds_nothing_wrong_with_it(helm, root, tmp_path) -> None:
    packed = package_support(root, [], tmp_path)
    assert [each for each in helm.lint(packed.path, LOCAL) if each.severity != "INFO"] == []


def test_with_nothing_turned_on_it_is_empty(rendered) -> None:
    assert rendered({}).all == []


def test_the_local_ingress_listens_on_the_port_that_was_asked_for(rendered) -> None:
    found = rendered(LOCAL)
    assert found.get("Service", "ingress")["spec"]["ports"][0]["nodePort"] == 30123
    assert found.get("IngressClass", "local")["spec"]["controller"] == "hubfleet.io/local-ingress"
    pod = found.pod("ingress")["spec"]
    assert [each["image"] for each in pod["containers"]] == ["p:1", "c:1"]
    assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in pod["containers"])
    assert "def routes(" in found.get("ConfigMap", "ingress")["data"]["routes.py"]


def test_it_may_list_ingresses_and_services_and_nothing_else(rendered) -> None:
    rules = rendered(LOCAL).get("ClusterRole", "support-ingress")["rules"]
    assert {(resource, verb) for rule in rules for resource in rule["resources"] for verb in rule["verbs"]} == {
        ("ingresses", "list"),
        ("services", "list"),
    }


def test_a_chart_by_path_is_in_it_with_its_own_values(rendered) -> None:
    found = rendered({"prometheus": {"enabled": True, "said": "yes"}}, "prometheus")
    assert found.get("ConfigMap", "prometheus")["data"]["said"] == "yes"


def test_what_is_not_turned_on_renders_nothing(rendered) -> None:
    assert rendered({"prometheus": {"enabled": False}}, "prometheus").all == []


def test_an_issuer_waits_for_its_kind(rendered, helm, root, tmp_path) -> None:
    assert rendered(ISSUER, "cert-manager").names("ClusterIssuer") == set()
    with_kind = subprocess.run(
        [helm.binary, "template", "support", next((tmp_path / "cache").rglob("support-*.tgz")), "-f", "-",
         "--api-versions", "cert-manager.io/v1"],
        input=json.dumps(ISSUER), text=True, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    issuer = next(each for each in yaml.safe_load_all(with_kind.stdout) if each and each["kind"] == "ClusterIssuer")
    assert issuer["spec"]["acme"]["email"] == "hubs@example.org"
    assert issuer["spec"]["acme"]["solvers"][0]["http01"]["ingress"]["ingressClassName"] == "traefik"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"issuer": {"email": "hubs@example.org"}}, "issuer.email: certificates need cert-manager.enabled"),
        ({"issuer": {"email": "nobody"}}, "does not match pattern"),
        ({"local": {"ingress": {"enabled": True}}}, "./inv deploy-support sets it"),
        ({**LOCAL, "traefik": {"enabled": True}}, "one way in is enough"),
        ({"traefk": {"enabled": True}}, "additional properties 'traefk' not allowed"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(rendered, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ProcessFailed) as caught:
        rendered(values)
    assert said in caught.value.evidence


def validate(folder: Path, root: Path) -> list[dict[str, Any]]:
    env = {key: value for key, value in os.environ.items() if key not in ("CI", "GITHUB_ACTIONS")}
    done = subprocess.run(
        [sys.executable, "-m", "hubfleet.cli.program", "validate", "--json"],
        cwd=folder, env=env | {"PYTHONPATH": str(root)}, text=True, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return [each for each in json.loads(done.stdout)["findings"] if "support" in each["file"]]


@pytest.fixture
def fleet(tmp_path, root) -> Path:
    folder = tmp_path / "fleet"
    shutil.copytree(root / "tests/examples/valid/one-hub", folder)
    for name in ("helm", "images", "tasks.py"):
        (folder / name).symlink_to(root / name)
    return folder


def test_validation_renders_support_with_charts_by_path(helm, fleet, root, tmp_path) -> None:
    text = (fleet / "fleet.yaml").read_text()
    more = f"  support:\n    traefik: {{version: 1.0.0, source: {tiny(tmp_path, 'traefik')}}}\nstages:"
    (fleet / "fleet.yaml").write_text(text.replace("stages:", more))
    file = fleet / "clusters/north/support.values.yaml"
    file.write_text("traefik: {enabled: true}\n")
    assert validate(fleet, root) == []
    file.write_text("# one\ntraefik: {enabled: true}\nissuer:\n  email: hubs@example.org\n")
    (found,) = validate(fleet, root)
    assert (found["file"], found["line"], found["severity"]) == ("clusters/north/support.values.yaml", 4, "error")
    assert "certificates need cert-manager.enabled: true" in found["message"]


def test_validation_goes_on_without_a_chart_that_can_not_be_had(helm, fleet, root) -> None:
    text = (fleet / "fleet.yaml").read_text()
    more = "  support:\n    traefik: {version: 1.0.0, repository: 'https://charts.example'}\nstages:"
    (fleet / "fleet.yaml").write_text(text.replace("stages:", more))
    (fleet / "clusters/north/support.values.yaml").write_text("traefik: {enabled: true}\n")
    (found,) = validate(fleet, root)
    assert (found["severity"], found["rule"], found["line"]) == ("warning", "chart-missing", 1)
    assert "no pinned digest" in found["message"]
