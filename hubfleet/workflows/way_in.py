"""How people get into a hub: where its address leads, and where the password is. No password is read here.

Facts: JupyterHub's shared-password authenticator asks administrators for a password of their own
(jupyterhub/authenticators/shared.py); helm/basehub makes both at random, in one Secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster, Fleet, Hub, address, support
from hubfleet.fleet.resolve import read_values
from hubfleet.fleet.secretfile import placeholders
from hubfleet.tools import releases
from hubfleet.tools.kubernetes import Kube

PASSWORD_SECRET = "shared-password"  # noqa: S105  the name of the Secret that basehub makes
_SUPPORT = (support.NAME, support.NAME)


def of_files(fleet: Fleet, cluster: Cluster, hub: Hub) -> tuple[str, ...]:
    """What a new hub needs besides its own deploy, so that people get in: lines for a person. Nothing is contacted."""
    found, _ = read_values(fleet, cluster, hub, secrets=placeholders, images=lambda name: name)
    values = found.values  # as far as they can be made: its disk may come later
    lines = []
    if _through_local_ingress(cluster, values):
        lines.append(
            f"its address {address.url(cluster, hub, values)} leads there after ./inv deploy-support {cluster.name}"
        )
    return (*lines, *passwords(cluster, hub, values))


def after_deploy(cluster: Cluster, hub: Hub, values: Mapping[str, Any], kube: Kube) -> tuple[str, ...]:
    """What keeps people out of a hub that serves, and where its password is: lines for a person.

    Never raises: the hub was deployed, whatever can be said about its way in.
    """
    closed = _through_local_ingress(cluster, values) and not _has_support(kube)
    lines = (f"not reachable before ./inv deploy-support {cluster.name}",) if closed else ()
    return (*lines, *passwords(cluster, hub, values))


def passwords(cluster: Cluster, hub: Hub, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The commands that show the shared passwords; none where users log in otherwise."""
    config = values.get("jupyterhub", {}).get("hub", {}).get("config", {})
    if (config.get("JupyterHub") or {}).get("authenticator_class") != PASSWORD_SECRET:
        return ()
    show = f"kubectl -n {hub.namespace} get secret {PASSWORD_SECRET} -o go-template='{{{{index .data"
    return (
        f"the password is in the cluster: ./inv cluster-shell {cluster.name}, and there",
        f'    {show} "password" | base64decode}}}}\'',
        f'    {show} "admin-password" | base64decode}}}}\'    administrators have this one',
    )


def _has_support(kube: Kube) -> bool:
    """Whether the cluster has its support; taken for true where it does not say."""
    try:
        return _SUPPORT in releases.releases(kube)
    except HubfleetError:
        return True


def _through_local_ingress(cluster: Cluster, values: Mapping[str, Any]) -> bool:
    return cluster.provider == "local" and not address.own_port(values)
