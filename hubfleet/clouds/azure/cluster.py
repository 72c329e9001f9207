"""A cluster of Azure Kubernetes Service, through azure-mgmt-containerservice."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubfleet.clouds import kubeconfig, numbers
from hubfleet.clouds.access import Access
from hubfleet.clouds.azure import login, reading
from hubfleet.clouds.azure.errors import errors
from hubfleet.clouds.begin import begin
from hubfleet.clouds.interface import Identity, Leftover, Missing, Operation, Versions
from hubfleet.errors import HubfleetError, Refused, WrongUsage

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from hubfleet.fleet import Cluster

_ARM = "https://management.azure.com"


class Aks:
    """The `Cloud` of a cluster with `provider: azure`."""

    def __init__(self, cluster: Cluster, credential: TokenCredential | None = None, client: Any = None) -> None:
        """Nothing is contacted yet.

        Args:
            cluster: which.
            credential: whose; default: azure-identity's chain.
            client: a ContainerServiceClient; default: one for the public cloud.
        """
        self.cluster = cluster
        self.subscription = str(cluster.place["subscription"])
        self.group = str(cluster.place["resource_group"])
        self.name = str(cluster.place["cluster"])
        self._given = credential
        self._client = client
        self._where = f"subscription {self.subscription}, {self.group}, cluster {self.name}"

    def identity(self) -> Identity:
        """See `Cloud`."""
        return login.identity(self._credential, self.subscription)

    def check(self) -> Identity:
        """See `Cloud`. A login may reach several subscriptions: whether it reaches ours is asked of Azure."""
        return self._checked

    def access(self) -> Access:
        """See `Cloud`.

        Raises:
            Refused: the cluster has no Entra ID: its only logins are certificates that never end.
        """
        self.check()
        found = self._cluster()
        if not found.aad_profile:
            raise Refused(
                "the cluster does not take Entra ID logins, only certificates that never end",
                where=self._where,
                next_step=f"az aks update --enable-aad -g {self.group} -n {self.name}",
            )
        with self._errors("read where the API is"):
            given = self._aks.managed_clusters.list_cluster_user_credentials(self.group, self.name, format="exec")
        endpoint = reading.endpoint(bytes((given.kubeconfigs or [])[0].value or b""))
        place = {"subscription": self.subscription}
        return kubeconfig.access(self.cluster.name, endpoint, "azure", place, login.environment())

    def versions(self) -> Versions:
        """See `Cloud`."""
        self.check()
        found = self._cluster()
        current = str(found.current_kubernetes_version or found.kubernetes_version)
        with self._errors("read the versions"):
            profile = self._aks.managed_clusters.get_upgrade_profile(self.group, self.name)
        channel = found.auto_upgrade_profile.upgrade_channel if found.auto_upgrade_profile else None
        return Versions(
            current,
            tuple(reading.pool(each) for each in self._pools()),
            reading.available(current, profile),
            reading.END_OF_SUPPORT.get(numbers.minor(current)),
            str(channel) if channel and channel != "none" else "",
        )

    def upgrade_control_plane(self, version: str) -> Operation:
        """See `Cloud`. The pools' versions are sent back as they are, so that only the control plane moves."""
        found = self._cluster()
        found.kubernetes_version = version
        return self._begin("upgrade control plane", self.name, version, found)

    def upgrade_pool(self, pool: str, version: str) -> Operation:
        """See `Cloud`."""
        found = self._pool(pool)
        found.orchestrator_version = version
        return self._begin("upgrade pool", pool, version, found)

    def resize_pool(self, pool: str, *, smallest: int, largest: int) -> Operation:
        """See `Cloud`.

        Raises:
            WrongUsage: no such bounds.
        """
        if not 0 <= smallest <= largest:
            raise WrongUsage(f"{smallest} to {largest} are no bounds", where=f"node pool {pool}")
        found = self._pool(pool)
        found.enable_auto_scaling, found.min_count, found.max_count = True, smallest, largest
        found.count = min(max(found.count or 0, smallest), largest)
        return self._begin("resize pool", pool, reading.bounds(smallest, largest), found)

    def operation(self, identity: str) -> Operation:
        """See `Cloud`."""
        kind, target, _ = reading.parsed(identity)
        if kind == "upgrade control plane":
            found = self._cluster()
            return reading.operation(identity, str(found.provisioning_state), str(found.kubernetes_version))
        one = self._pool(target)
        now = reading.bounds(one.min_count, one.max_count) if kind == "resize pool" else str(one.orchestrator_version)
        return reading.operation(identity, str(one.provisioning_state), now)

    def running_operations(self) -> tuple[Operation, ...]:
        """See `Cloud`."""
        return tuple(reading.under_way(self._cluster(), self._pools()))

    def leftovers(self) -> tuple[Leftover, ...]:
        """See `Cloud`."""
        from hubfleet.clouds.azure import leftovers

        self.check()
        return leftovers.read(self.cluster.name, self.get(leftovers.path(self.subscription, self.cluster.name)))

    def get(self, path: str) -> Any:
        """GET a path of the resource manager, for what the AKS library has no method for.

        Returns:
            The items of all pages, or the object.
        """
        from azure.core.rest import HttpRequest

        items: list[Any] = []
        with self._errors(f"read {path.partition('?')[0]}"):
            while True:
                response = self._aks.send_request(HttpRequest("GET", path))
                response.raise_for_status()
                found = response.json()
                if "value" not in found:
                    return found
                items += found["value"]
                if not (path := str(found.get("nextLink") or "")):
                    return items

    @cached_property
    def _credential(self) -> TokenCredential:
        return self._given or login.credential()

    @cached_property
    def _checked(self) -> Identity:
        identity = self.identity()
        try:
            self.get(f"/subscriptions/{self.subscription}?api-version=2022-12-01")
        except (Missing, Refused) as trouble:
            raise Refused(
                f"these credentials do not reach the subscription {self.subscription}",
                where=identity.principal,
                evidence=trouble.evidence,
                next_step=login.command(self.subscription),
            ) from trouble
        return Identity(identity.principal, self.subscription)

    @cached_property
    def _aks(self) -> Any:
        from azure.mgmt.containerservice import ContainerServiceClient

        return self._client or ContainerServiceClient(
            self._credential, self.subscription, _ARM, connection_timeout=10, read_timeout=30, retry_total=4
        )

    def _errors(self, doing: str) -> Any:
        return errors(doing, self._where, login.command(self.subscription))

    def _cluster(self) -> Any:
        with self._errors("read the cluster"):
            return self._aks.managed_clusters.get(self.group, self.name)

    def _pools(self) -> list[Any]:
        with self._errors("read the node pools"):
            return list(self._aks.agent_pools.list(self.group, self.name))

    def _pool(self, name: str) -> Any:
        with self._errors(f"read the node pool {name}"):
            return self._aks.agent_pools.get(self.group, self.name, name)

    def _begin(self, kind: str, target: str, wanted: str, body: Any) -> Operation:
        """Send it; refused where somebody changed the same since it was read (its etag is sent along)."""
        from azure.core import MatchConditions

        self.check()
        same = {"etag": body.e_tag, "match_condition": MatchConditions.IfNotModified} if body.e_tag else {}
        if kind == "upgrade control plane":
            method, names = self._aks.managed_clusters.begin_create_or_update, [self.group, self.name]
        else:
            method, names = self._aks.agent_pools.begin_create_or_update, [self.group, self.name, target]

        def call() -> Operation:
            with self._errors(f"{kind} {target}"):
                method(*names, body, polling=False, **same)
            return self.operation(reading.identity(kind, target, wanted))

        try:
            return begin(self, kind, target, call)
        except HubfleetError as trouble:
            if "PreconditionFailed" not in trouble.evidence:
                raise
            raise Refused(
                f"somebody else changed {target} at the same moment", where=self._where, next_step="run it again"
            ) from trouble
