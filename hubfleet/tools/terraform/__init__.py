"""terraform: words in, typed results out."""

from hubfleet.tools.terraform.lock import LockHeld, LockInfo
from hubfleet.tools.terraform.plan import Attribute, Change, Plan
from hubfleet.tools.terraform.program import Terraform
from hubfleet.tools.terraform.state import Instance, State

__all__ = ["Attribute", "Change", "Instance", "LockHeld", "LockInfo", "Plan", "State", "Terraform"]
