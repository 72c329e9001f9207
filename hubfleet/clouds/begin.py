"""Beginning an operation once, also where the answer gets lost: the cloud may have begun although it did not say so."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hubfleet.clouds.interface import Unanswered
from hubfleet.process import pause

if TYPE_CHECKING:
    from hubfleet.clouds.interface import Operation

_TRIES = 6


class _Running(Protocol):
    """The part of `Cloud` that is needed here."""

    def running_operations(self) -> tuple[Operation, ...]: ...


def begin(
    cloud: _Running, kind: str, target: str, call: Callable[[], Operation], *, first_pause: float = 1.0
) -> Operation:
    """Begin it, or return the one of the same kind on the same target that was begun when the answer got lost.

    Args:
        cloud: where.
        kind: of the operation, as `Operation.kind`.
        target: on what, as `Operation.target`.
        call: asks the cloud; not tried again by itself.
        first_pause: seconds before the second try; doubled each time.

    Raises:
        Unanswered: the cloud did not answer any of the tries. What `call` raises: it refused.
    """
    wait = first_pause
    for _ in range(_TRIES - 1):
        try:
            return call()
        except Unanswered as trouble:
            pause(max(trouble.retry_after or 0.0, wait * random.uniform(0.5, 1.0)))  # noqa: S311  # no secret
        if found := _begun(cloud, kind, target):
            return found
        wait *= 2
    return call()


def _begun(cloud: _Running, kind: str, target: str) -> Operation | None:
    try:
        running = cloud.running_operations()
    except Unanswered:
        return None
    return next((each for each in running if (each.kind, each.target) == (kind, target)), None)
