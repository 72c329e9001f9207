"""Checking a hub: whether it serves visitors and users, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hubfleet import clouds
from hubfleet.errors import HubfleetError
from hubfleet.fleet import load_fleet
from hubfleet.masking import hide
from hubfleet.runs import Run
from hubfleet.runs.alone import alone
from hubfleet.toolchain import tool
from hubfleet.tools.jupyterhub import HubApi
from hubfleet.tools.kubernetes import NotFound
from hubfleet.workflows.checks.abandoned import abandoned
from hubfleet.workflows.checks.deadline import Deadline
from hubfleet.workflows.checks.front import check_front
from hubfleet.workflows.checks.reach import Site, reached
from hubfleet.workflows.checks.result import CheckFailed, CheckResult, Steps
from hubfleet.workflows.checks.temporary import Cleaner, new_name
from hubfleet.workflows.checks.user import UserCheck, UserDeadlines
from hubfleet.workflows.dossier import Dossier, collect

__all__ = ["CheckFailed", "CheckResult", "Seconds", "Site", "UserDeadlines", "full", "quick", "site_of"]

_SECRET, _TOKEN = "hub", "hub.services.hubfleet-check.apiToken"


@dataclass(frozen=True)
class Seconds:
    """How long a check may take.

    Args:
        front: until API and login page are right. After a deploy the hub may need some seconds.
        dossier: for collecting why it failed.
        user: for the parts of a full check.
    """

    front: float = 15.0
    dossier: float = 2.0
    user: UserDeadlines = field(default_factory=UserDeadlines)


def site_of(root: Path, cluster_name: str, hub_name: str) -> Site:
    """Where a declared hub is. Nothing is contacted.

    Raises:
        WrongUsage: no such cluster or hub. InvalidConfiguration: the files are wrong.
        HubfleetError: there is no way to its cluster.
    """
    fleet = load_fleet(root)
    cluster = fleet.cluster(cluster_name)
    hub = cluster.hub(hub_name)
    kubectl = partial(tool, "kubectl", root)
    return Site(clouds.access(cluster), hub.namespace, kubectl, here=cluster.provider == "local")


def quick(run: Run, site: Site, seconds: Seconds | None = None) -> CheckResult:
    """Look at a hub as a visitor does: its API, and the way to the login page. Nothing is changed.

    Returns:
        What was found; where it is not ok, with the dossier.

    Raises:
        HubfleetError: the cluster itself can not be reached, or a program is missing.
    """
    limits = seconds or Seconds()
    steps = Steps(run)
    dossier = None
    try:
        with reached(steps, site, Deadline.within(limits.front)) as base_url:
            check_front(steps, base_url, Deadline.within(limits.front))
    except CheckFailed as trouble:
        dossier = _why(site, limits, trouble)
    return CheckResult(dossier is None, "quick", tuple(steps.done), dossier)


def full(
    run: Run, site: Site, seconds: Seconds | None = None, *, profile: str = "", restart: bool = False
) -> CheckResult:
    """Look at a hub as a user does: start a server, run a notebook, find the file again, leave no trace.

    Args:
        run: the run that it belongs to.
        site: where the hub is.
        seconds: how long it may take.
        profile: which of the hub's profiles to start; empty: the default one.
        restart: also stop and start the server, and look whether the file is still there.

    Returns:
        What was found; where it is not ok, with the dossier, collected before the temporary user was removed.

    Raises:
        HubfleetError: the cluster itself can not be reached, a program is missing, the hub has no token for checks.
    """
    limits = seconds or Seconds()
    steps = Steps(run)
    dossier = None
    try:
        with alone(run), reached(steps, site, Deadline.within(limits.front)) as base_url:
            check_front(steps, base_url, Deadline.within(limits.front))
            with HubApi(base_url, _token(site)) as api:
                cleaner = Cleaner(site.access.kube, site.namespace, lambda text: run.record("said", text=text))
                user = UserCheck(steps, api, cleaner, new_name(), profile, restart, limits.user)
                dossier = _as_user(user, site, limits)
    except CheckFailed as trouble:
        dossier = _why(site, limits, trouble)
    return CheckResult(all(step.ok for step in steps.done), "full", tuple(steps.done), dossier)


def _as_user(user: UserCheck, site: Site, limits: Seconds) -> Dossier | None:
    """The user's part. It cleans up after success, failure and interruption; evidence is taken before."""
    dossier = None
    user.sweep(abandoned(user.steps.run))
    try:
        user.work()
    except CheckFailed as trouble:
        dossier = _why(site, limits, trouble, user.name, user.messages)
    finally:
        try:
            user.clean()
        except HubfleetError as trouble:
            dossier = dossier or _why(site, limits, trouble, user.name, user.messages)
    return dossier


def _why(
    site: Site, limits: Seconds, trouble: HubfleetError, user: str = "", messages: list[str] | None = None
) -> Dossier:
    said = [*(messages or []), *trouble.evidence.splitlines(), trouble.what]
    return collect(site.access.kube, site.namespace, user=user, messages=said, budget=limits.dossier)


def _token(site: Site) -> str:
    secret = site.access.kube.get_secret(site.namespace, _SECRET)
    token = secret.get(_TOKEN, "")
    if not token:
        raise NotFound(
            "the hub has no token for checks",
            where=f"secret {site.namespace}/{_SECRET}, key {_TOKEN}",
            next_step="./inv deploy-hub: the chart basehub declares the service hubfleet-check",
        )
    hide(token)
    return token
