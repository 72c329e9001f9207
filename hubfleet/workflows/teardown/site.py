"""The hub that is taken down, with all that is needed for it. No chart: what goes away need not be had again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hubfleet import clouds
from hubfleet.archive.seal import Seal
from hubfleet.clouds import Access
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster, Fleet, Hub, Location, load_fleet
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.toolchain import tool
from hubfleet.tools import age
from hubfleet.tools.helm import Helm
from hubfleet.tools.kubernetes import Kube


@dataclass(frozen=True)
class Site:
    """One hub in its cluster.

    Args:
        root: the repository.
    """

    root: Path
    fleet: Fleet
    cluster: Cluster
    hub: Hub
    access: Access

    @property
    def subject(self) -> str:
        """What people call it: `cluster/hub`."""
        return f"{self.cluster.name}/{self.hub.name}"

    @property
    def kube(self) -> Kube:
        """The cluster's API."""
        return self.access.kube

    @cached_property
    def helm(self) -> Helm:
        """helm, for this cluster only."""
        return Helm(tool("helm", self.root), self.access)

    @cached_property
    def kubectl(self) -> Path:
        """kubectl in the wanted version."""
        return tool("kubectl", self.root)

    @property
    def state_at(self) -> Location:
        """Where the hub's state is written, or the hub itself where its file does not say."""
        document = self.fleet.documents.get(self.hub.at.file)
        if document is None:
            return self.hub.at
        for index, each in enumerate(document.data["hubs"]):
            if each["name"] == self.hub.name and "state" in each:
                return Location(self.hub.at.file, document.line_of(("hubs", index, "state")))
        return self.hub.at

    @cached_property
    def values(self) -> dict[str, Any]:
        """The hub's values without those of secret files; empty where the files are wrong: they are for information."""
        try:
            return resolve(
                self.fleet, self.cluster, self.hub, secrets=placeholders, images=lambda name: name
            ).plain_values
        except HubfleetError:
            return {}


def site_of(root: Path, cluster_name: str, hub_name: str) -> Site:
    """The hub of that name. Nothing is contacted.

    Raises:
        WrongUsage: no such cluster or hub. InvalidConfiguration: its files are wrong.
        HubfleetError: there is no way to its cluster.
    """
    fleet = load_fleet(root)
    cluster = fleet.cluster(cluster_name)
    return Site(root, fleet, cluster, cluster.hub(hub_name), clouds.access(cluster))


def seal_for(root: Path, recipients: tuple[str, ...], identity: Path | None = None) -> Seal:
    """Encryption for these; age is looked for only where it is needed.

    Args:
        root: the repository.
        recipients: public keys; none: nothing is encrypted.
        identity: the file with a private key; default: this machine's.
    """
    return Seal(recipients, tool("age", root) if recipients else None, identity or age.key_file())
