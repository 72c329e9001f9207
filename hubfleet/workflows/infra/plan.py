"""infra-plan: compare the files with the cloud, keep the plan, and say what it would do. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hubfleet.clouds.interface import Identity
from hubfleet.runs import Run
from hubfleet.tools.terraform import Plan, Terraform
from hubfleet.workflows.infra import outputs, progress, risk, saved, site
from hubfleet.workflows.infra.progress import Earlier
from hubfleet.workflows.infra.risk import Judged
from hubfleet.workflows.infra.saved import Saved
from hubfleet.workflows.infra.site import Site


@dataclass(frozen=True)
class Planned:
    """A plan, as people see it.

    Args:
        principal: who the cloud takes us for.
        changes: the most dangerous first.
        drift: addresses that others changed.
        saved: whether there is something for infra-apply to do.
        earlier: a run before this one that did not end well.
        steps: name and seconds of each.
    """

    cluster: str
    owner: str
    principal: str
    changes: tuple[Judged, ...]
    drift: tuple[str, ...]
    saved: bool
    earlier: Earlier | None
    steps: tuple[tuple[str, float], ...] = field(default=())

    def count(self, wanted: risk.Risk) -> int:
        """How many changes have this risk."""
        return sum(1 for each in self.changes if each.risk == wanted)


def plan_cluster(run: Run, where: Site, *, imports: Mapping[str, str] | None = None) -> Planned:
    """Make a plan, keep it for infra-apply, and return what it would do.

    Args:
        run: its journal.
        where: the cluster.
        imports: what exists already and is to be adopted: ids by address.

    Raises:
        Refused: wrong account, or the state is locked. LoginNeeded: nobody is logged in.
        HubfleetError: terraform's errors. There is no saved plan then.
    """
    adopted = dict(imports or {})
    with site.alone(where):
        earlier = progress.unfinished(where.root, where.cluster.name, but=run.id)
        with run.step("check the login") as step:
            identity = where.cloud.check()
            step.say(f"{identity.principal}, {where.cluster.provider} {where.owner}")
        saved.remove(where.home)
        with run.step("get providers and state"):
            terraform = site.prepare(where, run, imports=adopted)
        with run.step("compare the files with the cloud") as step:
            found, about = _make(run, where, terraform, identity, adopted, progress.Progress(run, step))
        useful = not found.empty or outputs.differ(where, terraform)
        if useful:
            saved.keep(where.home, about)
        else:
            saved.remove(where.home)
    return Planned(
        where.cluster.name, where.owner, identity.principal, risk.judged(found.changes), found.drift, useful, earlier,
        tuple(run.seconds()),
    )  # fmt: skip


def facts(run: Run, where: Site, principal: str, state: str, imports: Mapping[str, str]) -> Saved:
    """What a plan that is made now is bound to, or what a saved one is compared with."""
    return Saved(
        cluster=where.cluster.name, provider=where.cluster.provider, owner=where.owner, principal=principal,
        operator=run.operator, backend=where.backend.address, state=state, sources=where.digest(),
        plan=saved.sha256(saved.plan_file(where.home)), at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=run.commit, imports=dict(imports),
    )  # fmt: skip


def change_data(each: Judged) -> dict[str, Any]:
    """One change as JSON."""
    change = each.change
    return {
        "risk": each.risk, "action": change.action, "address": change.address, "type": change.type,
        "imported": change.imported, "reason": change.reason,
        "attributes": [
            {"path": one.path, "before": one.before, "after": one.after, "replaces": one.replaces}
            for one in change.attributes
        ],
    }  # fmt: skip


def _make(
    run: Run, where: Site, terraform: Terraform, identity: Identity, imports: Mapping[str, str], told: progress.Progress
) -> tuple[Plan, Saved]:
    state = terraform.state().mark  # before the plan: who changes it meanwhile makes the plan a stale one
    file = saved.plan_file(where.home)
    terraform.plan(file, site.write_inputs(where, run), on_event=told)
    return terraform.show(file), facts(run, where, identity.principal, state, imports)
