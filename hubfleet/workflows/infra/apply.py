"""infra-apply: do what the saved plan says, exactly that, or refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.runs import Run
from hubfleet.tools.terraform import LockHeld, Plan, Terraform
from hubfleet.workflows.infra import outputs, progress, risk, saved, site
from hubfleet.workflows.infra.plan import facts
from hubfleet.workflows.infra.risk import Judged
from hubfleet.workflows.infra.saved import Saved
from hubfleet.workflows.infra.site import Site


@dataclass(frozen=True)
class Applied:
    """A plan that was applied.

    Args:
        changes: what it did, the most dangerous first.
        outputs: the file to commit; empty where it is as it was.
        steps: name and seconds of each.
    """

    cluster: str
    changes: tuple[Judged, ...]
    outputs: str
    steps: tuple[tuple[str, float], ...] = field(default=())


def look(run: Run, where: Site, allowed: Sequence[str]) -> tuple[tuple[Judged, ...], list[HubfleetError]]:
    """What the saved plan would do, and why it would be refused. Changes nothing.

    Raises:
        Refused: there is none, or it is not for this place, these files and this state.
    """
    with site.alone(where):
        plan = _same(run, where, where.terraform())
    refused: list[HubfleetError] = []
    try:
        risk.refuse_losses(plan.changes, allowed, f"./inv infra-apply {where.cluster.name}")
    except HubfleetError as trouble:
        refused.append(trouble)
    return risk.judged(plan.changes), refused


def apply_saved(run: Run, where: Site, allowed: Sequence[str]) -> Applied:
    """Apply the saved plan and write outputs.yaml.

    Args:
        run: its journal.
        where: the cluster.
        allowed: addresses of what holds data and may be destroyed or replaced.

    Raises:
        Refused: a guard said no; nothing was changed. Interrupted: Ctrl-C, and terraform has ended in good order.
        HubfleetError: part of it failed: what was done is in the state, and the next plan goes on from there.
    """
    with site.alone(where):
        terraform = where.terraform()
        plan = _same(run, where, terraform)
        risk.refuse_losses(plan.changes, allowed, f"./inv infra-apply {where.cluster.name}")
        apply_file(run, where, terraform, "apply what was planned")
        with run.step("write outputs.yaml") as step:
            written = outputs.write(where, terraform, run.commit)
            step.say(f"{written}: commit it" if written else "outputs.yaml says the same already")
    return Applied(where.cluster.name, risk.judged(plan.changes), written, tuple(run.seconds()))


def apply_file(run: Run, where: Site, terraform: Terraform, name: str) -> None:
    """Apply the saved plan as one step, and remove it: whatever happened, the state is another one now.

    Raises:
        LockHeld: nothing was done, the plan is still there. Interrupted, HubfleetError: see `apply_saved`.
    """
    with run.step(name) as step:
        told = progress.Progress(run, step)
        try:
            terraform.apply(saved.plan_file(where.home), on_event=told)
        except LockHeld:
            raise
        except Interrupted as trouble:
            saved.remove(where.home)
            raise Interrupted(
                "interrupted; terraform has ended what it had begun, and wrote it into the state",
                where=f"run {run.id}",
                next_step=_again(where),
            ) from trouble
        except HubfleetError as trouble:
            saved.remove(where.home)
            trouble.next_step = trouble.next_step or f"what was done is in the state; {_again(where)}"
            raise
        saved.remove(where.home)


def _again(where: Site) -> str:
    return f"./inv infra-plan {where.cluster.name} shows what is left"


def _same(run: Run, where: Site, terraform: Terraform) -> Plan:
    """The saved plan, if it is for this place, these files and this state. Compared before anything is done."""
    about = saved.read(where.home, where.cluster.name)
    with run.step("check the login") as step:
        identity = where.cloud.check()
        step.say(f"{identity.principal}, {where.cluster.provider} {where.owner}")
    with run.step("compare with what was planned") as step:
        saved.refuse_unless_same(about, _now(run, where, about, identity.principal, terraform))
        if identity.principal != about.principal:
            step.say(f"it was planned by {about.principal}")
        return terraform.show(saved.plan_file(where.home))


def _now(run: Run, where: Site, about: Saved, principal: str, terraform: Terraform) -> Saved:
    """The facts as they are. Place and files are compared before the state is read: it may be another's."""
    known = facts(run, where, principal, about.state, about.imports)
    saved.refuse_unless_same(about, known)
    return facts(run, where, principal, terraform.state().mark, about.imports)
