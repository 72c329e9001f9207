"""A cluster's support: the ways in, certificates and monitoring that its hubs share, as one helm release."""

from hubfleet.workflows.support.deploy import deploy_support, preview, unchanged
from hubfleet.workflows.support.target import SupportTarget, prepare

__all__ = ["SupportTarget", "deploy_support", "prepare", "preview", "unchanged"]
