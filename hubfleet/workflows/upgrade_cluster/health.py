"""Whether the hubs that were well before an upgrade still are."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster
from hubfleet.process import pause
from hubfleet.runs import Run
from hubfleet.workflows import check


class HubNotWell(HubfleetError):
    """A hub that served before a step does not serve after it."""


def well_now(run: Run, root: Path, cluster: Cluster) -> tuple[str, ...]:
    """The hubs that serve; those that do not are said, and are no reason to stop later."""
    with run.step("check the hubs before") as step:
        troubles = {hub.name: _trouble(run, root, cluster, hub.name) for hub in cluster.hubs if hub.state != "retired"}
        for name, trouble in troubles.items():
            if trouble is not None:
                step.say(f"{name} is not well already now: {trouble.what}")
    return tuple(name for name, trouble in troubles.items() if trouble is None)


def still_well(
    run: Run, root: Path, cluster: Cluster, names: Collection[str], after: str, *, seconds: float = 600.0
) -> None:
    """Wait until these hubs serve again: their pods may just have moved.

    Raises:
        HubNotWell: one does not, in time.
    """
    ends = time.monotonic() + seconds
    if not names:
        return
    with run.step(f"check {len(names)} hubs after: {after}") as step:
        for name in names:
            while (trouble := _trouble(run, root, cluster, name)) is not None:
                if time.monotonic() > ends:
                    raise HubNotWell(
                        f"{cluster.name}/{name} no longer serves after: {after}",
                        where=trouble.what, evidence=trouble.evidence,
                        next_step=f"./inv check-hub {cluster.name} {name}; then the same command again goes on",
                    ) from trouble  # fmt: skip
                step.say(f"{name} does not serve yet: {trouble.what}")
                pause(5.0)


def _trouble(run: Run, root: Path, cluster: Cluster, name: str) -> HubfleetError | None:
    try:
        result = check.quick(run, check.site_of(root, cluster.name, name))
    except HubfleetError as trouble:
        return trouble
    if result.ok:
        return None
    failed = next(step for step in result.steps if not step.ok)
    what, *_ = failed.detail.splitlines() or [""]
    dossier = result.dossier
    return HubfleetError(f"{failed.name}: {what}", evidence=dossier.text() if dossier else failed.detail)
