"""Where a hub looks for its users' files, as its own spawner says: run in the hub, with the hub's own configuration.

No template is guessed: the names, labels, size and storage class of a claim are those of the claim that KubeSpawner
would make at the user's next start, whatever its version and settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet import process
from hubfleet.clouds import Access
from hubfleet.errors import HubfleetError
from hubfleet.process import ProcessFailed
from hubfleet.workflows.restore.plan import Home

_SECONDS = 120.0
_MARK = "hubfleet-homes: "

# `_mock` leaves out what needs a running hub (kubespawner/spawner.py: KubeSpawner.__init__).
_PROGRAM = r"""
import asyncio, json, sys
from types import SimpleNamespace
from jupyterhub.app import JupyterHub
def as_list(value):
    return list(value.values()) if isinstance(value, dict) else list(value or [])
def number(value):
    return value if isinstance(value, int) else None
def home(app, name, server):
    user = SimpleNamespace(name=name, id="unknown-id", url="/", escaped_name=name)
    orm = SimpleNamespace(name=server, server=None)
    spawner = app.spawner_class(user=user, orm_spawner=orm, config=app.config, _mock=True)
    ensure = spawner.storage_pvc_ensure
    claims = {}
    for volume in spawner._expand_all(as_list(spawner.volumes)):
        if volume.get("persistentVolumeClaim"):
            claims[volume["name"]] = volume["persistentVolumeClaim"]["claimName"]
    mounts = [each for each in spawner._expand_all(as_list(spawner.volume_mounts)) if each["name"] in claims]
    if ensure:
        mounts = [each for each in mounts if claims[each["name"]] == spawner.pvc_name]
    else:
        mounts.sort(key=lambda each: (each["name"] != "home", not each["mountPath"].startswith("/home")))
    if not mounts:
        return None
    claim = claims[mounts[0]["name"]]
    if "unknown-id" in claim:
        sys.exit("the names of this hub's claims have the user's number in the database, which is not known")
    body = spawner.api.api_client.sanitize_for_serialization(spawner.get_pvc_manifest()) if ensure else None
    return {"claim": claim, "body": body, "folder": mounts[0].get("subPath", ""), "uid": number(spawner.uid),
            "gid": number(spawner.gid if spawner.gid is not None else spawner.fs_gid)}
async def main():
    app = JupyterHub()
    app.load_config_file("/usr/local/etc/jupyterhub/jupyterhub_config.py")
    found = [home(app, name, server) for name, server in json.loads(sys.argv[1])]
    print("\nhubfleet-homes: " + json.dumps(found), flush=True)
asyncio.run(main())
"""


@dataclass(frozen=True)
class HubPod:
    """A way into a hub: its cluster, its namespace, and kubectl."""

    access: Access
    namespace: str
    kubectl: Path

    def homes(self, users: Sequence[tuple[str, str]]) -> list[Home | None]:
        """Where each of these users' files are looked for; None: the hub keeps no files.

        Args:
            users: names with the name of a server, which is empty for the user's only one.

        Raises:
            HubfleetError: the hub does not run, or does not say.
        """
        argv: list[str | Path] = [self.kubectl]
        argv += ["--context", self.access.context] if self.access.context else []
        argv += ["--namespace", self.namespace, "exec", "deploy/hub", "--container", "hub", "--"]
        argv += ["python3", "-c", _PROGRAM, json.dumps(list(users))]
        try:
            done = process.run(argv, env=self.access.env, timeout=_SECONDS)
        except ProcessFailed as trouble:
            raise HubfleetError(
                "the hub does not say where its users' files are",
                where=f"deployment hub in namespace {self.namespace}",
                evidence=trouble.evidence,
                next_step="./inv check-hub: the hub has to run, and its spawner to be KubeSpawner",
            ) from trouble
        return parse(done.stdout)


def parse(output: str) -> list[Home | None]:
    """The homes from what the program printed, after whatever the hub's configuration prints.

    Raises:
        HubfleetError: they are not in it.
    """
    lines = [line.removeprefix(_MARK) for line in output.splitlines() if line.startswith(_MARK)]
    if not lines:
        raise HubfleetError("the hub did not say where its users' files are", evidence=output[-400:])
    found: list[Mapping[str, Any] | None] = json.loads(lines[-1])
    return [None if each is None else Home(**each) for each in found]
