"""Azure Kubernetes Service."""

from hubfleet.clouds.azure.cluster import Aks

__all__ = ["Aks"]
