"""What is done in which order: the control plane, then the pools, those of users last. From the versions alone.

Whoever asks again gets what is left to do: nothing depends on what an earlier run remembers.
"""

from __future__ import annotations

from dataclasses import dataclass

from hubfleet.clouds import numbers
from hubfleet.clouds.interface import Pool, Versions


@dataclass(frozen=True)
class Task:
    """One operation of the cloud.

    Args:
        kind, target: as `Operation` has them.
        pool: None for the control plane.
    """

    kind: str
    target: str
    version: str
    before: str
    pool: Pool | None = None

    @property
    def users(self) -> bool:
        """Whether users' servers run there."""
        return self.pool is not None and self.pool.user

    def __str__(self) -> str:
        return f"{self.kind}{f' {self.target}' if self.pool else ''} from {self.before} to {self.version}"

    def reached(self, versions: Versions) -> bool:
        """Whether it has come about."""
        if self.pool is None:
            return same(versions.control_plane, self.version)
        return all(same(each.version, self.version) for each in versions.pools if each.name == self.target)


def tasks(versions: Versions, to: str, cluster: str = "") -> tuple[Task, ...]:
    """What is left to do.

    Args:
        versions: as they are.
        to: a full version.
        cluster: the cloud's name of the cluster, the target of what is done to its control plane.
    """
    found = [Task("upgrade control plane", cluster, to, versions.control_plane)]
    ordered = sorted(versions.pools, key=lambda each: (each.user, each.name != "core", each.name))
    found += [Task("upgrade pool", each.name, to, each.version, each) for each in ordered]
    return tuple(task for task in found if not task.reached(versions))


def same(found: str, wanted: str) -> bool:
    """Equal, as far as the cloud tells: EKS has minor versions only."""
    one, other = numbers.key(found), numbers.key(wanted)
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
