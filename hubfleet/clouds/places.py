"""From the address of a bucket to a store of archives in it."""

from __future__ import annotations

from hubfleet.archive.address import Address
from hubfleet.clouds.bucket import Bucket, Objects


def bucket(address: Address, account: str = "") -> Bucket:
    """The store of archives at this address. Nothing is contacted.

    Args:
        address: scheme, bucket and prefix.
        account: of AWS, whose login is taken and to whom the bucket belongs; empty: the login that boto3 finds.
    """
    return Bucket(_objects(address, account), f"{address.prefix}/" if address.prefix else "")


def _objects(address: Address, account: str) -> Objects:
    if address.scheme == "s3":
        from hubfleet.clouds.aws.objects import S3Objects

        return S3Objects(address.bucket, account)
    from hubfleet.clouds.gcp.objects import GcsObjects

    return GcsObjects(address.bucket)
