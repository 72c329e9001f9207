"""GKE's ClusterManager on loopback: the far end of the real google-cloud-container client, over real gRPC.

Modelled: one project and location; reading a cluster, versions by channel, the end of support; upgrading the control
plane and pools, bounds of a pool's autoscaling; operations that take a number of looks, fail, or get lost (with or
without their effect); one operation at a time on a cluster; answers of UNAVAILABLE, RESOURCE_EXHAUSTED (with
RetryInfo) and anything else, before the work or after it.
Not modelled: TLS and tokens (a refusal is one of the answers that a test sets), etags, quotas, maintenance windows,
surge, zones that differ, GKE's own refusals of version skew, other fields than the ones that hubfleet reads, time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud import container_v1 as gke
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

SERVICE = "google.container.v1.ClusterManager"
PARENT = "projects/example-hubs/locations/us-west1"
AUTHORITY = "LS0tLS1CRUdJTg=="


@dataclass
class Fault:
    """An answer instead of the right one, given once. `late`: after the work was done, as if the answer got lost."""

    method: str
    code: grpc.StatusCode
    words: str = "injected"
    retry_after: int | None = None
    late: bool = False


@dataclass
class _Work:
    """An operation: what it will do, and after how many looks."""

    message: gke.Operation
    effect: Callable[[], None]
    looks: int
    error: str = ""


@dataclass
class FakeGke:
    """The state, to be set up and looked at by tests."""

    endpoint: str = "192.0.2.1"
    looks: int = 2
    fail_next: str = ""
    lose_next: str = ""
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    address: str = ""
    clusters: dict[str, gke.Cluster] = field(default_factory=dict)
    _works: dict[str, _Work] = field(default_factory=dict)
    _made: int = 0

    def add(self, name: str, version: str = "1.33.5-gke.100", pools: tuple[str, ...] = ("core", "user")) -> gke.Cluster:
        """A cluster whose pools have two zones, and bounds of 0 to 5 in each."""
        channel = gke.ReleaseChannel(channel=gke.ReleaseChannel.Channel.REGULAR)
        self.clusters[name] = gke.Cluster(
            name=name,
            current_master_version=version,
            endpoint=self.endpoint,
            release_channel=channel,
            master_auth=gke.MasterAuth(cluster_ca_certificate=AUTHORITY),
            node_pools=[_pool(each, version) for each in pools],
        )
        return self.clusters[name]

    def get_cluster(self, request: gke.GetClusterRequest) -> gke.Cluster:
        return self.clusters[self._known(request.name)]

    def get_server_config(self, request: gke.GetServerConfigRequest) -> gke.ServerConfig:
        if request.name != PARENT:
            raise _Refusal(grpc.StatusCode.PERMISSION_DENIED, f'permission "container.clusters.list" on {request.name}')
        versions = [
            "1.35.1-gke.50",
            "1.34.2-gke.300",
            "1.34.1-gke.200",
            "1.33.6-gke.10",
            "1.33.5-gke.100",
            "1.32.9-gke.1",
        ]
        channel = gke.ServerConfig.ReleaseChannelConfig(
            channel=gke.ReleaseChannel.Channel.REGULAR, default_version=versions[3], valid_versions=versions[1:]
        )
        return gke.ServerConfig(valid_master_versions=versions, channels=[channel])

    def fetch_cluster_upgrade_info(self, request: gke.FetchClusterUpgradeInfoRequest) -> gke.ClusterUpgradeInfo:
        self._known(request.name)
        return gke.ClusterUpgradeInfo(end_of_standard_support_timestamp="2027-02-27T00:00:00Z")

    def update_cluster(self, request: gke.UpdateClusterRequest) -> gke.Operation:
        cluster = self.clusters[self._known(request.name)]
        version = request.update.desired_master_version

        def effect() -> None:
            cluster.current_master_version = version

        return self._begin(gke.Operation.Type.UPGRADE_MASTER, f"{request.name}", effect)

    def update_node_pool(self, request: gke.UpdateNodePoolRequest) -> gke.Operation:
        pool = self._pool(request.name)

        def effect() -> None:
            pool.version = request.node_version

        return self._begin(gke.Operation.Type.UPGRADE_NODES, request.name, effect)

    def set_node_pool_autoscaling(self, request: gke.SetNodePoolAutoscalingRequest) -> gke.Operation:
        pool = self._pool(request.name)

        def effect() -> None:
            pool.autoscaling = request.autoscaling

        return self._begin(gke.Operation.Type.SET_NODE_POOL_SIZE, request.name, effect)

    def get_operation(self, request: gke.GetOperationRequest) -> gke.Operation:
        name = request.name.rpartition("/")[2]
        if name not in self._works:
            raise _Refusal(grpc.StatusCode.NOT_FOUND, f"Not found: {request.name}")
        return self._look(self._works[name])

    def list_operations(self, request: gke.ListOperationsRequest) -> gke.ListOperationsResponse:
        return gke.ListOperationsResponse(operations=[work.message for work in self._works.values()])

    def lose(self, identity: str) -> None:
        """Forget an operation, as if GKE had never heard of it."""
        del self._works[identity]

    def _look(self, work: _Work) -> gke.Operation:
        work.looks -= 1
        if work.looks <= 0 and work.message.status != gke.Operation.Status.DONE:
            work.message.status = gke.Operation.Status.DONE
            if work.error:
                work.message.error = {"code": 13, "message": work.error}
            else:
                work.effect()
        metric = gke.OperationProgress.Metric(name="NODES_LEFT", int_value=max(work.looks, 0))
        work.message.progress = gke.OperationProgress(metrics=[metric])
        return work.message

    def _begin(self, kind: Any, target: str, effect: Callable[[], None]) -> gke.Operation:
        cluster = target.split("/")[5]
        for work in self._works.values():
            running = work.message.status != gke.Operation.Status.DONE
            if running and work.message.target_link.split("/clusters/")[1].split("/")[0] == cluster:
                words = f"Cluster is running incompatible operation {work.message.name}."
                raise _Refusal(grpc.StatusCode.FAILED_PRECONDITION, words)
        self._made += 1
        name = f"operation-{self._made}"
        message = gke.Operation(
            name=name, operation_type=kind, status=gke.Operation.Status.RUNNING, start_time="2026-11-24T10:00:00.5Z",
            target_link=f"https://container.googleapis.com/v1/{target}",
        )  # fmt: skip
        self._works[name] = _Work(message, effect, self.looks, self.fail_next)
        self.fail_next = ""
        if self.lose_next:
            if self.lose_next == "with its effect":
                effect()
            del self._works[name]
            self.lose_next = ""
        return message

    def _known(self, path: str) -> str:
        name = path.rpartition("/")[2]
        if name not in self.clusters or not path.startswith(PARENT):
            raise _Refusal(grpc.StatusCode.NOT_FOUND, f"Not found: {path}.")
        return name

    def _pool(self, path: str) -> gke.NodePool:
        cluster = self.clusters[self._known(path.partition("/nodePools/")[0])]
        return next(each for each in cluster.node_pools if each.name == path.rpartition("/")[2])

    def take_fault(self, method: str) -> Fault | None:
        """The next fault for this method, if one was set."""
        for fault in self.faults:
            if fault.method == method:
                self.faults.remove(fault)
                return fault
        return None


class _Refusal(Exception):
    def __init__(self, code: grpc.StatusCode, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@contextmanager
def served(fake: FakeGke) -> Iterator[FakeGke]:
    """Serve it on a free port; `fake.address` says where."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, _methods(fake)),))
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield fake
    finally:
        server.stop(grace=None).wait()


