"""A cluster of Amazon EKS, through boto3."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubfleet.clouds import kubeconfig
from hubfleet.clouds.access import Access
from hubfleet.clouds.aws import login, reading
from hubfleet.clouds.aws.errors import errors
from hubfleet.clouds.begin import begin
from hubfleet.clouds.interface import Identity, Leftover, Missing, Operation, Versions
from hubfleet.errors import HubfleetError, WrongUsage

if TYPE_CHECKING:
    from hubfleet.fleet import Cluster


class Eks:
    """The `Cloud` of a cluster with `provider: aws`."""

    def __init__(self, cluster: Cluster) -> None:
        """Nothing is contacted yet."""
        self.cluster = cluster
        self.account = str(cluster.place["account"])
        self.region = str(cluster.place["region"])
        self.name = str(cluster.place["cluster"])
        self._where = f"account {self.account}, {self.region}, cluster {self.name}"

    def identity(self) -> Identity:
        """See `Cloud`."""
        return login.identity(self._session, self.account)

    def check(self) -> Identity:
        """See `Cloud`. Asked once: these credentials stay in their account."""
        return self._checked

    def access(self) -> Access:
        """See `Cloud`. The account is compared: another one may have a cluster of the same name."""
        self.check()
        endpoint = reading.endpoint(self._cluster())
        place = {"account": self.account, "region": self.region, "cluster": self.name}
        extra = login.environment(login.chosen(self.account))
        return kubeconfig.access(self.cluster.name, endpoint, "aws", place, extra)

    def versions(self) -> Versions:
        """See `Cloud`. EKS has minor versions only; their patches come by themselves."""
        self.check()
        current = str(self._cluster()["version"])
        pools = tuple(reading.pool(each) for each in self._groups())
        known = self._known_versions()
        return Versions(current, pools, reading.available(current, known), reading.end_of_support(current, known))

    def upgrade_control_plane(self, version: str) -> Operation:
        """See `Cloud`. EKS takes the minor version: `1.34`."""
        return self._begin(
            "upgrade control plane", "", "update_cluster_version", name=self.name, version=reading.minor(version)
        )

    def upgrade_pool(self, pool: str, version: str) -> Operation:
        """See `Cloud`. Not forced: a disruption budget that does not give way fails the update, and EKS says so."""
        arguments = {"clusterName": self.name, "nodegroupName": pool, "version": reading.minor(version)}
        return self._begin("upgrade pool", pool, "update_nodegroup_version", **arguments)

    def resize_pool(self, pool: str, *, smallest: int, largest: int) -> Operation:
        """See `Cloud`. EKS has a wanted size too: it is kept, moved only as far as the bounds ask.

        Raises:
            WrongUsage: no such bounds.
        """
        if not 0 <= smallest <= largest or largest == 0:
            raise WrongUsage(f"{smallest} to {largest} are no bounds", where=f"node group {pool}")
        wanted = int(self._group(pool)["scalingConfig"]["desiredSize"])
        scaling = {"minSize": smallest, "maxSize": largest, "desiredSize": min(max(wanted, smallest), largest)}
        arguments = {"clusterName": self.name, "nodegroupName": pool, "scalingConfig": scaling}
        return self._begin("resize pool", pool, "update_nodegroup_config", **arguments)

    def operation(self, identity: str) -> Operation:
        """See `Cloud`. An update's id is unique in its cluster or node group: ours is `GROUP/ID` or `ID`."""
        pool, _, update = identity.rpartition("/")
        arguments = {"name": self.name, "updateId": update} | ({"nodegroupName": pool} if pool else {})
        with self._errors(f"read operation {identity}"):
            return reading.operation(self._eks.describe_update(**arguments)["update"], self.name, pool)

    def running_operations(self) -> tuple[Operation, ...]:
        """See `Cloud`."""
        with self._errors("list the operations"):
            groups = self._eks.list_nodegroups(clusterName=self.name)["nodegroups"]
            listed = [("", self._updates())] + [(group, self._updates(nodegroupName=group)) for group in groups]
        found = (self.operation(f"{group}/{each}" if group else each) for group, ids in listed for each in ids)
        return tuple(each for each in found if each.state == "running")

    def leftovers(self) -> tuple[Leftover, ...]:
        """See `Cloud`."""
        from hubfleet.clouds.aws import leftovers

        self.check()
        with self._errors("look for leftovers"):
            return leftovers.find(self._session, self.cluster.name, self.region, self.name)

    @cached_property
    def _checked(self) -> Identity:
        return login.check(self._session, self.account)

    @cached_property
    def _session(self) -> Any:
        return login.session(self.account, self.region)

    @cached_property
    def _eks(self) -> Any:
        return self._session.client("eks", config=login.config())

    def _errors(self, doing: str) -> Any:
        return errors(doing, self._where, login=lambda: login.command(self.account))

    def _cluster(self) -> dict[str, Any]:
        try:
            with self._errors("read the cluster"):
                found: dict[str, Any] = self._eks.describe_cluster(name=self.name)["cluster"]
                return found
        except Missing as trouble:
            raise Missing(
                f"there is no cluster {self.name} in account {self.account}, {self.region}",
                where=str(self.cluster.at),
                evidence=trouble.evidence,
                next_step=f"aws eks list-clusters --region {self.region}",
            ) from trouble

    def _groups(self) -> list[dict[str, Any]]:
        with self._errors("read the node groups"):
            pages = self._eks.get_paginator("list_nodegroups").paginate(clusterName=self.name)
            names = [name for page in pages for name in page["nodegroups"]]
        return [self._group(name) for name in names]

    def _group(self, name: str) -> dict[str, Any]:
        with self._errors(f"read the node group {name}"):
            found: dict[str, Any] = self._eks.describe_nodegroup(clusterName=self.name, nodegroupName=name)["nodegroup"]
            return found

    def _known_versions(self) -> list[tuple[str, date | None]]:
        """The versions of EKS and the last days of their standard support; none where we may not ask."""
        try:
            with self._errors("read the versions"):
                pages = self._eks.get_paginator("describe_cluster_versions").paginate(includeAll=True)
                return [reading.version(each) for page in pages for each in page["clusterVersions"]]
        except HubfleetError:
            return []

    def _updates(self, **arguments: str) -> list[str]:
        pages = self._eks.get_paginator("list_updates").paginate(name=self.name, **arguments)
        return [each for page in pages for each in page["updateIds"]]

    def _begin(self, kind: str, pool: str, method: str, **arguments: Any) -> Operation:
        self.check()

        def call() -> Operation:
            with self._errors(f"{kind} {pool or self.name}"):
                return reading.operation(getattr(self._eks, method)(**arguments)["update"], self.name, pool)

        return begin(self, kind, pool or self.name, call)
