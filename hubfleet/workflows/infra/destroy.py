"""infra-destroy: what a cluster is made of goes, seen before, confirmed, and what holds data only if it was named.

Protection against deletion is lifted first, because clouds refuse otherwise. Then the archive is taken out of the
state, and stays: not before, as a lifting that is refused leaves a cluster that goes on, with its archive. At last a
plan of the destruction is saved, compared with what was confirmed, and applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet.errors import HubfleetError, Interrupted, Refused, WrongUsage
from hubfleet.runs import Run
from hubfleet.tools.terraform import Change, LockHeld, State, Terraform
from hubfleet.workflows.infra import outputs, progress, protection, risk, saved, site
from hubfleet.workflows.infra.plan import facts
from hubfleet.workflows.infra.progress import Earlier
from hubfleet.workflows.infra.risk import Judged
from hubfleet.workflows.infra.site import Site

ARCHIVE = "module.archive"


@dataclass(frozen=True)
class Destruction:
    """What would go.

    Args:
        changes: the most dangerous first.
        kept: addresses that stay in the cloud: the archive's.
        protected: addresses whose protection against deletion is lifted first.
        earlier: a run before this one that did not end well.
    """

    cluster: str
    owner: str
    changes: tuple[Judged, ...]
    kept: tuple[str, ...]
    protected: tuple[str, ...]
    earlier: Earlier | None = None

    @property
    def data(self) -> tuple[str, ...]:
        """Addresses of what holds data."""
        return tuple(each.change.address for each in self.changes if each.risk == "data")


@dataclass(frozen=True)
class Options:
    """How a person wants it.

    Args:
        allowed: addresses of what holds data and may go.
        confirm: the cluster's name; empty: ask.
        ask: asks a person; None: there is nobody to ask.
        show: shows what would go.
        command: what the person typed, for next steps: `infra-destroy` or `teardown-cluster`.
        first: done once it is confirmed, before anything is destroyed.
    """

    allowed: Sequence[str] = ()
    confirm: str = ""
    ask: Callable[[str], str] | None = None
    show: Callable[[Destruction], None] = lambda _: None
    command: str = "infra-destroy"
    first: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Destroyed:
    """A cluster whose infrastructure is gone.

    Args:
        gone: how many resources went in this run.
        kept: addresses that stay in the cloud.
        outputs: the file to commit; empty where nothing changed in it.
        steps: name and seconds of each.
    """

    cluster: str
    gone: int
    kept: tuple[str, ...]
    outputs: str
    steps: tuple[tuple[str, float], ...] = field(default=())


def refuse_hubs(where: Site) -> None:
    """Raises Refused while the files say that the cluster has hubs, with what to do about each."""
    alive = [hub for hub in where.cluster.hubs if hub.state != "retired"]
    if alive:
        name = where.cluster.name
        raise Refused(
            f"{name} has {len(alive)} hubs that are not retired",
            where=where.cluster.at.file,
            evidence="\n".join(f"{hub.at}: {hub.name} is {hub.state}" for hub in alive),
            next_step="for each: set `state: retired`, commit, then "
            + "; ".join(f"./inv teardown-hub {name} {hub.name}" for hub in alive),
        )


def look(run: Run, where: Site) -> Destruction:
    """What would go, by a plan that is not kept. Changes nothing.

    Raises:
        Refused: hubs are there, wrong account, or the state is locked. HubfleetError: terraform's errors.
    """
    refuse_hubs(where)
    with site.alone(where):
        _, found, _ = _look(run, where)
    return found


def destroy_cluster(run: Run, where: Site, options: Options) -> Destroyed:
    """Destroy what terraform made for a cluster. The same call goes on where it was, whatever cut it short.

    Raises:
        Refused: a guard said no, or nobody confirmed; nothing was changed.
        HubfleetError: something refused to go: what, and why; the rest is gone. Interrupted: Ctrl-C.
    """
    name = where.cluster.name
    refuse_hubs(where)
    if options.confirm and options.confirm != name:
        raise WrongUsage(f"--confirm {options.confirm} is not the name of the cluster", next_step=f"--confirm {name}")
    with site.alone(where):
        terraform, found, state = _look(run, where)
        if not state.instances:
            return Destroyed(name, 0, (), _forget_outputs(run, where), tuple(run.seconds()))
        options.show(found)
        changes = [each.change for each in found.changes]
        risk.refuse_losses(changes, options.allowed, f"./inv {options.command} {name}")
        _confirm(found, options)
        options.first()
        _lift(run, where, terraform, found)
        if found.kept:
            with run.step("leave the archive where it is") as step:
                terraform.forget(ARCHIVE)
                step.say(f"{len(found.kept)} resources are out of the state, and stay: {_bucket(where)}")
        _destroy(run, where, terraform, changes)
        left = terraform.state().instances
        written = _forget_outputs(run, where) if not left else ""
    return Destroyed(name, len(changes), found.kept, written, tuple(run.seconds()))


def _look(run: Run, where: Site) -> tuple[Terraform, Destruction, State]:
    earlier = progress.unfinished(where.root, where.cluster.name, but=run.id)
    with run.step("check the login") as step:
        identity = where.cloud.check()
        step.say(f"{identity.principal}, {where.cluster.provider} {where.owner}")
    saved.remove(where.home)
    with run.step("get providers and state"):
        terraform = site.prepare(where, run)
        state = terraform.state()
    name, owner = where.cluster.name, where.owner
    if not state.instances:
        return terraform, Destruction(name, owner, (), (), (), earlier), state
    with run.step("look what would be destroyed") as step:
        changes = _planned(run, where, terraform, progress.Progress(run, step))
    kept = tuple(each.address for each in state.instances if _of_archive(each.address))
    shown = risk.judged(each for each in changes if not _of_archive(each.address))
    return terraform, Destruction(name, owner, shown, kept, protection.protected(state), earlier), state


def _planned(run: Run, where: Site, terraform: Terraform, told: progress.Progress) -> tuple[Change, ...]:
    """What a plan of the destruction would do; the plan itself is thrown away."""
    file = where.home / "look"
    try:
        terraform.plan(file, _inputs(run, where), on_event=told, destroy=True)
        return terraform.show(file).changes
    finally:
        file.unlink(missing_ok=True)


def _confirm(found: Destruction, options: Options) -> None:
    """Raises Refused unless a person, or a script, gives the cluster's name."""
    if options.confirm == found.cluster:
        return
    question = (
        f"{len(found.changes)} resources of {found.cluster} ({found.owner}) will be destroyed, "
        f"{len(found.data)} of them hold data.\nType the cluster's name ({found.cluster}) to destroy them: "
    )
    typed = options.ask(question) if options.ask else ""
    if typed.strip() != found.cluster:
        raise Refused(
            f"{found.cluster} was not destroyed: nobody confirmed it",
            evidence="there is no terminal to ask at" if options.ask is None else "",
            next_step=f"add --confirm {found.cluster}",
        )


