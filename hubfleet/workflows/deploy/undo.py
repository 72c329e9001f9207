"""When a deploy fails: the evidence first, then back to what worked, with its database where the schema moved on."""

from __future__ import annotations

from dataclasses import dataclass

from hubfleet import process
from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.runs import Run, Step
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
        folder: of the run.
    """

    def __init__(
        self, trouble: BaseException, dossier: Dossier | None, undone: str, target: Installation, folder: str
    ) -> None:
        stopped = isinstance(trouble, KeyboardInterrupt | Interrupted)
        what = "Ctrl-C" if stopped else trouble.what if isinstance(trouble, HubfleetError) else repr(trouble)
        shown = "\n".join(filter(None, (getattr(trouble, "evidence", ""), dossier.evidence() if dossier else "")))
        cause = f": {dossier.cause}" if dossier and dossier.cause else ""
        key = dossier.cause.key if dossier and dossier.cause else ""
        place = target.place_of(key) if key else ""
        mend = f"mend {key} at {place}, then {target.command}; all that was seen: {folder}/dossier.txt" if place else ""
        super().__init__(
            f"the deploy of {target.subject} {'was interrupted' if stopped else 'failed'}{cause}",
            where=f"{what}; {undone}",
            evidence=shown,
            next_step=mend
            or (dossier.next_step if dossier else "")
            or ("deploy again" if stopped else f"read {folder}, mend the files, deploy again"),
        )
        if stopped:
            self.exit_code = Interrupted.exit_code
        self.dossier = dossier
        self.undone = undone


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
    return DeployFailed(trouble, dossier, undone, target, str(run.folder))


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
    good = before.found.last_deployed if before.found else 0
    if not good:
        return _uninstall(run, target)
    current = releases.release(target.kube, target.namespace, target.release)
    if current and current.revision == good and current.status == "deployed":
        return f"revision {good} is untouched"
    with run.step(f"roll back to revision {good}") as step:
        target.helm.rollback(target.release, target.namespace, good, on_line=run.log("helm"))
        _bring_database_back(run, target, before.saved, step)
        until_serving(target.kube, target.namespace, seconds=_SECONDS, say=step.say, serving=target.serving)
        _mark(target, before.found)
    return f"revision {good} serves again"


def _uninstall(run: Run, target: Installation) -> str:
    """A first installation that failed has no user and no data; what a chart keeps stays."""
    with run.step("remove the failed installation"):
        target.helm.uninstall(target.release, target.namespace, on_line=run.log("helm"))
    return "the failed first installation was removed"


def _bring_database_back(run: Run, target: Installation, saved: Saved, step: Step) -> None:
    """Only where the schema moved on: the rows since the copy (logins, server states) are lost with it."""
    if saved.kind != "sqlite":
        return
    now = database.schema_now(target.kube, target.namespace, run.id)
    if now == saved.schema:
        return
    step.say(f"the database moved from schema {saved.schema} to {now}: bringing the saved copy back")
    database.restore(target.kube, target.namespace, saved)
    _restart_hub(target)


def _restart_hub(target: Installation) -> None:
    pod = database.hub_pod(target.kube, target.namespace)
    if pod is not None:
        path = f"/api/v1/namespaces/{target.namespace}/pods/{pod['metadata']['name']}"
        with target.kube.errors("restart the hub"):
            target.kube.http.delete(path)


def _mark(target: Installation, before: Release | None) -> None:
    """The revision that a rollback makes is the old content: it keeps the old digest, if that was verified."""
    now = releases.release(target.kube, target.namespace, target.release)
    if now and before and before.verified and before.digest and before.revision == before.last_deployed:
        number = str(now.revision)
        releases.mark(target.kube, now, now.revision, digest=before.digest, revision=number, verified=number)
