"""`inv check-hub` on hubs that are broken on purpose, on a real cluster: each time it names the cause, and cleans up.

The causes come out of what Kubernetes, containerd, the hub and a user's server really say. Two things are pretended,
and named where they are: an image registry that knows no image, and a person whom the cluster allows nothing.

HUBFLEET_RECORD_CASES=1 writes what each case looked like into tests/unit/workflows/dossier_cases.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hubfleet.runs import start
from hubfleet.toolchain import tool
from hubfleet.tools.jupyterhub import HubApi
from hubfleet.workflows import check
from tests.e2e.test_charts import eventually
from tests.unit.workflows.record_dossier_case import recording

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
HUB = "staging"
VALUES = f"clusters/local/{HUB}.values.yaml"
URL = "http://127.0.0.1:30081"
TOKEN = "hub.services.hubfleet-check.apiToken"
NAMESPACED = f"/api/v1/namespaces/{HUB}"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{HUB}/deployments"
MERGE = {"Content-Type": "application/merge-patch+json"}
STARTUP = "~/.ipython/profile_default/startup"
HUNGRY = f"mkdir -p {STARTUP}; echo 'x = bytearray(3 * 2**30)' > {STARTUP}/0.py"

# What a user may choose at this hub: one server that is well, and each way in which one can be ill.
PROFILES: dict[str, dict[str, Any]] = {
    "fine": {},
    "no-tag": {"image": "REGISTRY/demo/user:no-such-tag"},
    "private": {"image": "REGISTRY/private/user:1"},
    "no-registry": {"image": "127.0.0.1:9/demo/user:1"},
    "not-loaded": {"image": "REGISTRY/demo/user:1", "image_pull_policy": "Never"},
    "huge": {"mem_guarantee": "900G", "mem_limit": "900G"},
    "elsewhere": {"node_selector": {"pool": "gpu"}},
    "ends": {"cmd": ["sh", "-c", "echo the course material is not there; exit 3"]},
    "no-command": {"cmd": ["no-such-program"]},
    "silent": {"cmd": ["sleep", "3600"], "http_timeout": 5},
    "after-start": {"lifecycle_hooks": {"postStart": {"exec": {"command": ["sh", "-c", "echo no course; exit 7"]}}}},
    "before-start": {},
    "no-class": {"storage_class": "no-such-class"},
    "small": {"mem_guarantee": "20M", "mem_limit": "30M"},
    "hungry-kernel": {"lifecycle_hooks": {"postStart": {"exec": {"command": ["sh", "-c", HUNGRY]}}}},
}
BEFORE_START = """
def before_start(spawner):
    if spawner.user_options.get("profile") == "before-start":
        raise RuntimeError("the course list does not answer")

