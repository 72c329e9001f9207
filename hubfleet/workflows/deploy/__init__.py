"""Deploying one hub: observe, plan, act, verify, and on failure explain first and then undo."""

from hubfleet.workflows.deploy.hub import Deployed, DeployFailed, Options, Preview, deploy_hub, preview
from hubfleet.workflows.deploy.target import Target, prepare

__all__ = ["DeployFailed", "Deployed", "Options", "Preview", "Target", "deploy_hub", "prepare", "preview"]
