"""A hub of each chart on a real cluster: it serves, an upgrade costs nothing that it need not, and data stays.

With HUBFLEET_E2E_KUBECONFIG the cluster of that file is used, as it is; its nodes must have the images of images/.
HUBFLEET_UPSTREAM_CHART names a chart of zero-to-jupyterhub, which is then tried with the same values.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubfleet.charts import ChartSource, PackagedChart, package
from hubfleet.clouds import Access
from hubfleet.images import reference
from hubfleet.toolchain import tool
from hubfleet.tools.helm import Helm
from hubfleet.tools.jupyterhub import HubApi
from hubfleet.tools.kubernetes import Kube

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
TOKEN = "hub.services.hubfleet-check.apiToken"
SECONDS = 180


def eventually(what: str, holds: Callable[[], Any]) -> Any:
    """Wait until it holds, and return what it said."""
    ends = time.monotonic() + SECONDS
    while not (found := holds()):
        assert time.monotonic() < ends, f"not within {SECONDS} s: {what}"
        time.sleep(0.3)
    return found


@dataclass
class Release:
    """One hub of one chart, in a namespace of its own."""

    kube: Kube
    helm: Helm
    chart: PackagedChart
    namespace: str
    values: dict[str, Any]

    def list(self, path: str, **query: str) -> list[Any]:
        return self.kube.list_json(path.format(ns=self.namespace), "look", **query)

    def deploy(self) -> None:
        self.helm.upgrade(self.chart.path, "hub", self.namespace, self.values)
        eventually("hub and proxy are ready", self._ready)

    def _ready(self) -> bool:
        found = self.list("/apis/apps/v1/namespaces/{ns}/deployments")
        mine = [each for each in found if each["metadata"]["name"] in ("hub", "proxy")]
        return len(mine) == 2 and all(self._up(each) for each in mine)

    def _up(self, deployment: dict[str, Any]) -> bool:
        status = deployment["status"]
        fresh = status.get("observedGeneration") == deployment["metadata"]["generation"]
        counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas")]
        return fresh and counts == [1, 1, 1]

    def pods(self) -> dict[str, str]:
        """The component of each pod, by the pod's own id."""
        found = self.list("/api/v1/namespaces/{ns}/pods", labelSelector="app=jupyterhub")
        return {each["metadata"]["uid"]: each["metadata"]["labels"]["component"] for each in found}

    def claims(self) -> set[str]:
        found = self.list("/api/v1/namespaces/{ns}/persistentvolumeclaims")
        return {each["metadata"]["name"] for each in found}

    def secrets(self) -> dict[str, str]:
        kept = self.kube.get_secret(self.namespace, "hub")
        return {key: value for key, value in kept.items() if key != "values.yaml"} | self.kube.get_secret(
            self.namespace, "shared-password"
        )

    def url(self) -> str:
        services = self.list("/api/v1/namespaces/{ns}/services")
        public = next(each for each in services if each["metadata"]["name"] == "proxy-public")
        return f"http://127.0.0.1:{public['spec']['ports'][0]['nodePort']}"

    def login_page(self) -> str:
        try:
            return httpx.get(f"{self.url()}/hub/login", trust_env=False).raise_for_status().text
        except httpx.HTTPError:
            return ""

    def api(self) -> HubApi:
        return HubApi(self.url(), self.secrets()[TOKEN])


@pytest.fixture(scope="module")
def access(request: pytest.FixtureRequest) -> Access:
    given = os.environ.get("HUBFLEET_E2E_KUBECONFIG")
    return Access("local", Path(given) if given else request.getfixturevalue("place").access.kubeconfig)


@pytest.fixture(scope="module", params=["embedded", "upstream"])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """A hub that serves; its namespace is removed at the end."""
    source = "embedded" if request.param == "embedded" else os.environ.get("HUBFLEET_UPSTREAM_CHART", "")
    if not source:
        pytest.skip("HUBFLEET_UPSTREAM_CHART names no chart of zero-to-jupyterhub")
    access: Access = request.getfixturevalue("access")
    chart = package(ROOT, ChartSource.of(ROOT, source=source), tmp_path_factory.mktemp("cache"))
    kube = Kube(access.kubeconfig, name="local")
    found = Release(kube, Helm(tool("helm", ROOT), access), chart, f"chart-{request.param}", values())
    try:
        found.deploy()
        yield found
    finally:
        remove(kube, found.namespace)
        kube.close()


