"""What a person says about a new hub, made into what it asks for and what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from hubfleet.errors import WrongUsage
from hubfleet.fleet import times
from hubfleet.fleet.home_server import free_address
from hubfleet.fleet.load import load_whole_fleet
from hubfleet.fleet.model import Access
from hubfleet.fleet.resolve import BASEHUB, basehub_root
from hubfleet.workflows.new.answers import Ask, Question, answered
from hubfleet.workflows.new.hub import Contact, Event, Hub, file_store, refuse_name
from hubfleet.workflows.new.hub_text import COMMUNITY_TYPES, LOGINS, NAMED_BY_EMAIL, QUOTAS
from hubfleet.workflows.new.placement import Crowd, Need, Proposal, expected_of, place_of, propose

if TYPE_CHECKING:
    from hubfleet.fleet.model import Cluster, Fleet

_CONTACT = re.compile(r"(?:(?P<name>[^<>]+?)\s*<)?(?P<email>[^<>\s]+@[^<>\s]+?)>?(?:\s+(?P<role>\w+))?")
_TYPES = ("community-college", "research-team", "university", "event")


@dataclass(frozen=True)
class Wishes:
    """What the options said; empty where they said nothing."""

    flags: Mapping[str, str]
    contacts: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    compliance: tuple[str, ...] = ()
    own_billing: bool = False
    people: int = 0


def proposed(root: Path, name: str, wishes: Wishes, now: datetime, ask: Ask | None) -> Proposal:
    """Where a hub should live.

    Raises:
        WrongUsage: the options are not right.
        InvalidConfiguration: the fleet can not be read.
    """
    fleet = load_whole_fleet(root)
    answers = answered(dict(wishes.flags), [_use_case(root)], ask)
    event = _event(wishes, name)
    crowd = Crowd(times.start(event.start), times.end(event.end), event.people) if event else None
    usual = expected_of(answers["--use-case"])
    people = usual if event or not wishes.people else wishes.people
    need = Need(
        hub=name,
        community=wishes.flags.get("--community", ""),
        people=people,
        own_billing=wishes.own_billing,
        region=wishes.flags.get("--data-region", ""),
        compliance=wishes.compliance,
        event=crowd,
        provider=wishes.flags.get("--provider", ""),
    )
    return propose(need, [place_of(cluster, now) for cluster in fleet.clusters])


def wished_hub(root: Path, cluster_name: str, name: str, wishes: Wishes, ask: Ask | None) -> Hub:
    """The hub that was asked for, from options and answers.

    Args:
        root: the repository.
        cluster_name: where it is to live.
        name: of the hub.
        wishes: what the options said.
        ask: how to ask for the others; None: there is no terminal.

    Raises:
        WrongUsage: something is missing, or not right.
        Refused: there is such a hub.
    """
    fleet = load_whole_fleet(root)
    cluster = fleet.cluster(cluster_name)
    refuse_name(cluster, name)
    flags = dict(wishes.flags)
    use_case = _use_case(root)
    login = _login(fleet, cluster)
    if ask is None:
        answered(flags, [use_case, *_questions(fleet, cluster, name, "", login), *_people(wishes, login, {})], None)
    flags |= answered(flags, [use_case], ask)
    answers = answered(flags, _questions(fleet, cluster, name, flags["--use-case"], login), ask)
    chosen = answers.get("--login", "") if login is None else flags.get("--login", "")
    people = answered({}, _people(wishes, login, answers), ask)
    contacts = tuple(_contact(each) for each in wishes.contacts or (people["--contact"],))
    return Hub(
        name=name,
        domain=answers["--domain"],
        use_case=flags["--use-case"],
        stage=answers["--stage"],
        access=answers["--access"],
        community_type=answers["--community-type"],
        contacts=contacts,
        homes=_homes(cluster, flags),
        display_name=answers["--display-name"],
        community=answers["--community"],
        login=chosen,
        admins=_admins(wishes, chosen or login or "", contacts, people),
        members=wishes.members,
        people=wishes.people if wishes.people and not flags.get("--event-dates") else None,
        event=_event(wishes, answers["--display-name"]),
    )


def _use_case(root: Path) -> Question:
    folder = basehub_root(root) / BASEHUB / "use-cases"
    return Question(
        "--use-case", "what the hub is for", choices=tuple(sorted(each.stem for each in folder.glob("*.yaml")))
    )


def _questions(fleet: Fleet, cluster: Cluster, name: str, use_case: str, login: str | None) -> list[Question]:
    under = cluster.domain or ("localhost" if cluster.provider == "local" else "")
    title = name.replace("-", " ").title()
    stages = fleet.settings.stages
    stage = "production" if "production" in stages else stages[-1]
    hub = "$defs/hub/properties"
    return [
        Question("--display-name", "name for people", f"{hub}/display_name", title),
        Question("--domain", "where users find it, such as lab.hubs.example.org", "$defs/domain",
                 f"{name}.{under}" if under else ""),
        Question("--community-type", "kind of community", default=COMMUNITY_TYPES.get(use_case, "university"),
                 choices=_TYPES),
        Question("--community", "name of the community", f"{hub}/community/properties/name", title),
        Question("--access", "who may log in", default="members", choices=get_args(Access)),
        Question("--stage", "when changes reach it", default=stage, choices=stages),
        *([Question("--login", "how users log in", default="github", choices=LOGINS)] if login is None else []),
    ]  # fmt: skip


def _login(fleet: Fleet, cluster: Cluster) -> str | None:
    """The authenticator that the cluster's common values set; None when they set none."""
    from hubfleet.fleet.document import load_yaml
    from hubfleet.fleet.layers import lookup

    if cluster.common_values is None:
        return None
    values = load_yaml(cluster.common_values, fleet.root).data
    try:
        found = lookup(values, ("jupyterhub", "hub", "config", "JupyterHub", "authenticator_class"))
    except KeyError:
        return None
    return found if isinstance(found, str) and found != "null" else None


