"""The kubeconfig and its credential plugin, as the real kubectl, helm and lightkube use them over TLS."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hubfleet import clouds, process
from hubfleet.clouds import Access, runtime
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster
from hubfleet.toolchain import tool
from hubfleet.tools.kubernetes import Forbidden
from tests.fakes import gke, loopback
from tests.fakes.google import FakeGoogle
from tests.fakes.loopback import Answer, Request

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]


def program(name: str) -> Path:
    """A pinned program; a machine without it skips what needs it, CI does not."""
    try:
        return tool(name, ROOT)
    except HubfleetError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{error.what}: {error.next_step}")


class Api:
    """A Kubernetes API that knows its version and has no secrets, for whoever brings the newest token."""

    def __init__(self, google: FakeGoogle) -> None:
        self.google = google
        self.valid: set[str] = set()
        self.refused = 0

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer token-{self.google.given}":
            self.refused += 1
            return Answer({"kind": "Status", "apiVersion": "v1", "code": 401, "message": "Unauthorized"}, 401)
        if request.path == "/version":
            return Answer({"major": "1", "minor": "35", "gitVersion": "v1.35.1"})
        return Answer({"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": []})


def certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    (folder / "authority.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def api(fake_gke: gke.FakeGke, fake_google: FakeGoogle, tmp_path: Path) -> Iterator[Api]:
    """The API of the cluster that the fake GKE names."""
    served = Api(fake_google)
    with loopback.served(served.answer, certificate(tmp_path)) as address:
        cluster = fake_gke.clusters["hubs"]
        cluster.endpoint = address.removeprefix("https://")
        cluster.master_auth.cluster_ca_certificate = base64.b64encode(
            (tmp_path / "authority.pem").read_bytes()
        ).decode()
        yield served


@pytest.fixture
def access(api: Api, west: Cluster) -> Iterator[Access]:
    found = clouds.access(west)
    yield found
    found.kube.close()


def test_kubeconfig_is_private_and_holds_no_secret(access: Access, fake_google: FakeGoogle) -> None:
    text = access.kubeconfig.read_text()

    assert stat.S_IMODE(access.kubeconfig.stat().st_mode) == 0o600
    assert stat.S_IMODE(access.kubeconfig.parent.stat().st_mode) == 0o700
    assert f"token-{fake_google.given}" not in text
    assert "PRIVATE KEY" not in text
    assert set(access.extra) == {"GOOGLE_APPLICATION_CREDENTIALS"}


def test_address_is_asked_for_once_in_a_while(access: Access, fake_gke: gke.FakeGke, west: Cluster) -> None:
    again = clouds.access(west)

    assert fake_gke.calls.count("get_cluster") == 1
    assert again.kubeconfig == access.kubeconfig
    runtime.remove()
    clouds.access(west)
    assert fake_gke.calls.count("get_cluster") == 2, "its kubeconfig was gone"


def test_kubectl(access: Access) -> None:
    done = process.run([program("kubectl"), "get", "--raw", "/version"], env=access.env, cwd=Path("/"))

    assert json.loads(done.stdout)["gitVersion"] == "v1.35.1"


def test_helm(access: Access) -> None:
    assert process.run([program("helm"), "list", "--output", "json"], env=access.env).stdout.strip() == "[]"


def test_lightkube_gets_a_new_token_when_the_old_one_has_ended(access: Access, api: Api) -> None:
    assert access.kube.version() == "v1.35.1"
    api.google.given += 1  # the token that it has is now an old one
    assert access.kube.version() == "v1.35.1"
    assert api.refused == 1


def test_expired_login_is_told_by_every_program(access: Access, fake_google: FakeGoogle) -> None:
    fake_google.withdrawn = True

    with pytest.raises(Forbidden, match="no login to cluster west") as caught:
        access.kube.version()
    assert "gcloud auth application-default login" in caught.value.evidence
    with pytest.raises(process.ProcessFailed) as failed:
        process.run([program("kubectl"), "get", "--raw", "/version"], env=access.env)
    assert "the login to Google Cloud has expired" in failed.value.evidence


def test_plugin_answers_in_the_version_that_it_is_asked_in(fake_gke: gke.FakeGke, west: Cluster) -> None:
    argv = [sys.executable, "-P", "-m", "hubfleet.clouds.credential", "west", "gcp", "project=example-hubs"]
    asked = {"KUBERNETES_EXEC_INFO": '{"apiVersion": "client.authentication.k8s.io/v1beta1"}'}

    for extra, version in (({}, "v1"), (asked, "v1beta1")):
        env = {**os.environ, **extra}
        found = json.loads(subprocess.run(argv, env=env, capture_output=True, check=True, cwd="/").stdout)
        assert found["apiVersion"] == f"client.authentication.k8s.io/{version}"
        assert found["status"]["token"].startswith("token-")
        assert found["status"]["expirationTimestamp"].endswith("Z")


def test_modules_in_the_folder_where_it_runs_are_not_imported(access: Access, tmp_path: Path) -> None:
    for name in ("json", "hubfleet", "yaml"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('strangers code')")

    process.run([program("kubectl"), "get", "--raw", "/version"], env=access.env, cwd=tmp_path)
