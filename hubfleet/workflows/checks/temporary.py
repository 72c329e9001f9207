"""The temporary user of a full check, and how nothing of it is left behind.

Whatever is deleted here must prove that it belongs to such a user: by its full name, which no person has, and for
volumes by what KubeSpawner wrote on the claim. Anything in doubt stays.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.tools.jupyterhub import HubApi
from hubfleet.tools.kubernetes import Conflict, Forbidden, Kube, NotFound
from hubfleet.workflows.checks.deadline import Deadline

PREFIX = "hubfleet-check-"
OLD = timedelta(hours=1)
_NAME = re.compile(r"hubfleet-check-[0-9a-f]{8}")
_ANNOTATION = "hub.jupyter.org/username"  # KubeSpawner, kubespawner/spawner.py: _build_common_annotations
_STORAGE, _SERVER = "singleuser-storage", "singleuser-server"
_POLL_SECONDS = 0.2


def new_name() -> str:
    """A name that nobody has."""
    return f"{PREFIX}{secrets.token_hex(4)}"


def is_temporary(name: str) -> bool:
    """Whether a user of this name can only have been made by a check."""
    return _NAME.fullmatch(name) is not None


def label_selector(component: str, name: str) -> str:
    """Chooses what KubeSpawner made for this user, with either of its ways to write a name as a label."""
    return f"component={component},hub.jupyter.org/username in ({name},{name.replace('-', '-2d')})"


def owner(thing: dict[str, Any], component: str) -> str:
    """The temporary user whom an object belongs to; empty where it is not certain."""
    about = thing.get("metadata", {})
    name = str((about.get("annotations") or {}).get(_ANNOTATION, ""))
    made_by_spawner = (about.get("labels") or {}).get("component") == component
    named_after = name in about.get("name", "") or name.replace("-", "-2d") in about.get("name", "")
    return name if made_by_spawner and named_after and is_temporary(name) else ""


@dataclass(frozen=True)
class Cleaner:
    """Removes temporary users from one hub.

    Args:
        kube: the cluster's API.
        namespace: the hub's.
        say: gets a line for what could not be removed.
    """

    kube: Kube
    namespace: str
    say: Callable[[str], None]

    def remove(self, api: HubApi, name: str, deadline: Deadline) -> None:
        """Stop the server, delete the user, then its pod and home volume if there are any left.

        Each is tried although one before it failed.

        Raises:
            HubfleetError: the first failure, after all were tried.
        """
        if not is_temporary(name):
            raise HubfleetError(f"{name} was not made by a check, and is left alone")
        failures: list[HubfleetError] = []
        attempts: tuple[Callable[[], None], ...] = (
            lambda: api.stop_server(name, timeout=max(1.0, deadline.left / 2)),
            lambda: api.delete_user(name),
            lambda: self.remove_objects(name, deadline),
        )
        for attempt in attempts:
            try:
                attempt()
            except HubfleetError as trouble:
                failures.append(trouble)
        if failures:
            raise failures[0]

    def remove_objects(self, name: str, deadline: Deadline) -> None:
        """Delete the pods and volume claims of a temporary user, and wait until they have gone."""
        for kind, component in (("pods", _SERVER), ("persistentvolumeclaims", _STORAGE)):
            for thing in self._of(kind, label_selector(component, name)):
                if owner(thing, component) == name:
                    self._delete(kind, thing)
        while deadline.left:
            rest = self._of("pods", label_selector(_SERVER, name))
            if not rest + self._of("persistentvolumeclaims", label_selector(_STORAGE, name)):
                return
            time.sleep(_POLL_SECONDS)
        raise HubfleetError(
            f"the pod or home volume of {name} has not gone yet",
            where=f"namespace {self.namespace}",
            next_step="the next check looks again",
        )

    def sweep(self, api: HubApi, deadline: Deadline, abandoned: Collection[str] = ()) -> int:
        """Remove what checks left behind that were killed: those in `abandoned`, and all that are an hour old.

        An hour, because a check on another machine may still be going on; none takes that long.

        Returns:
            How many temporary users were removed.
        """
        users, now = api.users(PREFIX)
        old = {user.name for user in users if is_temporary(user.name) and now - user.created > OLD}
        old |= set(self._old_owners()) | {name for name in abandoned if is_temporary(name)}
        for name in sorted(old):
            self.remove(api, name, deadline)
        return len(old)

    def _old_owners(self) -> Iterator[str]:
        path = f"/api/v1/namespaces/{self.namespace}/persistentvolumeclaims"
        with self.kube.errors("look for volumes of earlier checks"):
            answer = self.kube.http.get(path, params={"labelSelector": f"component={_STORAGE}"}, headers=_METADATA_ONLY)
            self.kube.raise_for(answer)
        now = parsedate_to_datetime(answer.headers["date"])
        for claim in answer.json()["items"] or ():
            made = datetime.fromisoformat(claim["metadata"]["creationTimestamp"])
            if owner(claim, _STORAGE) and now - made > OLD:
                yield owner(claim, _STORAGE)

    def _of(self, kind: str, selector: str) -> list[dict[str, Any]]:
        path = f"/api/v1/namespaces/{self.namespace}/{kind}"
        return list(self.kube.get_json(path, f"list {kind} of a check", labelSelector=selector)["items"] or ())

    def _delete(self, kind: str, thing: dict[str, Any]) -> None:
        about = thing["metadata"]
        if kind == "persistentvolumeclaims":
            self._let_volume_go(thing)
        path = f"/api/v1/namespaces/{self.namespace}/{kind}/{about['name']}"
        options = {"preconditions": {"uid": about["uid"]}}
        try:
            with self.kube.errors(f"delete {kind} {about['name']}"):
                self.kube.raise_for(self.kube.http.request("DELETE", path, json=options))
        except (NotFound, Conflict):
            return

    def _let_volume_go(self, claim: dict[str, Any]) -> None:
        """Where volumes are kept after their claims (Retain), this one need not be: only the check wrote to it."""
        volume = claim["spec"].get("volumeName")
        if not volume:
            return
        path = f"/api/v1/persistentvolumes/{volume}"
        try:
            found = self.kube.get_json(path, "look at a check's volume")
            bound_to = found["spec"].get("claimRef", {}).get("uid")
            if bound_to != claim["metadata"]["uid"] or found["spec"]["persistentVolumeReclaimPolicy"] == "Delete":
                return
            change = {
                "metadata": {"resourceVersion": found["metadata"]["resourceVersion"]},
                "spec": {"persistentVolumeReclaimPolicy": "Delete"},
            }
            with self.kube.errors("let a check's volume go"):
                self.kube.raise_for(self.kube.http.patch(path, json=change, headers=_MERGE))
        except (Forbidden, NotFound, Conflict) as trouble:
            self.say(f"volume {volume} of the temporary user stays: {trouble.what}")


_METADATA_ONLY = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
_MERGE = {"Content-Type": "application/merge-patch+json"}
