"""Emptying a pool: users' servers are waited for until a deadline, then asked to leave; budgets are respected.

An upgrade closes the nodes only when nobody is there or the deadline is over, because new servers would otherwise have
no place: the cloud adds nodes of the old version until its upgrade begins. `drain_pool` closes them first, for a pool
that another one replaces.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from hubfleet import process
from hubfleet.clouds.waiting import OperationFailed
from hubfleet.errors import HubfleetError, Interrupted, WrongUsage
from hubfleet.process import pause
from hubfleet.runs import Run, Step
from hubfleet.tools.kubernetes import Kube, Unreachable
from hubfleet.tools.nodes import Node, Pod, close, evict, nodes, pods_to_move, reopen

_SHOWN = 8
_UPGRADE = "upgrade-cluster"  # the workflow whose runs open again what they closed
_Found = TypeVar("_Found")


class NotEmptied(HubfleetError):
    """Pods do not leave: a disruption budget, or a pod that does not end."""


@dataclass(frozen=True)
class Pace:
    """How to wait, in seconds.

    Args:
        look: between two looks for users.
        retry: between two tries to evict.
        patience: until everything that was asked to leave must have left.
        silences: how often in a row the cluster may not answer.
    """

    look: float = 20.0
    retry: float = 5.0
    patience: float = 1800.0
    silences: int = 30


@contextmanager
def users_gone(run: Run, kube: Kube, pool: str, deadline: datetime, pace: Pace) -> Iterator[None]:
    """The block runs when no user's server is in the pool and its nodes are closed.

    When the pool can not be emptied, or the cloud's operation in the block fails, the nodes are opened again. So are
    those that an upgrade closed which was killed: users need a place while they are waited for.

    Raises:
        NotEmptied: some servers do not leave. The nodes are open.
    """
    asking = _Asking(kube, pool, pace)
    open_again(run, kube, pool)
    try:
        with run.step(f"wait for the users of pool {pool}") as step:
            _wait_and_close(run, asking, deadline, step)
            _evict(asking, step, servers_only=True)
    except BaseException:
        open_again(run, kube, pool)
        raise
    try:
        yield
    except OperationFailed:
        open_again(run, kube, pool)
        raise


def open_again(run: Run, kube: Kube, pool: str) -> None:
    """Open the nodes that an upgrade closed. What can not be opened is said: users would find no place there."""
    with process.undoing():
        try:
            for node in nodes(kube, pool):
                if node.closed_by.startswith(_UPGRADE):
                    with run.step(f"open node {node.name} again"):
                        reopen(kube, node.name)
        except HubfleetError as trouble:
            where = f"nodes of pool {pool} may still be closed: {trouble.what}; ./inv drain-pool --reopen opens them"
            run.record("said", "open the nodes again", text=where)


def drain_pool(run: Run, kube: Kube, pool: str, deadline: datetime, pace: Pace | None = None) -> int:
    """Close a pool's nodes, wait for its users until the deadline, and move everything else away.

    Returns:
        How many nodes are empty now. They stay closed.

    Raises:
        WrongUsage: there is no such pool. NotEmptied: some pods do not leave; the nodes stay closed.
        Interrupted: Ctrl-C; the nodes stay closed.
    """
    found = _known(kube, pool)
    try:
        _drain(run, kube, pool, found, deadline, pace or Pace())
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(
            f"stopped; the nodes of pool {pool} stay closed",
            where=f"pool {pool}",
            next_step="the same command again goes on; with --reopen it opens them",
        ) from None
    return len(found)


def _drain(run: Run, kube: Kube, pool: str, found: Sequence[Node], deadline: datetime, pace: Pace) -> None:
    asking = _Asking(kube, pool, pace)
    with run.step(f"close {len(found)} nodes of pool {pool}") as step:
        asking.close(step, f"{run.workflow} {run.id}")
    with run.step(f"wait for the users of pool {pool}") as step:
        _watch(asking, deadline, step)
    with run.step(f"empty pool {pool}") as step:
        _evict(asking, step, servers_only=False)


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


@dataclass(frozen=True)
class _Asking:
    """One pool of a cluster that may be away for a while: the network, or its API server that moves."""

    kube: Kube
    pool: str
    pace: Pace

    def pods(self, step: Step) -> tuple[Pod, ...]:
        """What a drain has to move."""
        return self._patiently(
            step, lambda: pods_to_move(self.kube, {node.name for node in nodes(self.kube, self.pool)})
        )

    def servers(self, step: Step) -> list[Pod]:
        """Users' servers."""
        return [pod for pod in self.pods(step) if pod.server]

    def close(self, step: Step, by: str) -> None:
        """Close every node that is open."""
        for node in self._patiently(step, lambda: nodes(self.kube, self.pool)):
            if not node.closed:
                self._patiently(step, partial(close, self.kube, node.name, by))

    def evict(self, step: Step, pod: Pod) -> tuple[str, str]:
        """Ask a pod to leave."""
        return self._patiently(step, lambda: evict(self.kube, pod))

    def _patiently(self, step: Step, ask: Callable[[], _Found]) -> _Found:
        for silences in itertools.count(1):
            try:
                return ask()
            except Unreachable as trouble:
                if silences >= self.pace.silences:
                    raise
                if silences == 1:
                    step.say(f"no answer ({trouble.what}); asking again")
            pause(self.pace.retry)
        raise AssertionError


def _wait_and_close(run: Run, asking: _Asking, deadline: datetime, step: Step) -> None:
    """Nodes are closed when this returns; servers are left only when the deadline is over."""
    while True:
        over = _watch(asking, deadline, step)
        asking.close(step, f"{run.workflow} {run.id}")
        if over or not asking.servers(step):
            return
        step.say("somebody came back; waiting again")
        open_again(run, asking.kube, asking.pool)


def _watch(asking: _Asking, deadline: datetime, step: Step) -> bool:
    """Until no user's server is in the pool (False), or the deadline is over (True)."""
    said = ""
    while count := len(asking.servers(step)):
        left = (deadline - datetime.now(UTC)).total_seconds()
        if left <= 0:
            step.say(f"the deadline is over; {count} users' servers are asked to leave")
            return True
        line = f"{count} users' servers run; waiting until {deadline:%Y-%m-%d %H:%M} UTC"
        if line != said:
            step.say(line)
            said = line
        pause(min(asking.pace.look, left))
    step.say("no user is there")
    return False


def _evict(asking: _Asking, step: Step, *, servers_only: bool) -> None:
    ends = time.monotonic() + asking.pace.patience
    refused: dict[Pod, str] = {}
    while left := [pod for pod in asking.pods(step) if pod.server or not servers_only]:
        if time.monotonic() > ends:
            raise _not_emptied(asking.pool, left, refused)
        for pod in left:
            outcome, words = asking.evict(step, pod)
            if outcome == "refused" and refused.get(pod) != words:
                step.say(f"{pod} may not leave yet: {words}")
                refused[pod] = words
        pause(asking.pace.retry)


def _not_emptied(pool: str, left: Sequence[Pod], refused: dict[Pod, str]) -> NotEmptied:
    shown = [f"{pod}: {refused.get(pod, 'was asked to leave and is still there')}" for pod in left[:_SHOWN]]
    more = [f"and {len(left) - _SHOWN} more"] if len(left) > _SHOWN else []
    return NotEmptied(
        f"{len(left)} pods do not leave pool {pool}",
        where=f"pool {pool}",
        evidence="\n".join([*shown, *more]),
        next_step="mend the pods or their disruption budget; the same command again goes on",
    )
