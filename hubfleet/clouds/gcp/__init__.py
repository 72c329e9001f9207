"""Google Kubernetes Engine."""

from hubfleet.clouds.gcp.cluster import Gke

__all__ = ["Gke"]
