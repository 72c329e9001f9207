"""What left-over things cost, roughly: enough to tell a forgotten coffee from a forgotten salary.

List prices in US dollars of the clouds' first regions in the United States (us-central1, us-east-1, East US), without
discounts, traffic and taxes. Other regions cost up to half as much again. They change rarely; compare them with the
pages named here when a sum matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AS_OF = "2025"
HOURS_PER_MONTH = 730


@dataclass(frozen=True)
class Price:
    """Dollars per gibibyte and month, or per hour of existing."""

    dollars: float
    per: Literal["GiB-month", "hour"]


PRICES: Mapping[str, Price] = {
    # https://cloud.google.com/compute/disks-image-pricing
    "gcp/pd-standard": Price(0.04, "GiB-month"),
    "gcp/pd-balanced": Price(0.10, "GiB-month"),
    "gcp/pd-ssd": Price(0.17, "GiB-month"),
    "gcp/snapshot": Price(0.05, "GiB-month"),
    # https://cloud.google.com/vpc/network-pricing: an address that nothing uses, and a forwarding rule
    "gcp/address": Price(0.01, "hour"),
    "gcp/forwarding-rule": Price(0.025, "hour"),
    # https://cloud.google.com/filestore/pricing
    "gcp/filestore/BASIC_HDD": Price(0.16, "GiB-month"),
    "gcp/filestore/BASIC_SSD": Price(0.30, "GiB-month"),
    "gcp/filestore/ZONAL": Price(0.25, "GiB-month"),
    "gcp/filestore/REGIONAL": Price(0.45, "GiB-month"),
    "gcp/filestore/ENTERPRISE": Price(0.45, "GiB-month"),
    # https://cloud.google.com/kubernetes-engine/pricing
    "gcp/cluster": Price(0.10, "hour"),
    # https://aws.amazon.com/ebs/pricing/
    "aws/gp3": Price(0.08, "GiB-month"),
    "aws/gp2": Price(0.10, "GiB-month"),
    "aws/io1": Price(0.125, "GiB-month"),
    "aws/io2": Price(0.125, "GiB-month"),
    "aws/st1": Price(0.045, "GiB-month"),
    "aws/sc1": Price(0.015, "GiB-month"),
    "aws/standard": Price(0.05, "GiB-month"),
    "aws/snapshot": Price(0.05, "GiB-month"),
    # https://aws.amazon.com/vpc/pricing/
    "aws/address": Price(0.005, "hour"),
    "aws/nat-gateway": Price(0.045, "hour"),
    # https://aws.amazon.com/elasticloadbalancing/pricing/
    "aws/load-balancer": Price(0.0225, "hour"),
    "aws/classic-load-balancer": Price(0.025, "hour"),
    # https://aws.amazon.com/efs/pricing/
    "aws/efs": Price(0.30, "GiB-month"),
    # https://aws.amazon.com/eks/pricing/
    "aws/cluster": Price(0.10, "hour"),
    # https://azure.microsoft.com/pricing/details/ip-addresses/ and .../load-balancer/
    "azure/address": Price(0.005, "hour"),
    "azure/load-balancer": Price(0.025, "hour"),
    # https://azure.microsoft.com/pricing/details/kubernetes-service/, tier Standard
    "azure/cluster": Price(0.10, "hour"),
}


def per_month(name: str, gibibytes: float | None = None) -> float | None:
    """Dollars a month, in whole cents.

    Args:
        name: such as `aws/gp3`; an unknown one has no price.
        gibibytes: how much of it, for what is paid by size; None: not known.
    """
    price = PRICES.get(name)
    if price is None:
        return None
    if price.per == "hour":
        return round(price.dollars * HOURS_PER_MONTH, 2)
    return None if gibibytes is None else round(price.dollars * gibibytes, 2)
