"""Deploying a cluster's support: the same way as a hub's, with its own check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubfleet.runs import Run
from hubfleet.tools import releases
from hubfleet.workflows.deploy import hub as deploy
from hubfleet.workflows.deploy.database import Saved
from hubfleet.workflows.deploy.hub import Care, Deployed, Options, Preview
from hubfleet.workflows.support.check import check_way_in
from hubfleet.workflows.support.target import SupportTarget

_ISSUER = "kind: ClusterIssuer"


def preview(target: SupportTarget, *, force: bool = False) -> Preview:
    """What `deploy_support` would change. Changes nothing."""
    return deploy.preview(target, force=force or _issuer_is_missing(target))


def unchanged(target: SupportTarget, *, force: bool = False) -> Deployed | None:
    """The result where nothing has to be done, after one metadata call; else None."""
    result = deploy.unchanged(target, force=force)
    return None if result and _issuer_is_missing(target) else result


def deploy_support(run: Run, target: SupportTarget, options: Options) -> Deployed:
    """Bring a cluster's support to what its files say.

    An issuer of certificates needs a second time: its kind is there only when cert-manager has come up once.

    Raises:
        Refused: somebody else works on it. Nothing was changed.
        DeployFailed: it did not come up; has the dossier, and how it was undone.
    """
    with run.step("have the images on the node") as step:
        target.bring_images(step.say)
    first = deploy.deploy_release(run, target, options, _care(run, target))
    if not _issuer_is_missing(target):
        return first
    again = Options(force=True, seconds=options.seconds)
    return deploy.deploy_release(run, target, again, _care(run, target))


def _care(run: Run, target: SupportTarget) -> Care:
    def check(_before: Mapping[str, Any], _after: Mapping[str, Any]) -> None:
        with run.step("look whether people can come in") as step:
            check_way_in(target, step.say)

    return Care("compare", "wait for what serves", lambda: Saved("none"), check)


def _issuer_is_missing(target: SupportTarget) -> bool:
    """Whether an issuer is asked for, and the release that is there has none."""
    if not target.asks("issuer.email"):
        return False
    found = releases.release(target.kube, target.namespace, target.release)
    if found is None or found.status != "deployed":
        return False
    return _ISSUER not in releases.manifest(target.kube, target.namespace, target.release, found.revision)