def remove(kube: Kube, namespace: str) -> None:
    from lightkube.resources.core_v1 import Namespace

    kube.client.delete(Namespace, namespace)

    def gone() -> bool:
        return namespace not in [each["metadata"]["name"] for each in kube.list_json("/api/v1/namespaces", "look")]

    eventually("the namespace is gone", gone)


def values() -> dict[str, Any]:
    images = {name: dict(zip(("name", "tag"), reference(ROOT, name).rsplit(":", 1), strict=True))
              for name in ("hub", "proxy", "user")}  # fmt: skip
    off = {"enabled": False}
    return {
        "jupyterhub": {
            "custom": {"basehub": {"access": "public", "identity": {"displayName": "Sea <College>"}}},
            "hub": {"image": images["hub"], "config": {"JupyterHub": {"authenticator_class": "shared-password"}}},
            "proxy": {"chp": {"image": images["proxy"]}, "service": {"type": "NodePort"}},
            "singleuser": {
                "image": images["user"], "memory": {"guarantee": "128M", "limit": "512M"},
                "storage": {"capacity": "100Mi"}, "cloudMetadata": {"blockWithIptables": False},
            },
            "scheduling": {"userScheduler": off},
            "prePuller": {"hook": off, "continuous": off},
        }
    }  # fmt: skip


@pytest.fixture(scope="module")
def student(release: Release) -> str:
    """A user whose server runs."""
    with release.api() as api:
        api.create_user("student")
        api.start_server("student", {})
        assert [each.ready for each in api.progress("student", timeout=SECONDS)][-1]
    return "student"


def log_in(release: Release, password: str) -> httpx.Response:
    with httpx.Client(base_url=release.url(), follow_redirects=True, trust_env=False, timeout=30) as browser:
        browser.get("/hub/login")
        token = next(each.value for each in browser.cookies.jar if each.name == "_xsrf")
        form = {"username": "visitor", "password": password, "_xsrf": token or ""}
        return browser.post("/hub/login?next=%2Fhub%2Fhome", data=form)


def test_the_login_page_names_the_hub(release):
    page = eventually("the login page", release.login_page)
    assert "Sea &lt;College&gt;" in page
    assert "Sea <College>" not in page


def test_people_log_in_with_the_shared_password_and_no_other(release):
    assert log_in(release, release.secrets()["password"]).url.path == "/hub/home"
    assert log_in(release, "another-password").status_code == 403


def test_a_server_starts_and_answers_through_the_proxy(release, student):
    with release.api() as api:
        answer = httpx.get(
            f"{api.server_url(student)}/api/status", headers={"Authorization": f"token {api.token}"}, trust_env=False
        )
    assert answer.status_code == 200
    assert f"claim-{student}" in release.claims()


def test_an_upgrade_without_a_change_restarts_nothing(release, student):
    if release.chart.kind != "embedded":
        pytest.skip("zero-to-jupyterhub restarts hub and proxy at the first upgrade after an install")
    before = release.pods()
    release.deploy()
    time.sleep(5)
    assert release.pods() == before


def test_a_change_restarts_the_hub_and_keeps_secrets_and_servers(release, student):
    before, secrets = release.pods(), release.secrets()
    changed = deepcopy(release.values)
    changed["jupyterhub"]["custom"]["basehub"]["identity"]["displayName"] = "Lake College"
    release.values = changed
    release.deploy()
    eventually("the page has the new name", lambda: "Lake College" in release.login_page())
    assert release.secrets() == secrets
    gone = {component for uid, component in before.items() if uid not in release.pods()}
    assert gone >= {"hub"}
    assert "singleuser-server" not in gone
    if release.chart.kind == "embedded":
        assert gone == {"hub"}


def test_a_deleted_user_leaves_a_home(release, student):
    with release.api() as api:
        api.stop_server(student, timeout=SECONDS)
        api.delete_user(student)
    time.sleep(2)
    assert f"claim-{student}" in release.claims()


def test_uninstalled_and_installed_again_it_has_its_users_and_secrets(release):
    secrets = release.secrets()
    release.helm.uninstall("hub", release.namespace)
    assert {"hub-db-dir", "claim-student"} <= release.claims()
    release.deploy()
    if release.chart.kind == "embedded":
        assert release.secrets() == secrets
    with release.api() as api:
        names = {each.name for each in eventually("the hub answers", lambda: api.users(""))[0]}
    assert "visitor" in names