def _homes(cluster: Cluster, flags: Mapping[str, str]) -> dict[str, str]:
    kind = flags.get("--homes", "") or file_store(cluster) or "pvc"
    quota = flags.get("--quota", "") or QUOTAS.get(flags["--use-case"], "10Gi")
    if kind == "none":
        return {"kind": kind}
    return {"kind": kind, **({"server": _server(cluster)} if kind == "nfs" else {}), "quota": quota}


def _server(cluster: Cluster) -> str:
    """An address for the hub's own file server.

    Raises:
        WrongUsage: none can be proposed.
    """
    found = free_address(cluster)
    if found:
        return found
    known = cluster.outputs.services_range
    raise WrongUsage(
        "no address can be proposed for the hub's own file server",
        where=str(cluster.at),
        evidence=f"those of {known} are all taken" if known else "the range of the cluster's services is not known yet",
        next_step="another kind of homes" if known else f"./inv infra-apply {cluster.name} writes it to outputs.yaml",
    )


def _people(wishes: Wishes, login: str | None, answers: Mapping[str, str]) -> list[Question]:
    """Whom nobody has named yet: a contact; and who may log in first, unless that is a contact's address."""
    said = {**wishes.flags, **answers}
    by = said.get("--login") or login or "github"
    questions = []
    if not wishes.contacts:
        questions.append(Question("--contact", 'whom to tell before a change, as "Ada <ada@example.org>"'))
    known = wishes.admins or wishes.members or by in NAMED_BY_EMAIL
    if (said.get("--access") or "members") == "members" and not known:
        words = f"user name ({by}) of the community's administrator"
        questions.append(Question("--admin", words, form=r"\S+", hint="a name without spaces"))
    return questions


def _contact(text: str) -> Contact:
    match = _CONTACT.fullmatch(text.strip())
    if match is None:
        raise WrongUsage(
            f"{text!r} is no contact", next_step='write "Ada <ada@example.org>", or "Ada <ada@example.org> owner"'
        )
    email = match["email"]
    return Contact(match["name"] or email.partition("@")[0], email, match["role"] or "")


def _admins(wishes: Wishes, login: str, contacts: Sequence[Contact], answers: Mapping[str, str]) -> tuple[str, ...]:
    """Who may log in first. Where user names are email addresses, the contacts are known already."""
    if "--admin" in answers:
        return (answers["--admin"],)
    if wishes.admins or wishes.members or login not in NAMED_BY_EMAIL:
        return wishes.admins
    return tuple(each.email for each in contacts)


def _event(wishes: Wishes, name: str) -> Event | None:
    """The event that `--event-dates` says, for as many people as `--users`.

    Raises:
        WrongUsage: no such days, or nobody said how many people come.
    """
    written = wishes.flags.get("--event-dates", "")
    if not written:
        return None
    start, dots, end = written.partition("..")
    start, end = start.strip(), end.strip() if dots else start.strip()
    form = "write two days, such as --event-dates 2027-03-08..2027-03-10, or times with their zone"
    try:
        if times.end(end) <= times.start(start):
            raise WrongUsage(f"the event ends before it starts: {written}", next_step=form)
    except (ValueError, TypeError):
        raise WrongUsage(f"{written!r} are no days", next_step=form) from None
    if not wishes.people:
        raise WrongUsage("--users is missing", next_step="--users N: how many people come at the same time")
    return Event(wishes.flags.get("--event-name", "") or name, start, end, wishes.people)
