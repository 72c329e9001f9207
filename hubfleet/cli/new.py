"""New clusters and hubs"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoke.context import Context

from hubfleet.cli.base import say, task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hubfleet.validation.rendering import Renderer
    from hubfleet.workflows.new.placement import Proposal

_PLAN_HELP = "show the files and write nothing"


@task(
    positional=["name"],
    iterable=["admin", "compliance"],
    help={
        "name": "name of the new cluster, and of its folder",
        "provider": "gcp, aws, azure, kubeconfig or local",
        "project": "gcp: the project's id",
        "location": "gcp: region or zone; azure: location",
        "account": "aws: account of 12 digits",
        "region": "aws: region",
        "subscription": "azure: the subscription's id",
        "resource-group": "azure: resource group, made for this cluster alone",
        "context": "kubeconfig: the context",
        "domain": "what the hubs' domains end with",
        "display-name": "name for people",
        "admin": "user name of an administrator of all its hubs, repeatable",
        "reserved-for": "the only community that has hubs there, such as one that pays its own bill",
        "compliance": "rules that the cluster is set up for, such as HIPAA, repeatable",
        "plan-only": _PLAN_HELP,
    },
)
def new_cluster(
    c: Context,
    name: str,
    provider: str = "",
    project: str = "",
    location: str = "",
    account: str = "",
    region: str = "",
    subscription: str = "",
    resource_group: str = "",
    context: str = "",
    domain: str = "",
    display_name: str = "",
    admin: list[str] | None = None,
    reserved_for: str = "",
    compliance: list[str] | None = None,
    plan_only: bool = False,
) -> None:
    """Write the files of a new cluster, which validate at once; asks at a terminal for what is missing."""
    from dataclasses import replace

    from hubfleet import paths
    from hubfleet.workflows.new import cluster as new

    root = paths.repository()
    given = {
        "provider": provider, "project": project, "location": location, "account": account, "region": region,
        "subscription": subscription, "resource_group": resource_group, "context": context, "domain": domain,
    }  # fmt: skip
    wanted = replace(
        new.asked_for(root, name, given, _asking()),
        display_name=display_name,
        admins=tuple(admin or ()),
        community=reserved_for,
        compliance=tuple(compliance or ()),
    )
    written = new.make(root, wanted, write=not plan_only)
    if plan_only:
        _show_files(written.files)
        return
    for note in written.notes:
        say.warn(note)
    say.done(f"clusters/{name} is written and valid: {', '.join(each.rpartition('/')[2] for each in written.files)}")
    keys = "put your team's keys for its secrets into .sops.yaml, then"
    say.info("next: decide what is marked DECIDE, " + keys if written.to_decide else f"next: {keys}")
    say.info(f"      ./inv new-hub {name}/HUB")


@task(
    positional=["hub"],
    iterable=["contact", "admin", "member", "compliance"],
    help={
        "hub": "CLUSTER/HUB; or HUB alone: says where it should live, and why",
        "use-case": "education, research, event or another of helm/basehub/use-cases",
        "domain": "where users find it; default: HUB.<domain of the cluster>",
        "display-name": "name for people",
        "community": "name of the community",
        "community-type": "community-college, research-team, university or event",
        "contact": 'whom to tell before a change: "Ada <ada@example.org>", repeatable',
        "admin": "user name of an administrator of the hub, repeatable",
        "member": "user name that may log in, repeatable",
        "access": "members (default), public or staff",
        "login": "github, google or cilogon; default: what the cluster's common values say, else github",
        "stage": "staging, canary or production (default)",
        "homes": "kind of homes; default: the cluster's file store, else pvc",
        "quota": "space of one user, such as 10Gi",
        "users": "the most people at the same time; with --event-dates: at the event",
        "event-dates": "days on which many come: 2027-03-08..2027-03-10",
        "event-name": "what happens on these days",
        "own-billing": "the community pays its own bill",
        "data-region": "region where its data is, or has to be",
        "compliance": "rules that its data comes under, such as HIPAA, repeatable",
        "provider": "the cloud that the community chose",
        "plan-only": _PLAN_HELP,
        "json": "where it should live, as JSON on stdout (schemas/proposal.schema.yaml); writes nothing",
    },
)
def new_hub(
    c: Context,
    hub: str,
    use_case: str = "",
    domain: str = "",
    display_name: str = "",
    community: str = "",
    community_type: str = "",
    contact: list[str] | None = None,
    admin: list[str] | None = None,
    member: list[str] | None = None,
    access: str = "",
    login: str = "",
    stage: str = "",
    homes: str = "",
    quota: str = "",
    users: int = 0,
    event_dates: str = "",
    event_name: str = "",
    own_billing: bool = False,
    data_region: str = "",
    compliance: list[str] | None = None,
    provider: str = "",
    plan_only: bool = False,
    json: bool = False,
) -> None:
    """Add a hub to a cluster, valid at once; without a cluster it says where the hub should live, and why."""
    from datetime import UTC, datetime

    from hubfleet import paths
    from hubfleet.workflows.new.wishes import Wishes, proposed

    root = paths.repository()
    flags = {
        "--use-case": use_case, "--domain": domain, "--display-name": display_name, "--community": community,
        "--community-type": community_type, "--access": access, "--login": login, "--stage": stage, "--homes": homes,
        "--quota": quota, "--event-dates": event_dates, "--event-name": event_name, "--data-region": data_region,
        "--provider": provider,
    }  # fmt: skip
    wishes = Wishes(
        {flag: value for flag, value in flags.items() if value},
        tuple(contact or ()), tuple(admin or ()), tuple(member or ()), tuple(compliance or ()), own_billing, users,
    )  # fmt: skip
    cluster, _, name = hub.rpartition("/")
    ask = None if json else _asking()
    if json or not cluster:
        proposal = proposed(root, name, wishes, datetime.now(UTC), ask)
        if json:
            say.data(proposal.as_data())
            return
        _show_proposal(proposal)
        if not proposal.cluster or ask is None or ask(f"write it to {proposal.cluster}? (yes, no) ").strip() != "yes":
            return
        cluster = proposal.cluster
    _make(root, cluster, name, wishes, ask, write=not plan_only)


def _make(root: Path, cluster: str, name: str, wishes: Any, ask: Any, *, write: bool) -> None:
    from hubfleet.workflows.new import hub as new
    from hubfleet.workflows.new.wishes import wished_hub

    wanted = wished_hub(root, cluster, name, wishes, ask)
    written = new.make(root, cluster, wanted, renderer=_renderer(root), write=write)
    if not write:
        _show_files(written.files)
        return
    for note in written.notes:
        say.warn(note)
    say.done(f"{cluster}/{name} is in {', '.join(sorted(written.files, reverse=True))}, and valid")
    say.info(f"next: {'decide what is marked DECIDE, ' if written.to_decide else ''}have it reviewed, then")
    say.info(f"      ./inv deploy-hub {cluster} {name}")
    for line in written.way_in:
        say.info(line)


def _show_proposal(proposal: Proposal) -> None:
    where = f"on the cluster {proposal.cluster}" if proposal.cluster else "on a cluster of its own, a new one"
    say.info(f"{proposal.hub} should live {where}:")
    for each in proposal.reasons:
        say.info(f"    {each.guideline.name}: {each.words}")
    for each in proposal.others:
        say.info(f"not on {each.cluster}: {each.words} ({each.guideline.name})")
    say.info("docs/when-to-make-a-new-cluster.md has the guidelines")
    say.text(proposal.command)


def _show_files(files: Any) -> None:
    for name, text in files.items():
        say.text(f"# {name}\n{text}")
    say.info("nothing was written")


def _asking() -> Callable[[str], str] | None:
    """How to ask at the terminal; None where there is none."""
    import sys

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> str:
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    return ask


def _renderer(root: Path) -> Renderer | None:
    """Renders where helm is at hand; where it is not, the files are read, which finds nearly all."""
    from hubfleet.cli.validate import renderer_of
    from hubfleet.errors import HubfleetError

    try:
        return renderer_of(root)
    except HubfleetError as trouble:
        say.warn(f"not rendered with helm: {trouble.what}")
        return None
