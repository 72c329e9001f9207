"""Whether a volume has room for what comes back: compared before it is unpacked, and told when it ends after all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hubfleet.archive import entries
from hubfleet.archive.entries import Entry
from hubfleet.errors import HubfleetError
from hubfleet.workflows.mounting import Mounted
from hubfleet.workflows.restore.plan import Comparison, Target
from hubfleet.workflows.restore.source import Source

_FULL = ("[Errno 28]", "[Errno 122]")  # ENOSPC, EDQUOT, as Python tells them


@dataclass(frozen=True)
class Room:
    """A mounted volume that a home comes back into.

    Args:
        pod: has the program `ROOM`.
        target: the home. `source`: the archive.
        subject: the hub, as `cluster/hub`.
    """

    pod: Mounted
    target: Target
    source: Source
    subject: str

    def refuse_too_little(self, wanted: Mapping[str, Entry], found: Comparison) -> None:
        """Compare what is needed with what is free. Everything is unpacked at the root first, then moved to the home.

        Raises:
            HubfleetError: it does not fit; nothing was written.
        """
        root, home = self._free()
        needed = sum(entry.size for entry in wanted.values())
        if needed > root:
            needed = self._solid()  # holes in files count as bytes, and take none
        if needed > root:
            raise self._full(needed, root)
        coming = sum(wanted[path].size for path in (*found.new, *found.conflicts))
        if coming > home and self._solid() > home:
            raise self._full(coming, home)

    @contextmanager
    def full_is_told(self, wanted: Mapping[str, Entry]) -> Iterator[None]:
        """A disk or quota that is used up while the block writes is told as that."""
        try:
            yield
        except HubfleetError as trouble:
            if not any(word in trouble.evidence for word in _FULL):
                raise
            needed = sum(entry.size for entry in wanted.values())
            raise self._full(needed, min(self._free()), trouble.evidence) from trouble

    def _free(self) -> tuple[int, int]:
        told = json.loads(self.pod.python("ROOM", self.target.home.folder).stdout)
        return int(told["root"]), int(told["home"])

    def _solid(self) -> int:
        with self.source.seal.opened(self.source.store.file(self.target.volume.file)) as stream:
            return entries.solid(stream, self.target.chosen)

    def _full(self, needed: int, free: int, evidence: str = "") -> HubfleetError:
        cluster, _, hub = self.subject.partition("/")
        return HubfleetError(
            f"{self.target.home.claim} is full: {needed / 1e6:.1f} MB are needed, {free / 1e6:.1f} MB free",
            where=self.target.who,
            evidence=evidence,
            next_step=f"./inv grow-homes {cluster} {hub} SIZE, or make room in it; then run this again",
        )