def _methods(fake: FakeGke) -> dict[str, grpc.RpcMethodHandler]:
    return {
        "GetCluster": _method(fake, "get_cluster", gke.GetClusterRequest, gke.Cluster),
        "GetServerConfig": _method(fake, "get_server_config", gke.GetServerConfigRequest, gke.ServerConfig),
        "FetchClusterUpgradeInfo": _method(
            fake, "fetch_cluster_upgrade_info", gke.FetchClusterUpgradeInfoRequest, gke.ClusterUpgradeInfo
        ),
        "UpdateCluster": _method(fake, "update_cluster", gke.UpdateClusterRequest, gke.Operation),
        "UpdateNodePool": _method(fake, "update_node_pool", gke.UpdateNodePoolRequest, gke.Operation),
        "SetNodePoolAutoscaling": _method(
            fake, "set_node_pool_autoscaling", gke.SetNodePoolAutoscalingRequest, gke.Operation
        ),
        "GetOperation": _method(fake, "get_operation", gke.GetOperationRequest, gke.Operation),
        "ListOperations": _method(fake, "list_operations", gke.ListOperationsRequest, gke.ListOperationsResponse),
    }


def _method(fake: FakeGke, name: str, request: Any, response: Any) -> grpc.RpcMethodHandler:
    def answer(message: Any, context: grpc.ServicerContext) -> Any:
        fake.calls.append(name)
        fault = fake.take_fault(name)
        if fault and not fault.late:
            _refuse(context, fault)
        try:
            found = getattr(fake, name)(message)
        except _Refusal as refusal:
            context.abort(refusal.code, refusal.words)
        if fault:
            _refuse(context, fault)
        return found

    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request.deserialize, response_serializer=response.serialize
    )


def _refuse(context: grpc.ServicerContext, fault: Fault) -> None:
    details = []
    if fault.retry_after is not None:
        packed = any_pb2.Any()
        packed.Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=fault.retry_after)))
        details.append(packed)
    status = status_pb2.Status(code=fault.code.value[0], message=fault.words, details=details)
    context.abort_with_status(rpc_status.to_status(status))


def _pool(name: str, version: str) -> gke.NodePool:
    labels = {"hub.jupyter.org/node-purpose": "user"} if name.startswith("user") else {}
    return gke.NodePool(
        name=name,
        version=version,
        locations=["us-west1-a", "us-west1-b"],
        config=gke.NodeConfig(machine_type="n2-standard-4", image_type="COS_CONTAINERD", labels=labels),
        autoscaling=gke.NodePoolAutoscaling(enabled=True, min_node_count=0, max_node_count=5),
    )
