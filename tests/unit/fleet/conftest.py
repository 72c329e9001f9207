import copy
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from hubfleet.fleet.load import load_fleet
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders

# A busy machine is slow at times; that is no failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

FLEET = """\
tools: {helm: 4.3.1}
charts:
  jupyterhub: {version: 4.3.3, source: embedded}
stages: [staging, canary, production]
staff:
  admins: [grace]
"""
HUB = {
    "name": "college",
    "domain": "college.hubs.example.org",
    "use_case": "education",
    "stage": "production",
    "access": "members",
    "community": {"type": "community-college", "contacts": [{"name": "Ada", "email": "ada@example.org"}]},
    "homes": {"kind": "pvc", "quota": "10Gi"},
}
GCP = {"name": "west", "provider": "gcp", "gcp": {"project": "example-hubs", "location": "us-west1", "cluster": "hubs"}}
SECRET = """\
jupyterhub:
  hub:
    config:
      GitHubOAuthenticator:
        client_secret: ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:str]
sops:
  age:
    - recipient: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj
  lastmodified: "2026-11-02T10:00:00Z"
  mac: ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:str]
  version: 3.13.3
"""


class Tree:
    """A fleet in a folder of its own: one use case, one cluster `west` with one hub `college`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hub = dict(HUB)
        self.more_hubs: list[dict] = []
        self.cluster = dict(GCP)
        self.file("fleet.yaml", FLEET)
        self.file("helm/basehub/values.yaml", "jupyterhub:\n  cull: {timeout: 3600}\n")
        self.file("helm/basehub/use-cases/education.yaml", "jupyterhub:\n  singleuser: {defaultUrl: /lab}\n")

    def file(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write(self):
        self.file("clusters/west/cluster.yaml", yaml.safe_dump(self.data(), sort_keys=False))

    def load(self):
        self.write()
        return load_fleet(self.root)

    def data(self):
        return {**self.cluster, "hubs": [copy.deepcopy(hub) for hub in (self.hub, *self.more_hubs)]}

    def resolve(self, *, secrets=placeholders, images=None, today=date(2026, 11, 24), hub="college"):
        fleet = self.load()
        cluster = fleet.cluster("west")
        return resolve(fleet, cluster, cluster.hub(hub), secrets=secrets, images=images, today=today)


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path)
