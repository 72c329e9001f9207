"""A new cluster: its folder in `clusters/`, whole and valid, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from hubfleet.errors import Refused, WrongUsage
from hubfleet.fleet.load import read_fleet
from hubfleet.fleet.model import Provider
from hubfleet.fleet.names import did_you_mean
from hubfleet.validation.rules.undecided import lines_marked
from hubfleet.workflows.new import draft
from hubfleet.workflows.new.answers import Ask, Question, answered, name_trouble, near_name
from hubfleet.workflows.new.cluster_text import PLACE_KEYS, cluster_text, common_text, place_keys, support_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


PROVIDERS = get_args(Provider)
_WORDS = {
    "project": "Google Cloud project (its id)",
    "location": "region or zone, such as us-west1",
    "account": "AWS account, 12 digits",
    "region": "AWS region, such as eu-west-1",
    "subscription": "Azure subscription (its id)",
    "resource_group": "Azure resource group, made for this cluster alone",
    "context": "context of your kubeconfig",
}


@dataclass(frozen=True)
class Cluster:
    """What a new cluster is.

    Args:
        name: its name, and its folder's.
        provider: gcp, aws, azure, kubeconfig or local.
        place: the provider's own coordinates.
        domain: what its hubs' domains end with; empty: not decided.
        display_name: its name for people; empty: its name.
        admins: user names that are administrators of every hub.
        community: the only community with hubs there; empty: many.
        compliance: rules that it is set up for.
    """

    name: str
    provider: str
    place: Mapping[str, str]
    domain: str = ""
    display_name: str = ""
    admins: tuple[str, ...] = ()
    community: str = ""
    compliance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """What was written, or would be: texts by file name relative to the repository; `to_decide`: some of it is open."""

    files: Mapping[str, str] = field(repr=False)
    to_decide: bool = False
    notes: tuple[str, ...] = ()


def asked_for(root: Path, name: str, given: Mapping[str, str], ask: Ask | None) -> Cluster:
    """The cluster that was asked for, from options and answers.

    Args:
        root: the repository.
        name: of the new cluster.
        given: options by name (`provider`, `project`, `resource_group`, `domain`, ...); empty ones were not given.
        ask: how to ask for the others; None: there is no terminal.

    Raises:
        Refused: there is such a cluster.
        WrongUsage: something is missing, or not right.
    """
    _refuse_name(root, name)
    flags = {_flag(key): value for key, value in given.items() if value}
    provider = _provider(flags, ask)
    keys = PLACE_KEYS[provider]
    strange = sorted({_flag(key) for keys_ in PLACE_KEYS.values() for key in keys_} - {_flag(key) for key in keys})
    if wrong := [flag for flag in strange if flag in flags]:
        raise WrongUsage(
            f"{' and '.join(wrong)} {'does' if len(wrong) == 1 else 'do'} not belong to the provider {provider}",
            next_step=f"{provider} takes {', '.join(map(_flag, keys)) or 'no place'}",
        )
    questions = [_question(provider, key) for key in keys]
    domain = Question("--domain", "what the hubs' domains end with, such as hubs.example.org", "$defs/domain")
    if flags.get("--domain") or (provider != "local" and ask is not None):
        questions.append(domain)
    answers = answered(flags, questions, ask)
    place = {key: answers[_flag(key)] for key in keys}
    return Cluster(name, provider, place, answers.get("--domain", ""))


def files_of(cluster: Cluster) -> dict[str, str]:
    """The files of a new cluster, by name relative to the repository. Pure."""
    folder = f"clusters/{cluster.name}"
    return {
        f"{folder}/cluster.yaml": cluster_text(cluster),
        f"{folder}/common.values.yaml": common_text(cluster),
        f"{folder}/support.values.yaml": support_text(cluster),
    }


def make(root: Path, cluster: Cluster, *, write: bool = True) -> Written:
    """Write the new cluster's folder in one step, after a look at the fleet as it would be.

    Args:
        root: the repository.
        cluster: what is made.
        write: False: everything but the writing.

    Raises:
        InvalidConfiguration: it would not be valid.
        Refused: there is such a cluster.
    """
    files = files_of(cluster)
    with draft.alone(root) as scratch:
        others = _refuse_name(root, cluster.name)
        _refuse_same_kubernetes(root, cluster)
        (root / "clusters").mkdir(exist_ok=True)
        draft.tried(root, scratch, files, cluster.name, None)
        if write:
            draft.placed_folder(root, scratch, f"clusters/{cluster.name}")
    near = near_name(cluster.name, others)
    to_decide = any(map(lines_marked, files.values()))
    return Written(files, to_decide, (f"there is also a cluster {near}: do not mix them up",) if near else ())


def _refuse_name(root: Path, name: str) -> list[str]:
    """The names of the clusters that there are, if the new one may have this name."""
    taken = sorted(path.name for path in (root / "clusters").glob("*"))
    if name in taken:
        raise Refused(
            f"there is already a cluster {name}: nothing was written",
            where=f"clusters/{name}",
            next_step="choose another name; ./inv new-hub adds a hub to a cluster that is there",
        )
    if trouble := name_trouble(name, taken, "cluster"):
        raise WrongUsage(f"{name!r} can not be the cluster's name", evidence=trouble, next_step="choose another name")
    return taken


def _refuse_same_kubernetes(root: Path, cluster: Cluster) -> None:
    """Validation would say it at whichever of the two comes later."""
    fleet = read_fleet(root).fleet
    place = place_keys(cluster)
    for other in fleet.clusters if fleet else ():
        if place and other.provider == cluster.provider and other.place == place:
            raise Refused(
                f"this is the Kubernetes of cluster {other.name}: nothing was written",
                where=str(other.at),
                next_step=f"./inv new-hub {other.name}/HUB adds a hub to it",
            )


def _provider(flags: Mapping[str, str], ask: Ask | None) -> str:
    given = flags.get("--provider", "")
    if given and given not in PROVIDERS:
        raise WrongUsage(f"there is no provider {given}", next_step=did_you_mean(given, PROVIDERS))
    question = Question("--provider", "where the cluster is or will be", choices=PROVIDERS)
    return answered(dict(flags), [question], ask)["--provider"]


def _question(provider: str, key: str) -> Question:
    if (provider, key) == ("azure", "location"):  # no part of the section azure: infrastructure.location has it
        return Question("--location", "Azure location", form="[a-z]+[0-9]?", hint="a short name such as westeurope")
    return Question(_flag(key), _WORDS[key], f"properties/{provider}/properties/{key}")


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"
