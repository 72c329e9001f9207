"""A volume claim in a pod of ours, with programs to run beside its files.

The image is the hub's: it has Python and is known to start in this cluster. The pod reads as root, because people's
files are theirs alone; for reading the volume is mounted read-only, so that nothing there can be harmed. No fsGroup
is asked for: it would change the owners of files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.clouds import Access
from hubfleet.errors import HubfleetError
from hubfleet.process import Completed
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.tools.podexec import GUARD, Container
from hubfleet.workflows import pods

ROOT = "/volume"
_CONTAINER = "volume"
_START_SECONDS = 900.0
_DAY_SECONDS = 86_400
_NAME_LIMIT = 63  # https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_MANAGED = {"app.kubernetes.io/managed-by": "hubfleet"}
# Reading what belongs to anybody; and for restoring, giving it back to whom it belonged, setgid bits and all.
_READING = ["DAC_OVERRIDE"]
_WRITING = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"]
# z2jh's own taints of its nodes: a disk may be in a zone that has only such.
_TOLERATED = ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")


@dataclass(frozen=True)
class Image:
    """What runs beside the files.

    Args:
        name: of the container image.
        pull_secrets: as a pod has them.
        tolerations: as a pod has them.
    """

    name: str
    pull_secrets: tuple[Mapping[str, Any], ...] = ()
    tolerations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where claims are mounted.

    Args:
        access: to the cluster.
        namespace: of the claims.
        kubectl: the program.
        image: what the pods run.
        run: id of the run, for their labels.
    """

    access: Access
    namespace: str
    kubectl: Path
    image: Image
    run: str = ""

    @property
    def kube(self) -> Kube:
        """The cluster's API."""
        return self.access.kube


@dataclass(frozen=True)
class Mounted:
    """A running pod with a claim at `/volume`. `python` runs one of the programs that it was given."""

    place: Place
    pod: str

    def python(
        self,
        program: str,
        *words: str,
        stdin: int | None = None,
        stdout: int | None = None,
        seconds: float = _DAY_SECONDS,
    ) -> Completed:
        """Run a program beside the files; its first argument is the volume's folder.

        Args:
            program: name of one of those that the pod was given.
            words: further arguments.
            stdin: a descriptor to read from.
            stdout: a descriptor that gets its output as it is.
            seconds: how long at most.

        Raises:
            ProcessFailed: it failed, stands still, or the connection to the pod was lost.
        """
        access = self.place.access
        container = Container(
            self.place.kubectl, access.env, access.context, self.place.namespace, self.pod, _CONTAINER
        )
        return container.python(program, (ROOT, *words), stdin=stdin, stdout=stdout, seconds=seconds)


@contextmanager
def mounted(
    place: Place, claim: str, programs: Mapping[str, str], *, writable: bool = False, say: Callable[[str], None]
) -> Iterator[Mounted]:
    """A claim in a pod, for the time of a block.

    Args:
        place: where.
        claim: its name.
        programs: Python programs by name, such as `LISTING`; they can be started while the block runs.
        writable: for restoring; else nothing in the volume can be changed.
        say: gets a line whenever the starting pod changes.
    """
    body = _body(place, claim, programs, writable=writable)
    with pods.temporary(place.kube, place.namespace, body) as name:
        pods.until_running(place.kube, place.namespace, name, seconds=_START_SECONDS, say=say)
        yield Mounted(place, name)


def users_of(kube: Kube, namespace: str) -> dict[str, tuple[str, ...]]:
    """Which pods use which claim: names by claim. Pods that have ended and pods of ours do not count."""
    found: dict[str, tuple[str, ...]] = {}
    for pod in kube.list_json(f"/api/v1/namespaces/{namespace}/pods", "look who uses the volumes"):
        if pod["status"].get("phase") in ("Succeeded", "Failed") or is_ours(pod):
            continue
        for volume in pod["spec"].get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim:
                found[claim] = (*found.get(claim, ()), pod["metadata"]["name"])
    return found


def is_ours(thing: Mapping[str, Any]) -> bool:
    """Whether hubfleet made a pod to mount a volume."""
    labels = thing["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in _MANAGED.items()) and "hubfleet.io/claim" in (
        thing["metadata"].get("annotations") or {}
    )


def hub_image(kube: Kube, namespace: str) -> Image | None:
    """The image of the hub that is deployed; None where there is none."""
    try:
        found = kube.get_json(f"/apis/apps/v1/namespaces/{namespace}/deployments/hub", "look at the hub's image")
    except NotFound:
        return None
    spec = found["spec"]["template"]["spec"]
    container = next((each for each in spec["containers"] if each["name"] == "hub"), None)
    if container is None:
        raise HubfleetError("the Deployment `hub` has no container `hub`", where=namespace)
    return Image(container["image"], tuple(spec.get("imagePullSecrets") or ()), tuple(spec.get("tolerations") or ()))


def _body(place: Place, claim: str, programs: Mapping[str, str], *, writable: bool) -> dict[str, Any]:
    given = {"GUARD": GUARD, **programs}
    tolerations = [*place.image.tolerations, *({"key": each, "operator": "Exists"} for each in _TOLERATED)]
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": _name(claim), "labels": {**_MANAGED, "hubfleet.io/run": place.run},
            "annotations": {"hubfleet.io/claim": claim},
        },
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": False,
            "activeDeadlineSeconds": _DAY_SECONDS, "enableServiceLinks": False,
            "imagePullSecrets": list(place.image.pull_secrets), "tolerations": tolerations,
            "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": claim}}],
            "containers": [{
                "name": _CONTAINER, "image": place.image.name,
                "command": ["python3", "-c", "import signal; signal.sigwait({signal.SIGTERM, signal.SIGINT})"],
                "env": [{"name": name, "value": text.replace("$(", "$$(")} for name, text in given.items()],
                "volumeMounts": [{"name": "volume", "mountPath": ROOT, "readOnly": not writable}],
                "securityContext": {
                    "runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": False, "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True, "seccompProfile": {"type": "RuntimeDefault"},
                    "capabilities": {"drop": ["ALL"], "add": _WRITING if writable else _READING},
                },
            }],
        },
    }  # fmt: skip


def _name(claim: str) -> str:
    """A pod's name for a claim's. Its first 63 characters are its host name, so that long ones are cut and hashed."""
    name = f"hubfleet-{claim}"
    if len(name) <= _NAME_LIMIT:
        return name
    return f"{name[:50].rstrip('-.')}-{hashlib.sha256(claim.encode()).hexdigest()[:8]}"
