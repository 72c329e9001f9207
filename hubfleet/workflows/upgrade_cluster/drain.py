"""Emptying a pool: users' servers are waited for until a deadline, then asked to leave; budgets are respected.

An upgrade closes the nodes only when nobody is there or the deadline is over, because new servers would otherwise have
no place: the cloud adds nodes of the old version until its upgrade begins. `drain_pool` closes them first, for a pool
that another one replaces.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from hubfleet import process
from hubfleet.clouds.waiting import OperationFailed
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.process import pause
from hubfleet.runs import Run, Step
from hubfleet.tools.kubernetes import Kube, Unreachable
from hubfleet.tools.nodes import Node, Pod, close, evict, nodes, pods_to_move, reopen

_SHOWN = 8


class NotEmptied(HubfleetError):
    """Pods do not leave: a disruption budget, or a pod that does not end."""


@dataclass(frozen=True)
class Pace:
    """How to wait, in seconds.

    Args:
        look: between two looks for users.
        retry: between two tries to evict.
        patience: until everything that was asked to leave must have left.
        silences: how many looks in a row may stay unanswered.
    """

    look: float = 20.0
    retry: float = 5.0
    patience: float = 1800.0
    silences: int = 30


@contextmanager
def users_gone(run: Run, kube: Kube, pool: str, deadline: datetime, pace: Pace) -> Iterator[None]:
    """The block runs when no user's server is in the pool and its nodes are closed.

    When the pool can not be emptied, or the cloud's operation in the block fails, the nodes are opened again.

    Raises:
        NotEmptied: some servers do not leave. The nodes are open.
    """
    try:
        with run.step(f"wait for the users of pool {pool}") as step:
            _wait_and_close(run, kube, pool, deadline, pace, step)
            _evict(kube, pool, pace, step, servers_only=True)
    except BaseException:
        _open_again(run, kube, pool)
        raise
    try:
        yield
    except OperationFailed:
        _open_again(run, kube, pool)
        raise


def drain_pool(run: Run, kube: Kube, pool: str, deadline: datetime, pace: Pace | None = None) -> int:
    """Close a pool's nodes, wait for its users until the deadline, and move everything else away.

    Returns:
        How many nodes are empty now. They stay closed.

    Raises:
        WrongUsage: there is no such pool. NotEmptied: some pods do not leave; the nodes stay closed.
    """
    paced = pace or Pace()
    found = _known(kube, pool)
    with run.step(f"close {len(found)} nodes of pool {pool}"):
        for node in found:
            if not node.closed:
                close(kube, node.name, run.id)
    with run.step(f"wait for the users of pool {pool}") as step:
        _watch(kube, pool, deadline, paced, step)
    with run.step(f"empty pool {pool}") as step:
        _evict(kube, pool, paced, step, servers_only=False)
    return len(found)


def reopen_pool(kube: Kube, pool: str) -> int:
    """Open every closed node of a pool again; how many were.

    Raises:
        WrongUsage: there is no such pool.
    """
    closed = [node for node in _known(kube, pool) if node.closed]
    for node in closed:
        reopen(kube, node.name)
    return len(closed)


def _known(kube: Kube, pool: str) -> tuple[Node, ...]:
    found = nodes(kube, pool) if pool else ()
    if not found:
        others = sorted({node.pool for node in nodes(kube)} - {""})
        raise WrongUsage(f"no node is in a pool {pool}", evidence=f"pools with nodes: {', '.join(others) or 'none'}")
    return found


def _wait_and_close(run: Run, kube: Kube, pool: str, deadline: datetime, pace: Pace, step: Step) -> None:
    """Nodes are closed when this returns; servers are left only when the deadline is over."""
    while True:
        over = _watch(kube, pool, deadline, pace, step)
        for node in nodes(kube, pool):
            if not node.closed:
                close(kube, node.name, run.id)
        if over or not _servers(kube, pool):
            return
        step.say("somebody came back; waiting again")
        _open_again(run, kube, pool)


def _watch(kube: Kube, pool: str, deadline: datetime, pace: Pace, step: Step) -> bool:
    """Until no user's server is in the pool (False), or the deadline is over (True)."""
    silences, said = 0, ""
    while True:
        try:
            count = len(_servers(kube, pool))
            silences = 0
            line = f"{count} users' servers run; waiting until {deadline:%Y-%m-%d %H:%M} UTC"
        except Unreachable as trouble:
            silences += 1
            if silences >= pace.silences:
                raise
            count, line = -1, f"no answer ({trouble.what}); asking again"
        left = (deadline - datetime.now(UTC)).total_seconds()
        if count == 0:
            step.say("no user is there")
            return False
        if left <= 0 and count > 0:
            step.say(f"the deadline is over; {count} users' servers are asked to leave")
            return True
        if line != said:
            step.say(line)
            said = line
        pause(min(pace.look, max(left, pace.retry)))


def _evict(kube: Kube, pool: str, pace: Pace, step: Step, *, servers_only: bool) -> None:
    ends = time.monotonic() + pace.patience
    refused: dict[Pod, str] = {}
    while left := [pod for pod in _pods(kube, pool) if pod.server or not servers_only]:
        if time.monotonic() > ends:
            raise _not_emptied(pool, left, refused)
        for pod in left:
            outcome, words = evict(kube, pod)
            if outcome == "refused" and refused.get(pod) != words:
                step.say(f"{pod} may not leave yet: {words}")
                refused[pod] = words
        pause(pace.retry)


def _not_emptied(pool: str, left: Sequence[Pod], refused: dict[Pod, str]) -> NotEmptied:
    shown = [f"{pod}: {refused.get(pod, 'was asked to leave and is still there')}" for pod in left[:_SHOWN]]
    more = [f"and {len(left) - _SHOWN} more"] if len(left) > _SHOWN else []
    return NotEmptied(
        f"{len(left)} pods do not leave pool {pool}",
        where=f"pool {pool}",
        evidence="\n".join([*shown, *more]),
        next_step="mend the pods or their disruption budget; the same command again goes on",
    )


def _open_again(run: Run, kube: Kube, pool: str) -> None:
    """Those that this run closed. What can not be opened is said: users would find no place there."""
    with process.undoing(), run.step(f"open the nodes of pool {pool} again") as step:
        try:
            for node in nodes(kube, pool):
                if node.closed_by == run.id:
                    reopen(kube, node.name)
        except HubfleetError as trouble:
            step.say(f"they are still closed: {trouble.what}; ./inv drain-pool --reopen opens them")


def _pods(kube: Kube, pool: str) -> tuple[Pod, ...]:
    return pods_to_move(kube, {node.name for node in nodes(kube, pool)})


def _servers(kube: Kube, pool: str) -> list[Pod]:
    return [pod for pod in _pods(kube, pool) if pod.server]