c.KubeSpawner.pre_spawn_hook = before_start
c.Spawner.consecutive_failure_limit = 0
"""
CRASH = """
import os
c.JupyterHub.something = no_such_name
"""


class NoImages(BaseHTTPRequestHandler):
    """A registry that has no image, and asks for a login below /private. It is no more than these two answers."""

    def do_GET(self) -> None:
        code, word = (401, "UNAUTHORIZED") if "/private/" in self.path else (404, "MANIFEST_UNKNOWN")
        code, body = (200, b"{}") if self.path == "/v2/" else (code, json.dumps({"errors": [{"code": word}]}).encode())
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815  the name that the server looks for

    def log_message(self, *words: object) -> None:
        """No noise."""


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """Where that registry is. containerd speaks plain HTTP to this machine itself."""
    with ThreadingHTTPServer(("127.0.0.1", 0), NoImages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def ill(place: Place, registry: str) -> Iterator[Place]:
    """The hub, well itself, with the profiles above."""
    text = place.file(VALUES).read_text()
    profiles = json.loads(json.dumps(PROFILES).replace("REGISTRY", registry))
    values = yaml.safe_load(text)
    values["jupyterhub"]["hub"] = {"extraConfig": {"before-start": BEFORE_START}}
    values["jupyterhub"]["singleuser"] = {
        "profileList": [
            {"display_name": name, "slug": name, "kubespawner_override": override}
            for name, override in profiles.items()
        ]
    }
    place.file(VALUES).write_text(yaml.safe_dump(values))
    try:
        place.inv("deploy-hub", "local", HUB, "--check", "quick")
        yield place
    finally:
        place.file(VALUES).write_text(text)
    place.inv("deploy-hub", "local", HUB, "--check", "quick")


@pytest.fixture
def mended(ill: Place) -> Iterator[Place]:
    """The hub, for tests that break the hub itself: it is deployed again afterwards, whatever helm thinks of it."""
    yield ill
    ill.inv("deploy-hub", "local", HUB, "--check", "quick", "--force")


def why(place: Place, cause: str, *words: str, name: str = "") -> dict[str, Any]:
    """Check the hub, which must fail for this cause, in words for people too.

    Returns:
        What `--json` says.
    """
    if os.environ.get("HUBFLEET_RECORD_CASES"):
        return record(place, name or cause, cause, words)
    done = place.inv("check-hub", "local", HUB, *words, "--json", ok=1)
    found: dict[str, Any] = json.loads(done.stdout)
    judge(found, cause)
    assert found["dossier"]["cause"]["text"] in done.stderr
    assert "next:" in done.stderr
    return found


def judge(found: dict[str, Any], cause: str) -> None:
    assert found["dossier"]["cause"], "\n".join(found["dossier"]["lines"])
    assert found["dossier"]["cause"]["name"] == cause, json.dumps(found["dossier"], indent=1)


def record(place: Place, name: str, cause: str, words: tuple[str, ...]) -> dict[str, Any]:
    """The same check in this process, so that what it read can be kept."""
    options = dict(zip(words[1::2], words[2::2], strict=True))
    at = check.Site(place.access, HUB, lambda: tool("kubectl", place.root), here=True)
    seconds = check.Seconds(user=check.UserDeadlines(start=float(options.get("--timeout", 600))))
    run = start(place.root, "check-hub", f"local/{HUB}")
    with recording(name, cause):
        if words:
            found = check.full(run, at, seconds, profile=options["--profile"]).report()
        else:
            found = check.quick(run, at, seconds).report()
    judge(found, cause)
    return found


def as_user(place: Place, profile: str, cause: str, *, timeout: int = 25) -> dict[str, Any]:
    """A full check with this profile, which must fail for this cause, and leave nothing behind."""
    found = why(place, cause, "--full", "--profile", profile, "--timeout", str(timeout), name=profile)
    assert traces(place) == []
    return found


def traces(place: Place) -> list[str]:
    """What is left of temporary users: accounts, pods, volume claims."""
    kinds = {"pods": "singleuser-server", "persistentvolumeclaims": "singleuser-storage"}
    left = [
        f"{kind}/{each['metadata']['name']}"
        for kind, component in kinds.items()
        for each in place.kube.list_json(f"{NAMESPACED}/{kind}", "look", labelSelector=f"component={component}")
        if "hubfleet" in each["metadata"]["name"]
    ]
    with HubApi(URL, place.kube.get_secret(HUB, "hub")[TOKEN]) as api:
        users, _ = api.users("hubfleet-check-")
    return [*left, *(f"user {user.name}" for user in users)]


@pytest.mark.parametrize(
    ("profile", "cause"),
    [
        ("no-tag", "image-not-found"),
        ("private", "image-denied"),
        ("no-registry", "image-registry"),
        ("not-loaded", "image-not-loaded"),
        ("huge", "unschedulable-memory"),
        ("elsewhere", "unschedulable-selector"),
        ("ends", "server-ends"),
        ("no-command", "command-missing"),
        ("silent", "server-silent"),
        ("after-start", "start-hook"),
        ("before-start", "spawn-error"),
        ("no-class", "claim-pending"),
        ("hungry-kernel", "kernel-died"),
    ],
)
def test_a_server_that_does_not_start_or_work_is_explained(ill: Place, profile: str, cause: str) -> None:
    as_user(ill, profile, cause)


def test_a_server_that_has_no_memory_to_start_with(ill: Place) -> None:
    """Killed when it has run for a moment. Whether its pod is still there when it is looked at is up to the hub."""
    found = ill.inv("check-hub", "local", HUB, "--full", "--profile", "small", "--timeout", "60", "--json", ok=1)
    assert json.loads(found.stdout)["dossier"]["cause"]["name"] in {"out-of-memory", "server-ends"}
    assert "singleuser.memory.limit" in found.stderr
    assert traces(ill) == []


def test_the_words_of_the_program_that_failed_are_shown(ill: Place) -> None:
    assert "the course material is not there" in json.dumps(as_user(ill, "ends", "server-ends"))
    assert "the course list does not answer" in json.dumps(as_user(ill, "before-start", "spawn-error"))


def test_a_hub_that_is_well_is_left_as_it_was(ill: Place) -> None:
    found = ill.json("check-hub", "local", HUB, "--full", "--profile", "fine")
    assert found["ok"] is True
    assert traces(ill) == []


@contextmanager
def quota(ill: Place) -> Iterator[None]:
    """A namespace whose quota is used up, for the time of a block: what is mended afterwards needs some."""
    body = {"metadata": {"name": "full"}, "spec": {"hard": {"requests.memory": "1Mi"}}}
    ill.kube.http.post(f"{NAMESPACED}/resourcequotas", json=body).raise_for_status()
    try:
        yield
    finally:
        ill.kube.http.delete(f"{NAMESPACED}/resourcequotas/full").raise_for_status()


def test_a_quota_that_is_used_up(ill: Place) -> None:
    with quota(ill):
        as_user(ill, "fine", "quota")


def test_a_quota_that_is_used_up_while_the_hub_restarts(mended: Place) -> None:
    with quota(mended):
        pods = mended.kube.list_json(f"{NAMESPACED}/pods", "look", labelSelector="component=hub")
        mended.kube.http.delete(f"{NAMESPACED}/pods/{pods[0]['metadata']['name']}").raise_for_status()
        why(mended, "quota", name="quota-hub")


def test_a_hub_that_crashes_from_its_own_configuration(mended: Place) -> None:
    text = mended.file(VALUES).read_text()
    values = yaml.safe_load(text)
    values["jupyterhub"]["hub"]["extraConfig"]["zz-mistake"] = CRASH
    mended.file(VALUES).write_text(yaml.safe_dump(values))
    with_plain_helm(mended)
    mended.file(VALUES).write_text(text)
    found = why(mended, "config-error")
    assert "NameError: name 'no_such_name' is not defined" in found["dossier"]["cause"]["text"]
    assert "hub.extraConfig.zz-mistake:3" in found["dossier"]["cause"]["text"]


def with_plain_helm(place: Place) -> None:
    """What somebody does who goes past hubfleet: helm, and nothing that would undo it. Waits for the crash."""
    target = place.target(HUB)
    words = [tool("helm", place.root), "upgrade", HUB, target.chart.path, "--namespace", HUB, "--values", "-"]
    env = {**place.env, "KUBECONFIG": str(place.access.kubeconfig)}
    subprocess.run(words, input=json.dumps(target.values()).encode(), env=env, check=True, capture_output=True)
    eventually("the hub crashes", lambda: hub_restarts(place))


def hub_restarts(place: Place) -> int:
    pods = place.kube.list_json(f"{NAMESPACED}/pods", "look", labelSelector="component=hub")
    containers = [each for pod in pods for each in pod["status"].get("containerStatuses") or ()]
    return sum(each["restartCount"] for each in containers)


@pytest.mark.parametrize("name", ["proxy", "hub"])
def test_a_part_that_is_scaled_to_nothing(mended: Place, name: str) -> None:
    scale(mended, name, 0)
    assert name in why(mended, "scaled-to-zero", name=f"scaled-to-zero-{name}")["dossier"]["cause"]["text"]
    scale(mended, name, 1)


def scale(place: Place, name: str, replicas: int) -> None:
    body = {"spec": {"replicas": replicas}}
    place.kube.http.patch(f"{DEPLOYMENTS}/{name}", json=body, headers=MERGE).raise_for_status()
    eventually("it is so", lambda: pods_of(place, name) == replicas)


def pods_of(place: Place, name: str) -> int:
    return len(place.kube.list_json(f"{NAMESPACED}/pods", "look", labelSelector=f"component={name}"))


def test_a_proxy_that_was_deleted(mended: Place) -> None:
    mended.kube.http.delete(f"{DEPLOYMENTS}/proxy").raise_for_status()
    eventually("it is gone", lambda: pods_of(mended, "proxy") == 0)
    why(mended, "deployment-missing")


@pytest.fixture
def nobody(ill: Place, tmp_path: Path) -> Place:
    """The same place for a person whom the cluster knows, and allows nothing: a service account without roles."""
    accounts = f"{NAMESPACED}/serviceaccounts"
    ill.kube.http.post(accounts, json={"metadata": {"name": "nobody"}})
    made = ill.kube.http.post(f"{accounts}/nobody/token", json={"spec": {}}).raise_for_status().json()
    config = yaml.safe_load((ill.state / "admin.conf").read_text())
    config["users"][0]["user"] = {"token": made["status"]["token"]}
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    cluster = ill.file("clusters/local/cluster.yaml").read_text()
    mine = f"kubeconfig: {{context: {config['current-context']}, file: {tmp_path}/config}}\n"
    copied = tmp_path / "fleet"
    subprocess.run(["cp", "-r", ill.root, copied], check=True)
    (copied / "clusters/local/cluster.yaml").write_text(
        cluster.replace("provider: local\n", f"provider: kubeconfig\n{mine}")
    )
    return replace(ill, root=copied)


def test_somebody_without_rights_is_told_which_are_missing(nobody: Place) -> None:
    refused = nobody.inv("check-hub", "local", HUB, ok=1).stderr
    assert "may not" in refused
    assert "services" in refused
    assert "next:" in refused


def test_ctrl_c_in_the_middle_leaves_no_trace(ill: Place) -> None:
    running = started(ill)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 130, said
    assert traces(ill) == []


def test_what_a_killed_check_left_is_swept_by_the_next(ill: Place) -> None:
    running = started(ill)
    running.kill()
    running.communicate()
    assert traces(ill)
    found = ill.json("check-hub", "local", HUB, "--full", "--profile", "fine")
    swept = next(step for step in found["steps"] if step["name"] == "remove leftovers of earlier checks")
    assert swept["detail"] == "1 temporary user removed"
    assert traces(ill) == []


def test_a_check_that_goes_on_is_not_swept_by_another(ill: Place) -> None:
    running = started(ill)
    try:
        ill.inv("check-hub", "local", HUB, "--full", "--profile", "fine")
        assert traces(ill)
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=120)
    assert traces(ill) == []


def started(place: Place) -> subprocess.Popen[str]:
    """A full check whose server waits for a node, and will wait for long."""
    running = place.start("check-hub", "local", HUB, "--full", "--profile", "huge")
    assert running.stdout
    for line in running.stdout:
        if "nodes are available" in line:
            return running
    pytest.fail("it ended before its server waited")
