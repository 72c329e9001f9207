"""When a deploy fails: the evidence first, then back to what worked, with its database where the schema moved on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.runs import Run, Step
from hubfleet.runs.identity import label
from hubfleet.tools import releases
from hubfleet.tools.releases import Release
from hubfleet.workflows.deploy import database
from hubfleet.workflows.deploy.database import Saved
from hubfleet.workflows.deploy.target import Installation
from hubfleet.workflows.deploy.watch import until_serving
from hubfleet.workflows.dossier import Dossier, collect
from hubfleet.workflows.health import NotHealthy

_SECONDS = 300.0


class DeployFailed(HubfleetError):
    """A deploy failed and was undone, or says why it could not be undone.

    Args:
        trouble: what failed.
        dossier: what the cluster showed before anything was undone; None after an interruption.
        undone: what was done about it, one line.
        target: what was to be deployed.
        run: its folder has all that was seen; what happened before it began is not shown.
    """

    def __init__(
        self, trouble: BaseException, dossier: Dossier | None, undone: str, target: Installation, run: Run
    ) -> None:
        stopped = isinstance(trouble, KeyboardInterrupt | Interrupted)
        what = "interrupted" if stopped else trouble.what if isinstance(trouble, HubfleetError) else repr(trouble)
        shown = "\n".join(
            filter(None, (getattr(trouble, "evidence", ""), dossier.evidence(run.started) if dossier else ""))
        )
        cause = f": {dossier.cause}" if dossier and dossier.cause else ""
        super().__init__(
            f"the deploy of {target.subject} {'was interrupted' if stopped else 'failed'}{cause}",
            where=f"{what}; {undone}",
            evidence=shown,
            next_step=_next_step(target, dossier, run.folder, stopped=stopped),
        )
        if stopped:
            self.exit_code = Interrupted.exit_code
        self.dossier = dossier
        self.undone = undone


def _next_step(target: Installation, dossier: Dossier | None, folder: Path, *, stopped: bool) -> str:
    """What helps now. No command that looks at pods: those of the failed revision have gone with the rollback."""
    if dossier is None:
        return f"{target.command} {'begins it anew' if stopped else 'when the cause is mended'}"
    key = dossier.cause.key if dossier.cause else ""
    place = target.place_of(key) if key else ""
    parts = [part for part in dossier.next_step.split("; ") if "kubectl" not in part]
    mend = f"mend {key} at {place}" if place else "; ".join(parts) or "mend the files"
    return f"{mend}, then {target.command}; all that was seen: {'/'.join(folder.parts[-3:])}/dossier.txt"


@dataclass(frozen=True)
class Before:
    """How things stood before the deploy touched anything."""

    found: Release | None
    saved: Saved


def explained_and_undone(run: Run, target: Installation, before: Before, trouble: BaseException) -> DeployFailed:
    """Collect the dossier, bring back what worked, and return the error to raise."""
    interrupted = isinstance(trouble, KeyboardInterrupt | Interrupted)
    with process.undoing():
        dossier = None if interrupted else _dossier(run, target, trouble)
        try:
            undone = _undo(run, target, before)
        except HubfleetError as second:
            undone = f"it could NOT be undone: {second.what}; `{target.command}` repairs it"
            run.record("said", "undo", text=f"{undone}\n{second.evidence}")
        except KeyboardInterrupt:
            undone = f"undoing it was interrupted too; `{target.command}` completes it"
    return DeployFailed(trouble, dossier, undone, target, run)


def _dossier(run: Run, target: Installation, trouble: BaseException) -> Dossier | None:
    """What the check of a user's server has collected already: its user is gone by now. Else the hub as it is."""
    checked = trouble.result.dossier if isinstance(trouble, NotHealthy) else None
    with run.step("collect the evidence") as step:
        try:
            dossier = checked or collect(target.kube, target.namespace)
        except HubfleetError as second:
            step.say(f"no evidence could be collected: {second.what}")
            return None
        (run.folder / "dossier.txt").write_text(dossier.text(), encoding="utf-8")
        return dossier


def _undo(run: Run, target: Installation, before: Before) -> str:
    if before.found is None or not before.found.good:
        return _uninstall(run, target)
    good = before.found.good
    current = releases.release(target.kube, target.namespace, target.release)
    if current and current.revision == before.found.revision and current.status == before.found.status:
        return f"revision {current.revision} is untouched"
    with run.step(f"roll back to revision {good}") as step:
        target.helm.rollback(target.release, target.namespace, good, on_line=run.log("helm"))
        unseen = _bring_database_back(run, target, before.saved, step)
        until_serving(target.kube, target.namespace, seconds=_SECONDS, say=step.say, serving=target.serving)
        known = mark_rolled_back(run, target, before.found)
    return f"revision {good} serves again{'' if known else ', which never passed a check of hubfleet'}{unseen}"


def _uninstall(run: Run, target: Installation) -> str:
    """A first installation that failed has no user and no data; what a chart keeps stays."""
    with run.step("remove the failed installation"):
        target.helm.uninstall(target.release, target.namespace, on_line=run.log("helm"))
    return "the failed first installation was removed"


def _bring_database_back(run: Run, target: Installation, saved: Saved, step: Step) -> str:
    """Only where the schema moved on: the rows since the copy (logins, server states) are lost with it.

    Returns:
        What could not be looked at; a hub that serves nevertheless has the schema that it needs.
    """
    if saved.kind != "sqlite":
        return ""
    try:
        now = database.schema_now(target.kube, target.namespace, run.id)
    except HubfleetError as trouble:
        step.say(f"the database's schema could not be looked at: {trouble.what}")
        return f"; its database's schema could not be looked at ({trouble.what})"
    if now == saved.schema:
        return ""
    step.say(f"the database moved from schema {saved.schema} to {now}: bringing the saved copy back")
    database.restore(target.kube, target.namespace, saved)
    _restart_hub(target)
    return ""


def _restart_hub(target: Installation) -> None:
    pod = database.hub_pod(target.kube, target.namespace)
    if pod is not None:
        path = f"/api/v1/namespaces/{target.namespace}/pods/{pod['metadata']['name']}"
        with target.kube.errors("restart the hub"):
            target.kube.http.delete(path)


def mark_rolled_back(run: Run, target: Installation, before: Release) -> bool:
    """The revision that a rollback makes is the old content: it keeps the old digest, if that was verified.

    Args:
        run: it is said to have made the revision.
        target: what was rolled back.
        before: the release as it was before that.

    Returns:
        Whether what is live now passed a check of hubfleet earlier.
    """
    now = releases.release(target.kube, target.namespace, target.release)
    if now is None or not before.good_labels:
        return False
    number = str(now.revision)
    who = {"run": run.id, "operator": label(run.operator), "revision": number, "verified": number}
    releases.mark(target.kube, now, now.revision, **{**before.good_labels, **who})
    return True
