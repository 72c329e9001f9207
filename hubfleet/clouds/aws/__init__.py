"""Amazon Elastic Kubernetes Service."""

from hubfleet.clouds.aws.cluster import Eks

__all__ = ["Eks"]
