"""Clouds on loopback, and clusters in them. The clients, the login and the credential plugin are the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from hubfleet import paths
from hubfleet.clouds import runtime
from hubfleet.clouds.azure import Aks
from hubfleet.fleet import Cluster, load_fleet
from hubfleet.process import pause
from hubfleet.runs import Run, Step, start
from tests.fakes import aws, azure, gke, google

FLEET = """\
tools: {helm: 4.3.1, kubernetes: 1.35.4}
charts: {jupyterhub: {version: 4.3.3, source: embedded}}
stages: [production]
staff: {admins: [grace]}
"""
PLACES = {
    "west": {"provider": "gcp", "gcp": {"project": "example-hubs", "location": "us-west1", "cluster": "hubs"}},
    "ireland": {"provider": "aws", "aws": {"account": aws.ACCOUNT, "region": aws.REGION, "cluster": "hubs"}},
    "europe": {
        "provider": "azure",
        "azure": {"subscription": azure.SUBSCRIPTION, "resource_group": "hubs", "cluster": "hubs"},
    },
}


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody with an empty home, logged in nowhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(paths.cache().parent))  # the programs stay where they are
    home = tmp_path / "home"
    (home / "runtime").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "runtime"))
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "AWS_PROFILE", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield
    runtime.remove()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A fleet with one cluster in each cloud, none of which has a hub."""
    folder = tmp_path / "fleet"
    files = {"fleet.yaml": FLEET}
    for name, place in PLACES.items():
        files[f"clusters/{name}/cluster.yaml"] = yaml.safe_dump({"name": name, **place, "hubs": []})
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def step(root: Path) -> Step:
    return Step(run_of(root), "wait")


def run_of(root: Path) -> Run:
    """A run whose journal is below the tree."""
    return start(root, "test", "west")


def said(run: Run) -> list[str]:
    """What it told people."""
    from hubfleet.runs.events import parse

    return [each.text for each in parse((run.folder / "events.jsonl").read_text()) if each.kind == "said"]


@pytest.fixture
def fake_google() -> Iterator[google.FakeGoogle]:
    with google.served() as fake:
        yield fake


@pytest.fixture
def fake_gke(fake_google: google.FakeGoogle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[gke.FakeGke]:
    """GKE with one cluster, and somebody who is logged in there."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(fake_google.key_file(tmp_path)))
    monkeypatch.setenv("HUBFLEET_GCP_ENDPOINT", fake_google.address)
    with gke.served(gke.FakeGke()) as fake:
        fake.add("hubs")
        monkeypatch.setenv("HUBFLEET_GKE_ENDPOINT", fake.address)
        yield fake


@pytest.fixture
def west(root: Path) -> Cluster:
    return load_fleet(root).cluster("west")


@pytest.fixture
def ireland(root: Path) -> Cluster:
    return load_fleet(root).cluster("ireland")


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[aws.FakeAws]:
    """AWS with nothing in it, and somebody who is logged in there."""
    import moto.backends

    with aws.served() as fake:
        for name, value in {
            "ACCESS_KEY_ID": "AKIATEST",
            "SECRET_ACCESS_KEY": "secret-key",
            "ENDPOINT_URL": fake.address,
        }.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield fake
        for service in ("eks", "ec2", "elb", "elbv2", "efs", "s3", "iam"):
            moto.backends.get_backend(service).reset()


@pytest.fixture
def fake_azure() -> Iterator[azure.FakeAzure]:
    with azure.served() as fake:
        yield fake


@pytest.fixture
def credential() -> azure.FakeCredential:
    return azure.FakeCredential()


@pytest.fixture
def aks(root: Path, fake_azure: azure.FakeAzure, credential: azure.FakeCredential) -> Aks:
    return Aks(load_fleet(root).cluster("europe"), credential, fake_azure.client(credential))


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses are noted and shortened, so that an hour of waiting fits into a test; interruptions still count."""
    asked: list[float] = []

    def short(seconds: float) -> None:
        asked.append(seconds)
        pause(min(seconds, 0.01))

    monkeypatch.setattr("hubfleet.clouds.waiting.pause", short)
    monkeypatch.setattr("hubfleet.clouds.begin.pause", short)
    return asked
