"""A cluster of Google Kubernetes Engine, through google-cloud-container (gRPC)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubfleet.clouds import kubeconfig
from hubfleet.clouds.access import Access
from hubfleet.clouds.begin import begin
from hubfleet.clouds.endpoints import stand_in
from hubfleet.clouds.gcp import library, login, reading
from hubfleet.clouds.gcp.errors import errors
from hubfleet.clouds.interface import Identity, Leftover, Missing, Operation, Versions
from hubfleet.errors import HubfleetError, WrongUsage

if TYPE_CHECKING:
    from hubfleet.fleet import Cluster

ENDPOINT = "HUBFLEET_GKE_ENDPOINT"
_SECONDS = 30.0  # of one call


class Gke:
    """The `Cloud` of a cluster with `provider: gcp`."""

    def __init__(self, cluster: Cluster) -> None:
        """Nothing is contacted yet."""
        self.cluster = cluster
        self.project = str(cluster.place["project"])
        self.location = str(cluster.place["location"])
        self.name = str(cluster.place["cluster"])
        self._parent = f"projects/{self.project}/locations/{self.location}"
        self._path = f"{self._parent}/clusters/{self.name}"

    def identity(self) -> Identity:
        """See `Cloud`."""
        return login.identity()

    def check(self) -> Identity:
        """See `Cloud`. Google's credentials belong to no project: whether they may use ours is asked of GKE."""
        identity = self.identity()
        self._read("use the project", self._client.get_server_config, {"name": self._parent})
        return Identity(identity.principal, self.project)

    def access(self) -> Access:
        """See `Cloud`."""
        endpoint = reading.endpoint(self._cluster())
        return kubeconfig.access(self.cluster.name, endpoint, "gcp", {"project": self.project}, login.environment())

    def versions(self) -> Versions:
        """See `Cloud`."""
        found = self._cluster()
        config = self._read("read the versions", self._client.get_server_config, {"name": self._parent})
        channel = found.release_channel.channel
        return Versions(
            found.current_master_version,
            tuple(reading.pool(each) for each in found.node_pools),
            reading.available(config, found),
            self._end_of_support(),
            channel.name.lower() if channel else "",
        )

    def upgrade_control_plane(self, version: str) -> Operation:
        """See `Cloud`."""
        request = {"name": self._path, "update": {"desired_master_version": version}}
        return self._begin("upgrade control plane", self.name, self._client.update_cluster, request)

    def upgrade_pool(self, pool: str, version: str) -> Operation:
        """See `Cloud`."""
        found = self._pool(pool)
        request = {
            "name": f"{self._path}/nodePools/{pool}", "node_version": version, "image_type": found.config.image_type,
        }  # fmt: skip
        return self._begin("upgrade pool", pool, self._client.update_node_pool, request)

    def resize_pool(self, pool: str, *, smallest: int, largest: int) -> Operation:
        """See `Cloud`. A pool whose bounds GKE counts by zone takes multiples of its zones.

        Raises:
            WrongUsage: no such bounds.
        """
        found = self._pool(pool)
        zones = max(len(found.locations), 1)
        if not 0 <= smallest <= largest:
            raise WrongUsage(f"{smallest} to {largest} are no bounds", where=f"node pool {pool}")
        scaling: dict[str, Any] = {"enabled": True, "location_policy": found.autoscaling.location_policy}
        if found.autoscaling.total_max_node_count:
            scaling |= {"total_min_node_count": smallest, "total_max_node_count": largest}
        elif smallest % zones or largest % zones:
            raise WrongUsage(
                f"the pool {pool} counts its machines by zone, in {zones} zones",
                where=self._path,
                next_step=f"take multiples of {zones}",
            )
        else:
            scaling |= {"min_node_count": smallest // zones, "max_node_count": largest // zones}
        request = {"name": f"{self._path}/nodePools/{pool}", "autoscaling": scaling}
        return self._begin("resize pool", pool, self._client.set_node_pool_autoscaling, request)

    def operation(self, identity: str) -> Operation:
        """See `Cloud`."""
        request = {"name": f"{self._parent}/operations/{identity}"}
        with errors(f"read operation {identity}", self._path):
            return reading.operation(self._client.get_operation(request, retry=None, timeout=_SECONDS))

    def running_operations(self) -> tuple[Operation, ...]:
        """See `Cloud`."""
        found = self._read("list the operations", self._client.list_operations, {"parent": self._parent})
        ours = (each for each in found.operations if _is_of(each.target_link, self.name))
        return tuple(each for each in map(reading.operation, ours) if each.state == "running")

    def leftovers(self) -> tuple[Leftover, ...]:
        """See `Cloud`."""
        from hubfleet.clouds.gcp import leftovers

        return leftovers.find(self.cluster.name, self.project, self.location, self.name)

    @cached_property
    def _client(self) -> Any:
        """Made after a look at the login: gRPC would tell an expired one as a network's trouble, and try again."""
        found = login.credentials()
        library.load()
        from google.cloud import container_v1

        if not (address := stand_in(ENDPOINT)):
            return container_v1.ClusterManagerClient(credentials=found)
        import grpc
        from google.cloud.container_v1.services.cluster_manager.transports import ClusterManagerGrpcTransport

        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        return container_v1.ClusterManagerClient(transport=ClusterManagerGrpcTransport(channel=channel))

    def _cluster(self) -> Any:
        try:
            return self._read("read the cluster", self._client.get_cluster, {"name": self._path})
        except Missing as trouble:
            raise Missing(
                f"there is no cluster {self.name} in {self.project}, {self.location}",
                where=str(self.cluster.at),
                evidence=trouble.evidence,
                next_step=f"gcloud container clusters list --project {self.project}",
            ) from trouble

    def _pool(self, name: str) -> Any:
        known = {each.name: each for each in self._cluster().node_pools}
        if name not in known:
            raise Missing(f"there is no node pool {name}", where=self._path, evidence=f"known: {', '.join(known)}")
        return known[name]

    def _end_of_support(self) -> date | None:
        try:
            request = {"name": self._path}
            found = self._read("read the end of support", self._client.fetch_cluster_upgrade_info, request)
        except HubfleetError:
            return None  # a date that is not told is no reason to tell nothing
        return reading.day(found.end_of_standard_support_timestamp)

    def _read(self, doing: str, method: Callable[..., Any], request: dict[str, Any]) -> Any:
        from google.api_core import exceptions as api
        from google.api_core.retry import Retry, if_exception_type

        again = if_exception_type(api.ServiceUnavailable, api.TooManyRequests, api.DeadlineExceeded)
        with errors(doing, self._path):
            retry = Retry(predicate=again, initial=0.5, maximum=8.0, timeout=_SECONDS)
            return method(request, retry=retry, timeout=_SECONDS)

    def _begin(self, kind: str, target: str, method: Callable[..., Any], request: dict[str, Any]) -> Operation:
        def call() -> Operation:
            with errors(f"{kind} {target}", self._path):
                return reading.operation(method(request, retry=None, timeout=_SECONDS))

        return begin(self, kind, target, call)


def _is_of(target_link: str, cluster: str) -> bool:
    """Whether an operation works on this cluster or one of its pools."""
    _, _, rest = target_link.partition("/clusters/")
    return rest.partition("/")[0] == cluster
