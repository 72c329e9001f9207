"""What hubs share, on the cluster of this machine: they are reached by their names, and a failure is undone."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from hubfleet.tools import releases

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
VALUES, CLUSTER = "clusters/local/support.values.yaml", "clusters/local/cluster.yaml"
PORT = 30000
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik}
spec:
  selector: {matchLabels: {app: traefik}}
  template:
    metadata: {labels: {app: traefik}}
    spec:
      containers: [{name: traefik, image: "hubfleet.local/not-there:1", imagePullPolicy: Never}]
"""


@pytest.fixture(scope="module")
def support(place: Place) -> Place:
    """The local cluster with its support."""
    place.inv("deploy-support", "local")
    return place


@pytest.fixture
def files(support: Place) -> Iterator[Place]:
    """The files of the cluster, put back after the test."""
    before = {name: support.file(name).read_text() for name in (VALUES, CLUSTER, "clusters/local/staging.values.yaml")}
    yield support
    for name, text in before.items():
        support.file(name).write_text(text)


def asked(host: str, path: str = "/hub/api") -> httpx.Response:
    with httpx.Client(timeout=10, trust_env=False) as http:
        return http.get(f"http://127.0.0.1:{PORT}{path}", headers={"Host": f"{host}:{PORT}"})


def test_a_hub_is_reached_by_its_name(support: Place) -> None:
    answer = asked("demo.localhost")
    assert (answer.status_code, "version" in answer.json()) == (200, True)
    login = asked("demo.localhost", "/hub/login")
    assert login.status_code == 200
    assert "Demo Hub" in login.text
    assert asked("nobody.localhost").status_code == 404


def test_nothing_changed_nothing_done(support: Place) -> None:
    assert support.json("deploy-support", "local")["action"] == "skip"


def test_it_is_no_hub(support: Place) -> None:
    assert {each["hub"] for each in support.json("status")["hubs"] if each["cluster"] == "local"} == {"demo", "staging"}


def test_a_hub_without_a_port_of_its_own_is_found_through_the_ingress(files: Place) -> None:
    files.file("clusters/local/staging.values.yaml").write_text("jupyterhub: {}\n")
    done = files.json("deploy-hub", "local", "staging", "--check", "quick")
    assert done["url"] == f"http://staging.localhost:{PORT}/"
    assert asked("staging.localhost").status_code == 200


def test_plan_only_shows_the_change_and_changes_nothing(files: Place) -> None:
    revision = files.json("deploy-support", "local")["revision"]
    files.replace(CLUSTER, "provider: local", "provider: local\nlocal: {ingress_port: 30123}")
    plan = files.inv("deploy-support", "local", "--plan-only").stdout
    assert "nodePort: 30123" in plan
    found = releases.release(files.kube, "support", "support")
    assert found
    assert found.revision == revision


def test_a_broken_value_is_refused_before_anything_is_changed(files: Place) -> None:
    files.file(VALUES).write_text("local:\n  ingres: {enabled: true}\n")
    refused = files.inv("validate", "-s", "local", ok=4)
    assert f"{VALUES}:2: local.ingres: unknown key 'ingres' (did you mean ingress?)" in refused.stdout
    failed = files.inv("deploy-support", "local", ok=1)
    assert "ingres" in failed.stderr
    assert asked("demo.localhost").status_code == 200


def test_a_part_that_does_not_start_is_explained_and_undone(files: Place, tmp_path: Path) -> None:
    before = files.json("deploy-support", "local")["revision"]
    files.replace(
        CLUSTER, "  jupyterhub: {source: embedded}", f"{MIRRORED}source: {broken(tmp_path)}, version: 1.0.0}}"
    )
    files.file(VALUES).write_text("traefik: {enabled: true}\n")
    failed = files.inv("deploy-support", "local", ok=1)
    assert "hubfleet.local/not-there:1" in failed.stderr
    assert f"revision {before} serves again" in failed.stderr
    assert asked("demo.localhost").status_code == 200


def test_a_cluster_without_support_says_what_to_write(files: Place) -> None:
    files.file(VALUES).unlink()
    refused = files.inv("deploy-support", "local", ok=2)
    assert "declares no support" in refused.stderr
    files.inv("deploy-support", "lokal", ok=2)


MIRRORED = '  jupyterhub: {source: embedded}\n  support:\n    traefik: {repository: "https://x.example", '


def broken(folder: Path) -> Path:
    """A chart called traefik. It stands in for a mirrored package of it: one Deployment that can never start."""
    chart, target = folder / "traefik", folder / "traefik.tgz"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: traefik\nversion: 1.0.0\n")
    (chart / "templates/it.yaml").write_text(DEPLOYMENT)
    with tarfile.open(target, "w:gz") as tar:
        tar.add(chart, "traefik")
    return target
