"""The values of a cluster's support, and which of its parts the cluster turns on.

    generated < support.values.yaml < support.secret.values.yaml

Below them are the defaults of helm/support and of the charts that it is made of, which helm itself puts there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.errors import InvalidConfiguration, WrongUsage
from hubfleet.fleet.generated import INGRESS_CLASS
from hubfleet.fleet.made import Made
from hubfleet.fleet.resolve import Collected, Resolved, SecretReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubfleet.fleet.generated import ImageReference
    from hubfleet.fleet.layers import Layer
    from hubfleet.fleet.model import Cluster, Fleet
    from hubfleet.validation.finding import Finding

NAME = "support"
VALUES, SECRETS = "support.values.yaml", "support.secret.values.yaml"
DEFAULT_PORT = 30000


def has_support(cluster: Cluster) -> bool:
    """Whether the cluster's folder says anything about its support."""
    return (cluster.folder / VALUES).is_file()


def ingress_port(cluster: Cluster) -> int:
    """The port of this machine where the local cluster's ingress answers."""
    return int(cluster.place.get("ingress_port", DEFAULT_PORT))


def turned_on(cluster: Cluster, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The charts that the cluster's support is made of, by name, sorted."""
    return tuple(name for name in sorted(cluster.support) if _enabled(values.get(name)))


def support_values(
    fleet: Fleet, cluster: Cluster, *, secrets: SecretReader, images: ImageReference | None = None
) -> Resolved:
    """The values of a cluster's support.

    Raises:
        WrongUsage: the cluster's folder says nothing about it.
        InvalidConfiguration: with every mistake in its files.
    """
    if not has_support(cluster):
        raise WrongUsage(
            f"the cluster {cluster.name} declares no support",
            where=f"clusters/{cluster.name}/{VALUES} is not there",
            next_step="write it as docs/support.md shows",
        )
    resolved, errors = read_support(fleet, cluster, secrets=secrets, images=images)
    if errors:
        raise InvalidConfiguration(f"the values of {cluster.name}/{NAME} are not valid", findings=errors)
    return resolved


def read_support(
    fleet: Fleet, cluster: Cluster, *, secrets: SecretReader, images: ImageReference | None = None
) -> tuple[Resolved, list[Finding]]:
    """The values of a cluster's support as far as they can be made, and every mistake in its files.

    Args:
        fleet: the fleet.
        cluster: whose support.
        secrets: reads the secret file, as for hubs.
        images: full reference of one of our images by name, for the local cluster's ingress; None: left out.
    """
    collected = Collected(fleet.root)
    collected.take(lambda: _generated(cluster, images))
    collected.file(cluster.folder / VALUES, "common", cluster.at)
    if (cluster.folder / SECRETS).is_file():
        collected.secret(cluster.folder / SECRETS, secrets, cluster.at)
    resolved = Resolved(tuple(collected.layers), tuple(collected.encrypted), tuple(collected.warnings))
    return resolved, sorted(set(collected.errors))


def _generated(cluster: Cluster, images: ImageReference | None) -> Layer:
    made = Made(cluster.at)
    if cluster.provider == "local":
        made.put("local.ingress.port", ingress_port(cluster), cluster.at)
        made.put("local.ingress.className", INGRESS_CLASS, cluster.at)
        for key, name in {"proxyImage": "proxy", "controllerImage": "hub"}.items():
            if images is not None:
                made.put(f"local.ingress.{key}", images(name), cluster.at)
    return made.layer("generated")


def _enabled(values: Any) -> bool:
    return isinstance(values, dict) and values.get("enabled") is True
