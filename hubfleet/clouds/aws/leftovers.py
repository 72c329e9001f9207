"""What a cluster left behind on AWS: read, never changed.

By tag, over all services that tag (resourcegroupstaggingapi); what costs most is read from its own service, with its
size: volumes, snapshots, addresses, NAT gateways, load balancers, file stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hubfleet.clouds.aws import found as things
from hubfleet.clouds.aws.login import config
from hubfleet.clouds.interface import Leftover
from hubfleet.clouds.tags import CLUSTER

# Kinds of the tagging API that hold data or are paid for, and have no reader of their own here; the rest is free.
_OTHERS = {
    ("s3", ""): ("bucket", True), ("eks", "cluster"): ("cluster", False), ("rds", "db"): ("database", True),
    ("ec2", "instance"): ("machine", False), ("backup", "recovery-point"): ("backup", True),
    ("ecr", "repository"): ("image registry", False), ("fsx", "file-system"): ("file store", True),
    ("dynamodb", "table"): ("table", True),
}  # fmt: skip


def find(session: Any, cluster: str, region: str, name: str) -> tuple[Leftover, ...]:
    """Everything that carries the cluster's tags.

    Args:
        session: boto3's.
        cluster: in `clusters/`.
        region: where.
        name: of the EKS cluster.
    """

    def client(service: str) -> Any:
        return session.client(service, region_name=region, config=config())

    wanted = {CLUSTER: (cluster,), f"kubernetes.io/cluster/{name}": ("owned",), "elbv2.k8s.aws/cluster": (name,)}

    def ours(tags: Mapping[str, str]) -> bool:
        return any(tags.get(key) in values for key, values in wanted.items())

    everything = (*_machines(client("ec2"), region), *_balancers(client, region), *_stores(client("efs"), region))
    own = [leftover for tags, leftover in everything if ours(tags)]
    tagged = {arn: tags for tags, arn in _tagged(client("resourcegroupstaggingapi")) if ours(tags)}
    others = [things.other(arn, tags, _OTHERS, region) for arn, tags in tagged.items()]
    return (*own, *(each for each in others if each))


def _machines(ec2: Any, region: str) -> Iterator[tuple[dict[str, str], Leftover]]:
    for each in _each(ec2, "describe_volumes", "Volumes"):
        yield things.tags(each), things.volume(each)
    for each in _each(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        yield things.tags(each), things.snapshot(each, region)
    for each in ec2.describe_addresses()["Addresses"]:
        yield things.tags(each), things.address(each, region)
    for each in _each(ec2, "describe_nat_gateways", "NatGateways"):
        if each.get("State") != "deleted":
            yield things.tags(each), things.gateway(each, region)


def _balancers(client: Any, region: str) -> Iterator[tuple[dict[str, str], Leftover]]:
    elbv2, elb = client("elbv2"), client("elb")
    for each in _each(elbv2, "describe_load_balancers", "LoadBalancers"):
        described = elbv2.describe_tags(ResourceArns=[each["LoadBalancerArn"]])["TagDescriptions"]
        yield things.tags(described[0] if described else {}), things.balancer(each, region)
    for each in _each(elb, "describe_load_balancers", "LoadBalancerDescriptions"):
        described = elb.describe_tags(LoadBalancerNames=[each["LoadBalancerName"]])["TagDescriptions"]
        yield things.tags(described[0] if described else {}), things.classic(each, region)


def _stores(efs: Any, region: str) -> Iterator[tuple[dict[str, str], Leftover]]:
    for each in _each(efs, "describe_file_systems", "FileSystems"):
        yield things.tags(each), things.store(each, region)


def _tagged(tagging: Any) -> Iterator[tuple[dict[str, str], str]]:
    for each in _each(tagging, "get_resources", "ResourceTagMappingList"):
        yield things.tags(each), each["ResourceARN"]


def _each(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
