"""One thing that AWS listed, as a `Leftover`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hubfleet.clouds.interface import Leftover
from hubfleet.clouds.prices import per_month
from hubfleet.clouds.tags import hub

Thing = Mapping[str, Any]


def tags(each: Thing) -> dict[str, str]:
    """The tags of anything: services write them in two ways."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in each.get("Tags") or ()}


def volume(each: Thing) -> Leftover:
    """A disk: hub databases, homes of `kind: pvc`, and machines' own."""
    place = str(each["AvailabilityZone"])
    command = f"aws ec2 delete-volume --region {place[:-1]} --volume-id {each['VolumeId']}"
    return Leftover(
        "disk", each["VolumeId"], place, hub(tags(each)), each.get("CreateTime"),
        per_month(f"aws/{each['VolumeType']}", float(each["Size"])), command,
        holds_data=True, in_use=bool(each.get("Attachments")),
    )  # fmt: skip


def snapshot(each: Thing, region: str) -> Leftover:
    """A snapshot. AWS says the disk's size, not what is stored: the price is an upper bound."""
    command = f"aws ec2 delete-snapshot --region {region} --snapshot-id {each['SnapshotId']}"
    return Leftover(
        "snapshot", each["SnapshotId"], region, hub(tags(each)), each.get("StartTime"),
        per_month("aws/snapshot", float(each["VolumeSize"])), command, holds_data=True,
    )  # fmt: skip


def address(each: Thing, region: str) -> Leftover:
    """An elastic address: paid whether it is used or not."""
    name = each.get("AllocationId") or each["PublicIp"]
    command = f"aws ec2 release-address --region {region} --allocation-id {name}"
    used = bool(each.get("AssociationId") or each.get("InstanceId") or each.get("NetworkInterfaceId"))
    return Leftover("address", name, region, hub(tags(each)), None, per_month("aws/address"), command, in_use=used)


def gateway(each: Thing, region: str) -> Leftover:
    """A NAT gateway."""
    command = f"aws ec2 delete-nat-gateway --region {region} --nat-gateway-id {each['NatGatewayId']}"
    price = per_month("aws/nat-gateway")
    return Leftover("NAT gateway", each["NatGatewayId"], region, "", each.get("CreateTime"), price, command)


def balancer(each: Thing, region: str) -> Leftover:
    """A network or application load balancer."""
    command = f"aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {each['LoadBalancerArn']}"
    price = per_month("aws/load-balancer")
    return Leftover("load balancer", each["LoadBalancerName"], region, "", each.get("CreatedTime"), price, command)


def classic(each: Thing, region: str) -> Leftover:
    """A load balancer of the first kind, which Kubernetes makes where no controller for the newer ones runs."""
    name = each["LoadBalancerName"]
    command = f"aws elb delete-load-balancer --region {region} --load-balancer-name {name}"
    price = per_month("aws/classic-load-balancer")
    used = bool(each.get("Instances"))
    return Leftover("load balancer", name, region, "", each.get("CreatedTime"), price, command, in_use=used)


def store(each: Thing, region: str) -> Leftover:
    """An EFS file system: homes are on it."""
    size = float(each.get("SizeInBytes", {}).get("Value", 0)) / 2**30
    command = f"aws efs delete-file-system --region {region} --file-system-id {each['FileSystemId']}"
    return Leftover(
        "file store", each["FileSystemId"], region, hub(tags(each)), each.get("CreationTime"),
        per_month("aws/efs", size), command, holds_data=True, in_use=bool(each.get("NumberOfMountTargets")),
    )  # fmt: skip


def other(
    arn: str, tagged: Mapping[str, str], kinds: Mapping[tuple[str, str], tuple[str, bool]], region: str
) -> Leftover | None:
    """Something that only the tagging API listed; None for what costs nothing and holds nothing, or has its own reader.

    Args:
        arn: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
        tagged: its tags.
        kinds: by service and type, what it is called here and whether it holds data.
        region: where it was asked.
    """
    service, place, resource = parsed(arn)
    *kind, name = re.split("[/:]", resource)
    known = kinds.get((service, kind[0] if kind else ""))
    if known is None:
        return None
    price = per_month("aws/cluster") if known[0] == "cluster" else None
    return Leftover(known[0], name, place or region, hub(tagged), None, price, f"remove {arn}", holds_data=known[1])


def parsed(arn: str) -> tuple[str, str, str]:
    """Service, region and resource of an ARN."""
    parts = arn.split(":", 5)
    return parts[2], parts[3], parts[5]
