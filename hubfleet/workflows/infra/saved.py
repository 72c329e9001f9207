"""The plan that was shown: kept as terraform saved it, bound to what it was made for, and removed once it is used.

A saved plan holds secrets: it is in a folder of mode 0700, itself of mode 0600.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from hubfleet.errors import Refused

_PLAN = "plan"
_ABOUT = "plan.json"


@dataclass(frozen=True)
class Saved:
    """What a saved plan is bound to.

    Args:
        cluster, provider, owner: for what: the owner is a project, account or subscription.
        principal: by whom, in the cloud's words; operator: in git's.
        backend: where its state is. state: which version of it (lineage and serial).
        sources: digest of the inputs and of terraform/.
        plan: SHA-256 of the plan itself.
        at: when (UTC, ISO 8601). commit: of which state of the repository.
        imports: what it adopts, ids by address.
    """

    cluster: str
    provider: str
    owner: str
    principal: str
    operator: str
    backend: str
    state: str
    sources: str
    plan: str
    at: str
    commit: str
    imports: dict[str, str]


def plan_file(home: Path) -> Path:
    """Where the plan of a cluster is."""
    return home / _PLAN


def keep(home: Path, about: Saved) -> None:
    """Write down what the plan is bound to. Without this it does not count."""
    fresh = home / f"{_ABOUT}.new"
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(about), file, indent=2)
    fresh.replace(home / _ABOUT)


def read(home: Path, cluster: str) -> Saved:
    """What the saved plan is bound to.

    Raises:
        Refused: there is none, or it is broken.
    """
    try:
        about = Saved(**json.loads((home / _ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        about = None
    if about is None or not plan_file(home).is_file():
        raise Refused(
            f"no plan of {cluster} is saved", where=str(home), next_step=f"./inv infra-plan {cluster} makes one"
        )
    return about


def remove(home: Path) -> None:
    """Remove the plan and what it is bound to."""
    for name in (_ABOUT, _PLAN):
        (home / name).unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refuse_unless_same(about: Saved, now: Saved) -> None:
    """The plan that is applied is the one that was shown, for this place and this state.

    Args:
        about: what the plan is bound to.
        now: the same facts, as they are.

    Raises:
        Refused: something is different, with what.
    """
    again = f"./inv infra-plan {now.cluster} makes a new one"
    if (about.cluster, about.provider, about.owner) != (now.cluster, now.provider, now.owner):
        raise Refused(
            "the saved plan is for another place",
            where=f"it is for {about.cluster}, {about.provider} {about.owner}",
            evidence=f"cluster.yaml is for {now.cluster}, {now.provider} {now.owner}",
            next_step=again,
        )
    if about.backend != now.backend:
        raise Refused(
            "the saved plan is for another state",
            evidence=f"then: {about.backend}\nnow:  {now.backend}",
            next_step=again,
        )
    if about.plan != now.plan:
        raise Refused("the saved plan is not the one that was shown", where=f"saved {about.at}", next_step=again)
    if about.sources != now.sources:
        raise Refused(
            "cluster.yaml or terraform/ changed since the plan was made",
            where=f"planned {about.at} by {about.operator}, at commit {about.commit or '?'}",
            next_step=again,
        )
    if about.state != now.state:
        raise Refused(
            "the state has changed since the plan was made: somebody else applied something, or a run was cut short",
            where=f"planned {about.at} by {about.operator}",
            evidence=f"state (lineage/serial) then: {about.state}\nnow: {now.state}",
            next_step=again,
        )
