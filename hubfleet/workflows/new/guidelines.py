"""When a hub needs a cluster of its own. These numbers and words are the only ones: the docs repeat them, and a test
holds them to it (docs/when-to-make-a-new-cluster.md).
"""

from __future__ import annotations

from dataclasses import dataclass

HUBS_OF_A_CLUSTER = 40
PEOPLE_OF_A_CLUSTER = 2000
PEOPLE_OF_A_HUB = 800
PEOPLE_OF_AN_EVENT = 500
EXPECTED_PEOPLE = {"education": 100, "research": 20, "event": 200}
"""How many are counted at the same time on a hub whose entry does not say `people`, by use case."""
OTHER_USE_CASE_PEOPLE = 100


@dataclass(frozen=True)
class Guideline:
    """One reason for a cluster of its own, or against one that is there.

    Args:
        name: in one word or two; `--json` gives it.
        says: what it asks for.
    """

    name: str
    says: str


COMPLIANCE = Guideline("compliance", "Data under rules, such as HIPAA, is on a cluster that was set up for them.")
BILLING = Guideline(
    "own billing", "A community that pays its own bill has a cluster in a project or account of its own."
)
REGION = Guideline("region", "A hub is in the region where its data is, or has to be.")
PROVIDER = Guideline("provider", "A hub is on the cloud that its community chose.")
RESERVED = Guideline("reserved", "A cluster that is reserved for somebody takes no other hubs.")
SIZE = Guideline(
    "size",
    f"A hub for more than {PEOPLE_OF_A_HUB} people at the same time has a cluster of its own; a cluster takes at most "
    f"{HUBS_OF_A_CLUSTER} hubs and {PEOPLE_OF_A_CLUSTER} people.",
)
EVENT = Guideline(
    "event",
    f"An event of more than {PEOPLE_OF_AN_EVENT} people has a cluster of its own; a smaller one goes where no other "
    "event of those days makes it more together.",
)
PRIVATE = Guideline("private", "A cluster on somebody's own machine is for trying out.")

ALL = (PRIVATE, COMPLIANCE, BILLING, REGION, PROVIDER, RESERVED, SIZE, EVENT)
"""In the order in which they are looked at."""
