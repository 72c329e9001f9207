"""The hub's database: saved before a deploy, brought back when a rollback needs the older schema.

The copy stays in the hub's own volume (`hub-db-dir`, folder `hubfleet-backups`), so that it holds no secret anywhere
else, needs no transfer, and another machine can go on. A database outside the cluster is its owner's to back up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.workflows import pods

VOLUME = "hub-db-dir"
FOLDER = "/srv/jupyterhub"
KEPT = 5
_POD_SECONDS = 120.0

_SAVE = """
import json, os, sqlite3, sys
folder, name, kept = sys.argv[1], sys.argv[2], int(sys.argv[3])
source = os.path.join(folder, "jupyterhub.sqlite")
if not os.path.exists(source):
    print(json.dumps({"kind": "none"})); sys.exit()
backups = os.path.join(folder, "hubfleet-backups")
os.makedirs(backups, mode=0o700, exist_ok=True)
target = os.path.join(backups, name + ".sqlite")
db = sqlite3.connect("file:" + source + "?mode=ro", uri=True, timeout=20)
copy = sqlite3.connect(target + ".new")
db.backup(copy)
check = copy.execute("pragma integrity_check").fetchone()[0]
try:
    schema = copy.execute("select version_num from alembic_version").fetchone()[0]
except sqlite3.OperationalError:
    schema = ""
copy.close()
if check != "ok":
    os.remove(target + ".new"); sys.exit("the copy is not intact: " + check)
os.replace(target + ".new", target)
old = sorted(os.path.join(backups, each) for each in os.listdir(backups) if each.endswith(".sqlite"))
for each in old[:-kept]:
    os.remove(each)
print(json.dumps({"kind": "sqlite", "schema": schema, "bytes": os.path.getsize(target), "file": target}))
"""

_SCHEMA = """
import json, os, sqlite3, sys
source = os.path.join(sys.argv[1], "jupyterhub.sqlite")
db = sqlite3.connect("file:" + source + "?mode=ro", uri=True, timeout=20)
print(json.dumps({"schema": db.execute("select version_num from alembic_version").fetchone()[0]}))
"""

_RESTORE = """
import json, os, shutil, sqlite3, sys
folder, name = sys.argv[1], sys.argv[2]
target = os.path.join(folder, "jupyterhub.sqlite")
saved = os.path.join(folder, "hubfleet-backups", name + ".sqlite")
shutil.copyfile(saved, target + ".restored")
if sqlite3.connect(target + ".restored").execute("pragma integrity_check").fetchone()[0] != "ok":
    sys.exit("the saved copy is not intact")
for suffix in ("-wal", "-shm", "-journal"):
    if os.path.exists(target + suffix):
        os.replace(target + suffix, target + ".before-" + name + suffix)
