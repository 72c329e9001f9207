"""Upgrading one hub's chart or images: pins in files, database saved, deployed, and all of it undone on failure."""

from hubfleet.workflows.upgrade_hub.pins import Request, request_of
from hubfleet.workflows.upgrade_hub.upgrade import Plan, UpgradeFailed, plan, preview, upgrade_hub

__all__ = ["Plan", "Request", "UpgradeFailed", "plan", "preview", "request_of", "upgrade_hub"]
