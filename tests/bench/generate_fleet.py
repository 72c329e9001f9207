"""Makes a fleet of any size, for measurements: valid, and like what people write.

    python tests/bench/generate_fleet.py FOLDER --hubs 200

Each cluster has 25 hubs; every hub has a values file of its own, every second a community file, every
fourth an encrypted file.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
HUBS_PER_CLUSTER = 25
_ENCRYPTED = "ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:str]"

_FLEET = """\
tools: {helm: 4.3.1}
charts:
  jupyterhub: {version: 4.3.3, source: embedded}
stages: [staging, canary, production]
staff: {admins: [grace]}
"""

_CLUSTER = """\
name: {cluster}
provider: gcp
gcp: {{project: example-hubs, location: us-west1, cluster: {cluster}}}
limits: {{memory: 8Gi, cpu: 4}}
hubs:
"""

_HUB = """\
  - name: {hub}
    display_name: Hub {hub} of the measurement
    domain: {hub}.{cluster}.hubs.example.org
    use_case: {use_case}
    stage: {stage}
    access: members
    community:
      type: university
      name: Community {hub}
      contacts:
        - {{name: Ada, email: ada@{hub}.example.org, role: owner}}
    homes: {{kind: pvc, quota: 10Gi}}
    values: [{hub}.values.yaml]
"""

_COMMON = """\
jupyterhub:
  cull: {timeout: 3600}
  singleuser:
    extraEnv: {CLUSTER: measured}
"""

_VALUES = """\
jupyterhub:
  hub:
    config:
      JupyterHub:
        authenticator_class: github
      GitHubOAuthenticator:
        client_id: 0123456789abcdef0123
        oauth_callback_url: https://{hub}.{cluster}.hubs.example.org/hub/oauth_callback
        allowed_organizations: [community-{hub}]
    extraConfig:
      greeting: |
        # said in the hub's log
        print("the hub {hub} starts")
  singleuser:
    memory: {{guarantee: 512M, limit: 2G}}
    cpu: {{guarantee: 0.1, limit: 2}}
    profileList:
      - display_name: Small
        default: true
        kubespawner_override: {{mem_guarantee: 1G, mem_limit: 2G}}
      - display_name: Large
        kubespawner_override: {{mem_guarantee: 4G, mem_limit: 8G, cpu_limit: 4}}
"""

_COMMUNITY = """\
admins: [ada]
look:
  title: Notebooks of {hub}
links:
  - {{name: Help, url: "https://{hub}.example.org/help"}}
"""

_SECRET = f"""\
jupyterhub:
  hub:
    config:
      GitHubOAuthenticator:
        client_secret: {_ENCRYPTED}
sops:
  mac: {_ENCRYPTED}
  version: 3.13.3
"""


def generate(folder: Path, hubs: int) -> None:
    """Write a fleet with that many hubs into a folder, with links to this repository's charts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fleet.yaml").write_text(_FLEET)
    (folder / "tasks.py").write_text((REPOSITORY / "tasks.py").read_text())
    shutil.copytree(REPOSITORY / "helm", folder / "helm", dirs_exist_ok=True)
    if (REPOSITORY / "images").is_dir():
        shutil.copytree(REPOSITORY / "images", folder / "images", dirs_exist_ok=True)
    for first in range(0, hubs, HUBS_PER_CLUSTER):
        _cluster(
            folder / "clusters", f"c{first // HUBS_PER_CLUSTER:03}", range(first, min(first + HUBS_PER_CLUSTER, hubs))
        )


def _cluster(above: Path, cluster: str, numbers: range) -> None:
    folder = above / cluster
    folder.mkdir(parents=True, exist_ok=True)
    text = _CLUSTER.format(cluster=cluster)
    for number in numbers:
        text += _hub(folder, cluster, number)
    (folder / "cluster.yaml").write_text(text)
    (folder / "common.values.yaml").write_text(_COMMON)


def _hub(folder: Path, cluster: str, number: int) -> str:
    """Write a hub's files, and return its entry."""
    hub = f"hub{number:04}"
    use_case = ("education", "research", "event")[number % 3]
    stage = "staging" if number % 10 == 0 else "production"
    entry = _HUB.format(hub=hub, cluster=cluster, use_case=use_case, stage=stage)
    (folder / f"{hub}.values.yaml").write_text(_VALUES.format(hub=hub, cluster=cluster))
    if number % 2 == 0:
        (folder / f"{hub}.community.yaml").write_text(_COMMUNITY.format(hub=hub))
    if number % 4 == 0:
        (folder / f"{hub}.secret.values.yaml").write_text(_SECRET)
        entry += f"    secrets: [{hub}.secret.values.yaml]\n"
    return entry


def main() -> None:
    """The command line."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--hubs", type=int, default=200)
    asked = words.parse_args()
    generate(asked.folder, asked.hubs)


if __name__ == "__main__":
    main()
