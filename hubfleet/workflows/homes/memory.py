"""Earlier readings of a hub's homes, kept with the hub.

They are in a ConfigMap of the hub's namespace: whoever looks, from whichever machine, sees the same growth, nothing of
it is in the repository, and it goes when the hub goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.workflows.homes.readings import Memory, remembered, text_of

NAME = "hubfleet-homes"
_KEY = "readings"


def recall(kube: Kube, namespace: str) -> dict[str, Memory]:
    """What is remembered of a hub's homes."""
    try:
        found = kube.get_json(f"/api/v1/namespaces/{namespace}/configmaps/{NAME}", "read earlier readings of homes")
    except NotFound:
        return {}
    return remembered((found.get("data") or {}).get(_KEY, ""))


def keep(kube: Kube, namespace: str, memory: Mapping[str, Memory]) -> None:
    """Remember this instead of what was remembered before.

    Raises:
        Forbidden, HubfleetError: the cluster does not let us.
    """
    about = {"name": NAME, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "hubfleet"}}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {_KEY: text_of(memory)}}
    path = f"/api/v1/namespaces/{namespace}/configmaps/{NAME}"
    # Server-side apply makes it or changes it, in one call.
    with kube.errors("keep readings of homes"):
        kube.raise_for(
            kube.http.patch(
                path,
                params={"fieldManager": "hubfleet", "force": "true"},
                content=json.dumps(body),
                headers={"Content-Type": "application/apply-patch+yaml"},
            )
        )
