"""Waiting for what a cloud does in its own time: by id, so that any machine can go on waiting.

The operation is never stopped from here. A lost network or a busy API is waited out; an operation that the cloud no
longer knows is judged by what it should have done: the versions as they are.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from hubfleet.clouds.interface import Cloud, Missing, Operation, Unanswered, Versions
from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.process import pause
from hubfleet.runs import Run, Step

Reached = Callable[[Versions], bool]


class OperationFailed(HubfleetError):
    """The cloud says that it failed, or it is gone and did not do what it should have."""


@dataclass(frozen=True)
class Patience:
    """How to wait.

    Args:
        first: seconds between the first two looks. `longest`: between two later ones.
        total: seconds after which waiting ends; the operation goes on.
        silences: how many looks in a row may stay unanswered.
    """

    first: float = 2.0
    longest: float = 30.0
    total: float = 6 * 3600.0
    silences: int = 30


def carried_out(
    run: Run,
    name: str,
    cloud: Cloud,
    begin: Callable[[], Operation],
    reached: Reached,
    patience: Patience | None = None,
) -> Operation:
    """Begin an operation and wait for its end. Its id goes to the journal first: a resumed run goes on with the wait.

    One that this run began and that has failed or got lost meanwhile is begun anew: who resumes has seen to the cause.

    Args:
        run: the run, fresh or resumed.
        name: of the step.
        cloud: where.
        begin: begins it.
        reached: whether the versions are what the operation should make of them.
        patience: how to wait.

    Raises:
        OperationFailed, Unanswered, Interrupted: see `wait`.
    """
    for attempt in itertools.count(1):
        key = f"{name}: operation {attempt}"
        resumed = run.finished(key)
        facts = run.once(key, lambda: _facts(begin()))
        operation = Operation(facts["id"], facts["kind"], facts["target"], "running")
        if resumed and _is_over(cloud, operation, reached):
            continue
        with run.step(name) as step:
            return wait(cloud, operation, step, reached, patience)
    raise AssertionError


def wait(
    cloud: Cloud, operation: Operation, step: Step, reached: Reached, patience: Patience | None = None
) -> Operation:
    """Wait until it is done. Says progress.

    Raises:
        OperationFailed: with the cloud's words and the versions as they are.
        Unanswered: the cloud stayed silent for too many looks. HubfleetError: it took too long.
        Interrupted: Ctrl-C; the operation goes on, and the error says how to go on waiting.
    """
    try:
        return _wait(cloud, operation, step, reached, patience or Patience())
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(
            f"stopped waiting; the cloud goes on with: {_named(operation)}",
            where=f"operation {operation.id}",
            next_step="the same command again goes on waiting, from any machine",
        ) from None


def _wait(cloud: Cloud, operation: Operation, step: Step, reached: Reached, patience: Patience) -> Operation:
    ends = time.monotonic() + patience.total
    between, silences, said = patience.first, 0, ""
    while time.monotonic() < ends:
        asked_for: float | None = None
        try:
            found = cloud.operation(operation.id)
            silences = 0
        except Missing as trouble:
            return _judged(cloud, operation, reached, trouble)
        except Unanswered as trouble:
            silences += 1
            if silences >= patience.silences:
                raise _silent(operation, trouble) from trouble
            asked_for = trouble.retry_after
            line = f"no answer ({trouble.evidence.splitlines()[0] if trouble.evidence else trouble.what}); asking again"
        else:
            if found.state == "done":
                return found
            if found.state == "failed":
                raise _failed(cloud, operation, found.detail)
            line = f"{_named(operation)}: {found.detail or 'running'}"
        if line != said:
            step.say(line)
            said = line
        pause(max(asked_for or 0.0, between * random.uniform(0.8, 1.0)))  # noqa: S311  # spreads load, no secret
        between = min(between * 1.4, patience.longest)
    raise HubfleetError(
        f"it takes longer than {patience.total / 3600:.1f} h: {_named(operation)}",
        where=f"operation {operation.id}",
        next_step="it goes on; the same command again goes on waiting",
    )


def _is_over(cloud: Cloud, operation: Operation, reached: Reached) -> bool:
    """Whether it ended without doing what it should."""
    try:
        return cloud.operation(operation.id).state == "failed"
    except Missing:
        return not reached(cloud.versions())
    except Unanswered:
        return False


def _judged(cloud: Cloud, operation: Operation, reached: Reached, trouble: Missing) -> Operation:
    """The operation is gone: clouds forget them after days, or lose them. What it should have done tells."""
    versions = cloud.versions()
    if reached(versions):
        detail = f"the cloud no longer knows the operation; {told(versions)}"
        return replace(operation, state="done", detail=detail)
    raise OperationFailed(
        f"the cloud has lost: {_named(operation)}",
        where=f"operation {operation.id}",
        evidence=f"{told(versions)}\n{trouble.evidence}".strip(),
        next_step="the same command again begins it anew",
    )


def _failed(cloud: Cloud, operation: Operation, words: str) -> OperationFailed:
    try:
        as_is = told(cloud.versions())
    except HubfleetError as trouble:
        as_is = f"the versions can not be read: {trouble.what}"
    return OperationFailed(
        f"the cloud could not finish: {_named(operation)}",
        where=f"operation {operation.id}",
        evidence=f"{words}\nnow: {as_is}",
        next_step="remove the cause; the same command again begins it anew",
    )


def _silent(operation: Operation, trouble: Unanswered) -> Unanswered:
    return Unanswered(
        f"the cloud no longer answers; it may go on with: {_named(operation)}",
        where=f"operation {operation.id}",
        evidence=trouble.evidence or trouble.what,
        next_step="the same command again goes on waiting",
    )


def told(versions: Versions) -> str:
    """The versions in one line."""
    pools = ", ".join(f"{each.name} {each.version}" for each in versions.pools)
    return f"control plane {versions.control_plane}" + (f"; pools: {pools}" if pools else "")


def _named(operation: Operation) -> str:
    return f"{operation.kind} {operation.target}".strip()


def _facts(operation: Operation) -> dict[str, str]:
    return {"id": operation.id, "kind": operation.kind, "target": operation.target}
