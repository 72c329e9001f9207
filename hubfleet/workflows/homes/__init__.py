"""How full homes are, how fast they fill, and making them larger."""

from hubfleet.workflows.homes.report import HubHomes, homes

__all__ = ["HubHomes", "homes"]
