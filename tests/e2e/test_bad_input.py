"""What goes wrong outside of us: no cluster, the wrong one, no right, no room: clearly said, nothing changed."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.e2e.conftest import copy_repository

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
CLUSTER = "clusters/local/cluster.yaml"


@pytest.fixture
def elsewhere(place: Place, tmp_path: Path) -> Iterator[Any]:
    """The local cluster's hubs, reached by a kubeconfig of the test's own making."""
    text = place.file(CLUSTER).read_text()

    def use(config: dict[str, Any], context: str = "test") -> None:
        file = tmp_path / "config"
        file.write_text(yaml.safe_dump(config))
        target = f"provider: kubeconfig\nkubeconfig: {{context: {context}, file: {file}}}\n"
        place.file(CLUSTER).write_text(text.replace("provider: local\n", target))

    yield use
    place.file(CLUSTER).write_text(text)


def config(server: str, authority: str = "", **user: str) -> dict[str, Any]:
    trust = {"certificate-authority-data": authority} if authority else {"insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": server, **trust}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }  # fmt: skip


def test_a_cluster_that_does_not_answer(place: Place, elsewhere: Any) -> None:
    elsewhere(config("https://127.0.0.1:9"))
    refused = place.inv("deploy-hub", "local", "demo", ok=1).stderr
    assert "does not answer" in refused
    assert "next:" in refused
    rows = place.json("status", "-s", "local", ok=1)["hubs"]
    assert {each["state"] for each in rows} == {"unreachable"}


def test_a_context_that_is_not_there(place: Place, elsewhere: Any) -> None:
    elsewhere(config("https://127.0.0.1:9"), context="tset")
    refused = place.inv("deploy-hub", "local", "demo", ok=1).stderr
    assert "tset" in refused


def test_the_certificate_of_another_cluster(place: Place, elsewhere: Any, tmp_path: Path) -> None:
    key, own = tmp_path / "ca.key", tmp_path / "ca.crt"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", own, "-subj", "/CN=x"]
    subprocess.run(words, check=True, capture_output=True)
    elsewhere(config(server(place), base64.b64encode(own.read_bytes()).decode(), token="x"))
    refused = place.inv("deploy-hub", "local", "demo", ok=1).stderr
    assert "certificate" in refused.lower()


def test_no_permission(place: Place, elsewhere: Any) -> None:
    elsewhere(config(server(place), token=token_without_rights(place)))
    refused = place.inv("deploy-hub", "local", "demo", ok=1).stderr
    assert "you may not" in refused
    assert "forbidden" in refused.lower()


def test_no_cluster_at_all(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(place.env, "XDG_STATE_HOME", str(tmp_path))
    refused = place.inv("deploy-hub", "local", "demo", ok=1).stderr
    assert "./inv local-up" in refused


def test_a_full_disk(place: Place) -> None:
    """The journal can not be written: nothing is begun."""
    place.file(".hubfleet").mkdir(exist_ok=True)
    runs = place.file(".hubfleet/runs")
    kept = place.file(".hubfleet/kept")
    runs.rename(kept) if runs.exists() else kept.mkdir()
    runs.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", runs], check=True)
    try:
        (runs / "full").write_bytes(b"x" * 4096)
        refused = place.inv("deploy-hub", "local", "demo", "--force", ok=1).stderr
        assert "can not be written" in refused
        assert "df -h" in refused
    finally:
        subprocess.run(["umount", runs], check=True)
        runs.rmdir()
        kept.rename(runs)


@pytest.fixture
def open_copy() -> Iterator[Path]:
    """A copy of the repository that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="hubfleet-open-") as folder:
        copy_repository(Path(folder) / "fleet")
        Path(folder).chmod(0o755)
        yield Path(folder) / "fleet"


def test_without_root_the_demo_says_what_works(open_copy: Path) -> None:
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(open_copy), "HOME": "/nonexistent"}
    done = subprocess.run(
        [*command, "hubfleet.cli.program", "demo"], cwd=open_copy, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "--on CONTEXT" in done.stderr


def server(place: Place) -> str:
    found: str = yaml.safe_load((place.state / "admin.conf").read_text())["clusters"][0]["cluster"]["server"]
    return found


def token_without_rights(place: Place) -> str:
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer = place.kube.http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    token: str = answer.json()["status"]["token"]
    return token
