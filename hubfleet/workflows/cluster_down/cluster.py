"""The workflow of teardown-cluster, as a list of named parts. Run again, it goes on where it was."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hubfleet import clouds, toolchain
from hubfleet.clouds.access import Access
from hubfleet.clouds.interface import LoginNeeded, Missing
from hubfleet.errors import HubfleetError, Interrupted, Refused, WrongUsage
from hubfleet.runs import Run
from hubfleet.tools.helm import Helm
from hubfleet.workflows.cluster_down import inhabitants, support
from hubfleet.workflows.cluster_down.inhabitants import Inhabitants
from hubfleet.workflows.infra import destroy
from hubfleet.workflows.infra.destroy import Destroyed, Options
from hubfleet.workflows.infra.site import Site
from hubfleet.workflows.leftovers import Scan, scan


@dataclass
class Outcome:
    """How far it came.

    Args:
        destroyed: what terraform destroyed; None where it did not come to that, or not to the end.
        left: what carries the cluster's tags in the cloud; None where nothing was changed.
        volumes: of support, that stay because their class says so.
        trouble: what failed; None: nothing did.
        steps: name and seconds of each.
    """

    cluster: str
    destroyed: Destroyed | None = None
    left: Scan | None = None
    volumes: tuple[str, ...] = ()
    trouble: HubfleetError | None = None
    steps: tuple[tuple[str, float], ...] = field(default=())


def reach(where: Site, *, skip_support: bool) -> Access | None:
    """How to reach the cluster; None where it is gone already, or shall not be looked at.

    Raises:
        Refused, LoginNeeded: our credentials are not for it. Refused: it does not answer.
    """
    if skip_support:
        return None
    try:
        found = clouds.access(where.cluster)
        found.kube.version()
    except Missing:
        return None
    except (Refused, LoginNeeded):
        raise
    except HubfleetError as trouble:
        name = where.cluster.name
        raise Refused(
            f"the Kubernetes of {name} does not answer, so nobody can say who is still on it",
            where=trouble.where,
            evidence=f"{trouble.what}\n{trouble.evidence}".strip(),
            next_step="mend that; or, if it is broken for good: --skip-support, and ./inv leftovers afterwards, "
            "because its load balancers and volumes stay in the cloud",
        ) from trouble
    return found


def look(where: Site, access: Access | None) -> Inhabitants:
    """Who is still there.

    Raises:
        Refused: the files say that hubs are; all of them. HubfleetError: the cluster does not answer.
    """
    destroy.refuse_hubs(where)
    return inhabitants.look(where.cluster, access.kube) if access else Inhabitants({})


def refuse_inhabited(where: Site, found: Inhabitants) -> None:
    """Raises Refused while somebody or something is there: with all of it, not only the first."""
    refused = inhabitants.refusals(where.cluster, found)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise Refused(
            f"{where.cluster.name} can not be taken down yet",
            where=where.cluster.at.file,
            evidence="\n".join(f"{each.what}:\n{each.evidence}" for each in refused),
            next_step="; ".join(each.next_step for each in refused),
        )


def teardown_cluster(run: Run, where: Site, options: Options, *, skip_support: bool = False) -> Outcome:
    """Take a cluster down. What fails is in the result, beside what was done and what is left.

    Raises:
        Refused, WrongUsage, LoginNeeded: before anything was changed. Interrupted: Ctrl-C.
    """
    outcome = Outcome(where.cluster.name)
    begun: list[bool] = []
    with run.step("look who is there") as step:
        where.cloud.check()
        access = reach(where, skip_support=skip_support)
        found = look(where, access)
        refuse_inhabited(where, found)
        step.say("it is not looked at" if skip_support else "nobody" if access else "the Kubernetes is gone already")

    def first() -> None:
        begun.append(True)
        if access:
            outcome.volumes = _support_down(run, where, access, found)

    try:
        outcome.destroyed = destroy.destroy_cluster(run, where, replace(options, first=first))
    except (Interrupted, WrongUsage, LoginNeeded):
        raise
    except HubfleetError as trouble:
        if not begun:
            raise
        outcome.trouble = trouble
    with run.step("look what is left") as step:
        outcome.left = scan(where.cluster)
        step.say(f"{len(outcome.left.leftovers)} things, about {outcome.left.dollars_per_month:.2f} $ a month")
    outcome.steps = tuple(run.seconds())
    return outcome


def _support_down(run: Run, where: Site, access: Access, found: Inhabitants) -> tuple[str, ...]:
    if found.support:
        with run.step("uninstall support"):
            helm = Helm(toolchain.tool("helm", where.root), access)
            support.uninstall(helm, run.log("helm"))
    with run.step("wait until support's load balancers and disks are gone") as step:
        return support.clear(access.kube, step.say)
