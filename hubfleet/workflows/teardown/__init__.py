"""Taking a hub down: what there is, its archive verified, and only then everything removed."""

from hubfleet.workflows.teardown.hub import Torn, nothing_left, planned_archive, refusals, refuse_first, teardown_hub
from hubfleet.workflows.teardown.inventory import Inventory, take
from hubfleet.workflows.teardown.options import Options
from hubfleet.workflows.teardown.site import Site, site_of

__all__ = [
    "Inventory", "Options", "Site", "Torn", "nothing_left", "planned_archive", "refusals", "refuse_first", "site_of",
    "take", "teardown_hub",
]  # fmt: skip