def _lift(run: Run, where: Site, terraform: Terraform, found: Destruction) -> None:
    """Lift the protection against deletion, and change nothing else."""
    if not found.protected:
        return
    with run.step("lift the protection against deletion") as step:
        told = progress.Progress(run, step)
        file = where.home / "lift"
        try:
            terraform.plan(file, _inputs(run, where), on_event=told, targets=found.protected)
            plan = terraform.show(file)
            protection.refuse_more(plan.changes, where.cluster.name)
            if plan.changes:
                terraform.apply(file, on_event=told)
        finally:
            file.unlink(missing_ok=True)


def _destroy(run: Run, where: Site, terraform: Terraform, confirmed: Sequence[Change]) -> None:
    with run.step("plan the destruction") as step:
        state = terraform.state().mark
        file = saved.plan_file(where.home)
        terraform.plan(file, _inputs(run, where), on_event=progress.Progress(run, step), destroy=True)
        changes = terraform.show(file).changes
        refuse_unconfirmed(changes, confirmed, where.cluster.name)
        saved.keep(where.home, facts(run, where, "", state, {}))
    with run.step("destroy") as step:
        told = progress.Progress(run, step)
        try:
            terraform.apply(saved.plan_file(where.home), on_event=told)
        except (LockHeld, Interrupted):
            raise
        except HubfleetError as trouble:
            raise _partly(trouble, terraform, changes, where.cluster.name) from trouble
        finally:
            saved.remove(where.home)


def refuse_unconfirmed(changes: Sequence[Change], confirmed: Sequence[Change], cluster: str) -> None:
    """Raises Refused where the plan does more than what was confirmed."""
    known = {(each.address, each.action) for each in confirmed}
    more = [each for each in changes if (each.address, each.action) not in known]
    if more:
        raise Refused(
            "more would be destroyed now than was shown; nothing was destroyed",
            evidence="\n".join(f"{each.action} {each.address}" for each in more),
            next_step=f"somebody works on {cluster}; look again",
        )


def _partly(trouble: HubfleetError, terraform: Terraform, changes: Sequence[Change], cluster: str) -> HubfleetError:
    """What is gone, what is left, and why."""
    try:
        left = [each.address for each in terraform.state().instances]
    except HubfleetError:
        return trouble
    gone = sum(1 for each in changes if each.address not in left)
    return HubfleetError(
        f"{gone} of {len(changes)} resources are gone, {len(left)} are left",
        where=f"left: {', '.join(left)}",
        evidence=trouble.evidence,
        next_step=f"mend what is said above, then run it again: it goes on with what is left of {cluster}",
    )


def _inputs(run: Run, where: Site) -> Path:
    return site.write_inputs(where, run, protected=False)


def _of_archive(address: str) -> bool:
    return address == ARCHIVE or address.startswith((f"{ARCHIVE}.", f"{ARCHIVE}["))


def _bucket(where: Site) -> str:
    return where.cluster.outputs.archive or "the archive's bucket"


def _forget_outputs(run: Run, where: Site) -> str:
    """outputs.yaml tells of what is gone, but for the archive."""
    with run.step("write outputs.yaml"):
        return outputs.keep_archive(where, run.commit)
