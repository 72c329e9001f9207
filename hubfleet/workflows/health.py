"""What a deploy checks before it calls itself done."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.runs import Run
from hubfleet.toolchain import tool
from hubfleet.workflows import check
from hubfleet.workflows.check import CheckResult, Seconds, Site, UserDeadlines
from hubfleet.workflows.deploy.changes import spawning_differs
from hubfleet.workflows.deploy.target import Target

_PROVING_STAGES = ("staging", "canary")


class NotHealthy(HubfleetError):
    """The hub serves, and does not do what a healthy hub does."""

    def __init__(self, result: CheckResult, subject: str) -> None:
        failed = next(step for step in result.steps if not step.ok)
        what, *more = failed.detail.splitlines() or [""]
        super().__init__(f"the check failed: {failed.name}: {what}", where=subject, evidence="\n".join(more))
        self.result = result


def check_after_deploy(
    run: Run,
    target: Target,
    wanted: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    start: float = UserDeadlines.start,
) -> CheckResult:
    """Check a hub that was just deployed.

    Args:
        run: journal.
        target: the hub.
        wanted: `quick`, `full`, or `auto`: full where users' servers may come out differently, on staging and canaries.
        before: the values that the hub had; empty: it was installed for the first time.
        after: the values that it has now.
        start: seconds in which a user's server must be ready, in a full check.

    Raises:
        NotHealthy: it is not well.
    """
    differs = target.hub.stage in _PROVING_STAGES or spawning_differs(before, after)
    thorough = wanted == "full" or (wanted == "auto" and differs)
    seconds = Seconds(user=UserDeadlines(start=start))
    result = check.full(run, site(target), seconds) if thorough else check.quick(run, site(target))
    if not result.ok:
        raise NotHealthy(result, target.subject)
    return result


def site(target: Target) -> Site:
    """Where the hub's front door is."""
    kubectl = partial(tool, "kubectl", target.root)
    return Site(target.access, target.hub.namespace, kubectl, here=target.cluster.provider == "local")