os.replace(target, target + ".before-" + name)
os.replace(target + ".restored", target)
print(json.dumps({"restored": saved}))
"""


@dataclass(frozen=True)
class Saved:
    """A copy of the hub's database.

    Args:
        kind: `sqlite`; `none` where the hub keeps no file (first start, in memory, or an external database).
        name: of the copy, the run's id.
        schema: the alembic revision of the copy.
        size: bytes.
    """

    kind: str
    name: str = ""
    schema: str = ""
    size: int = 0


def save(kube: Kube, namespace: str, name: str) -> Saved:
    """Copy the database inside the hub's volume and check the copy.

    Args:
        kube: the cluster.
        namespace: of the hub.
        name: for the copy; the run's id.

    Raises:
        HubfleetError: the copy failed, for example because the volume is full. Nothing was changed.
    """
    if not _volume_exists(kube, namespace):
        return Saved("none")
    answer = _python(kube, namespace, f"save-{name}", _SAVE, [FOLDER, name, str(KEPT)])
    return Saved(answer["kind"], name, answer.get("schema", ""), answer.get("bytes", 0))


def schema_now(kube: Kube, namespace: str, name: str) -> str:
    """The alembic revision that the database has at this moment."""
    return str(_python(kube, namespace, f"schema-{name}", _SCHEMA, [FOLDER]).get("schema", ""))


def restore(kube: Kube, namespace: str, saved: Saved) -> None:
    """Bring the copy back in place; what was there stays beside it. The hub must not be running.

    Raises:
        HubfleetError: it failed; the present database is untouched.
    """
    _python(kube, namespace, f"restore-{saved.name}", _RESTORE, [FOLDER, saved.name], in_hub=False)


def hub_pod(kube: Kube, namespace: str) -> dict[str, Any] | None:
    """The newest pod of the hub, running or not."""
    found = kube.list_json(
        f"/api/v1/namespaces/{namespace}/pods", "find the hub's pod", labelSelector="app=jupyterhub,component=hub"
    )  # fmt: skip
    return max(found, key=lambda pod: pod["metadata"]["creationTimestamp"], default=None)


def is_ready(pod: dict[str, Any] | None) -> bool:
    """Whether commands can be run in it."""
    if pod is None or pod["metadata"].get("deletionTimestamp"):
        return False
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))


def _volume_exists(kube: Kube, namespace: str) -> bool:
    try:
        kube.get_json(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{VOLUME}", "find the hub's volume")
    except NotFound:
        return False
    return True


def _python(
    kube: Kube, namespace: str, pod_name: str, script: str, arguments: list[str], *, in_hub: bool = True
) -> dict[str, Any]:
    """Run a script where the volume is: in the hub if it is ready, else in a pod made for it."""
    pod = hub_pod(kube, namespace)
    if in_hub and pod is not None and is_ready(pod):
        return _exec(kube, namespace, pod["metadata"]["name"], ["python3", "-c", script, *arguments])
    if pod is None:
        return {"kind": "none"}
    return _in_own_pod(kube, namespace, pod_name, pod, ["python3", "-c", script, *arguments])


def _exec(kube: Kube, namespace: str, pod: str, command: list[str]) -> dict[str, Any]:
    with kube.errors(f"run a command in pod {namespace}/{pod}"):
        done = kube.client.exec(
            pod, namespace=namespace, container="hub", command=command, stdout=True, stderr=True, timeout=120
        )
    return _parsed(done.exit_code, str(done.stdout), str(done.stderr), f"{namespace}/{pod}")


def _in_own_pod(kube: Kube, namespace: str, name: str, hub: dict[str, Any], command: list[str]) -> dict[str, Any]:
    """Image and user that the hub shall have now, and the node of its pod: often one node only can mount the volume.

    The newest pod may still be of a revision that was rolled back, with an image that nobody can pull.
    """
    spec = _template(kube, namespace) or hub["spec"]
    container = next(each for each in spec["containers"] if each["name"] == "hub")
    mounts = [each for each in container["volumeMounts"] if each["mountPath"] == FOLDER]
    volumes = [each for each in spec["volumes"] if each["name"] in {mount["name"] for mount in mounts}]
    body = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "jupyterhub", "component": "hubfleet-database"}},
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": False,
            "nodeName": hub["spec"].get("nodeName"),
            "securityContext": spec.get("securityContext"), "imagePullSecrets": spec.get("imagePullSecrets"),
            "volumes": volumes,
            "containers": [{
                "name": "database", "image": container["image"], "command": command, "volumeMounts": mounts,
                "securityContext": container.get("securityContext"),
            }],
        },
    }  # fmt: skip
    with pods.temporary(kube, namespace, body):
        well, log = pods.ended(kube, namespace, name, seconds=_POD_SECONDS)
    return _parsed(0 if well else 1, log, log, f"{namespace}/{name}")


def _template(kube: Kube, namespace: str) -> dict[str, Any] | None:
    """What the hub's Deployment makes pods of."""
    found = kube.list_json(
        f"/apis/apps/v1/namespaces/{namespace}/deployments", "find the hub's image",
        labelSelector="app=jupyterhub,component=hub",
    )  # fmt: skip
    return found[0]["spec"]["template"]["spec"] if found else None


def _parsed(exit_code: int | None, stdout: str, stderr: str, where: str) -> dict[str, Any]:
    if exit_code:
        raise HubfleetError(
            "the hub's database could not be saved or brought back",
            where=where,
            evidence="\n".join(stderr.strip().splitlines()[-8:]),
            next_step="see runbooks/hub-database.md; a full volume is enlarged or cleared first",
        )
    answer = json.loads(stdout.strip().splitlines()[-1])
    return answer if isinstance(answer, dict) else {}
