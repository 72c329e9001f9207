"""Bringing an archive of home directories back into a hub: verified first, and nothing that is there is lost."""

from hubfleet.workflows.restore.homes import Options, Restored, plan_only, refuse, restore_homes
from hubfleet.workflows.restore.plan import Plan
from hubfleet.workflows.restore.source import Source, Verified, open_archive, verify
from hubfleet.workflows.teardown.destination import account_of

__all__ = [
    "Options", "Plan", "Restored", "Source", "Verified", "account_of", "open_archive", "plan_only", "refuse",
    "restore_homes", "verify",
]  # fmt: skip
