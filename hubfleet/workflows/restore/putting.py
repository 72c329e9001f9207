"""One home into its volume: unpacked beside the files that are there, compared with the archive, and only then moved.

What is unpacked and not yet moved is in a folder whose name is the archive's: the next run finds and clears it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hubfleet.archive import entries, programs, read
from hubfleet.archive.entries import Entry
from hubfleet.errors import HubfleetError, Refused
from hubfleet.fleet.quantities import size
from hubfleet.runs import Run
from hubfleet.tools.kubernetes import Conflict
from hubfleet.workflows.mounting import Mounted, Place, mounted
from hubfleet.workflows.restore.plan import Comparison, Planned, Target, compare, meant, missing, runtime_of
from hubfleet.workflows.restore.room import Room
from hubfleet.workflows.restore.source import Say, Source
from hubfleet.workflows.teardown.volumes import listing

_PROGRAMS = {
    "LISTING": programs.LISTING, "EXTRACT": programs.EXTRACT, "MERGE": programs.MERGE, "CLEAR": programs.CLEAR,
    "ROOM": programs.ROOM,
}  # fmt: skip
_SHOWN = 20
_ROOM = 1.1  # of the files' bytes: what a file system needs for itself


@dataclass(frozen=True)
class Put:
    """What came back into one home.

    Args:
        who: the user, or the volume's name. `claim`: where to.
        files: that were brought back. `others`: folders and links. `bytes`: of the files.
        same: how many were there already. `aside`: the folder with what was replaced; empty: nothing was.
        kept: files of a server's run that are there with another content, and stayed.
    """

    who: str
    claim: str
    files: int
    others: int
    bytes: int
    same: int
    aside: str
    kept: int = 0


@dataclass(frozen=True)
class Putting:
    """One run's restore.

    Args:
        run: the run.
        place: where the claims are mounted.
        source: the archive.
        overwrite: what is there with another content is put aside.
    """

    run: Run
    place: Place
    source: Source
    overwrite: bool

    def one(self, planned: Planned) -> Put:
        """Bring one home back, and look that it is there. One that is there already is left alone."""
        target, found = planned.target, planned.comparison
        if not found.new and not found.conflicts:
            return Put(target.who, target.home.claim, 0, 0, 0, len(found.same), "", len(found.kept))
        with self.run.step(f"restore {target.who}") as step:
            if not target.exists:
                self._make_claim(target, step.say)
            with mounted(self.place, target.home.claim, _PROGRAMS, writable=True, say=step.say) as pod:
                return self._put(pod, target, step.say)

    def _put(self, pod: Mounted, target: Target, say: Say) -> Put:
        archived = read.listing(self.source.store, target.volume, self.source.seal)
        wanted = meant(archived, target.chosen, target.owners)
        before = listing(pod, *_words(target))
        found = compare(wanted, before, runtime_of(target.volume))
        if found.conflicts and not self.overwrite:
            raise Refused("files appeared while this was planned", where=target.who,
                          evidence="\n".join(found.conflicts[:_SHOWN]), next_step="run it again")  # fmt: skip
        aside = f"before-restore-{self.run.id}" if self.overwrite else ""
        self._bring(pod, target, wanted, found, aside, say)
        due = {path: entry for path, entry in wanted.items() if path not in found.kept}
        lines = missing(due, listing(pod, *_words(target)), before)
        if lines:
            raise HubfleetError("not everything is where it should be", where=target.who,
                                evidence="\n".join(lines[:_SHOWN]), next_step="run it again")  # fmt: skip
        files = [each for each in (*found.new, *found.conflicts) if wanted[each].kind == "file"]
        say(f"{len(files)} files, each equal to the archive")
        return Put(
            who=target.who, claim=target.home.claim, files=len(files),
            others=len(found.new) + len(found.conflicts) - len(files), bytes=sum(wanted[each].size for each in files),
            same=len(found.same), aside=aside if found.conflicts else "", kept=len(found.kept),
        )  # fmt: skip

    def _bring(
        self, pod: Mounted, target: Target, wanted: Mapping[str, Entry], found: Comparison, aside: str, say: Say
    ) -> None:
        """Unpacked beside the home, compared, and moved into it."""
        staging = f".hubfleet-restore-{self.source.whole.run}"
        owner = f"{target.home.uid or 0}:{target.home.gid or 0}"
        pod.python("CLEAR", staging)
        room = Room(pod, target, self.source, self.run.subject)
        room.refuse_too_little(wanted, found)
        say(f"unpacking {len(wanted)} files and folders")
        with room.full_is_told(wanted), self._cleared(pod, staging):
            self._unpack(pod, target, staging)
            _same(wanted, listing(pod, staging), target)
        with room.full_is_told(wanted):
            pod.python("MERGE", staging, target.home.folder, owner, aside, runtime_of(target.volume))

    def _unpack(self, pod: Mounted, target: Target, staging: str) -> None:
        wishes = json.dumps({"chosen": target.chosen, "owners": {str(k): v for k, v in target.owners.items()}})
        troubles: list[HubfleetError] = []
        try:
            with self.source.seal.opened(self.source.store.file(target.volume.file)) as stream:
                try:
                    pod.python("EXTRACT", staging, wishes, stdin=stream.fileno())
                except HubfleetError as caught:
                    troubles.append(caught)
        except HubfleetError as caught:  # age complains that nobody read on: the first failure says why
            troubles.append(caught)
        if troubles:
            raise troubles[0]

    @contextmanager
    def _cleared(self, pod: Mounted, staging: str) -> Iterator[None]:
        """Where unpacking fails, what is unpacked goes: it would fill the home's volume."""
        try:
            yield
        except HubfleetError:
            with suppress(HubfleetError):
                pod.python("CLEAR", staging)
            raise

    def _make_claim(self, target: Target, say: Say) -> None:
        kube, name = self.place.kube, target.home.claim
        body = claim_body(target, self.place.namespace)
        say(f"making {name}, {body['spec']['resources']['requests']['storage']}")
        with suppress(Conflict), kube.errors(f"make the volume claim {name}"):
            kube.raise_for(
                kube.http.post(f"/api/v1/namespaces/{self.place.namespace}/persistentvolumeclaims", json=body)
            )


def claim_body(target: Target, namespace: str) -> dict[str, Any]:
    """The claim that KubeSpawner would make, as large as it was in the archive where the files need that."""
    made: dict[str, Any] = json.loads(json.dumps(dict(target.home.body or {})))
    made |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    made["metadata"] = {**made["metadata"], "name": target.home.claim, "namespace": namespace}
    requests = made["spec"]["resources"]["requests"]
    before = (target.volume.template.get("spec") or {}).get("resources", {}).get("requests", {}).get("storage", "0")
    if size(str(requests["storage"])) < target.volume.bytes * _ROOM and size(str(before)) > size(requests["storage"]):
        requests["storage"] = before
    return made


def _words(target: Target) -> tuple[str, ...]:
    return (target.home.folder,) if target.home.folder else ()


def _same(wanted: Mapping[str, Entry], found: Mapping[str, Entry], target: Target) -> None:
    lines = entries.differences(wanted, found)
    if lines:
        raise HubfleetError(
            "what was unpacked is not what was archived; nothing was moved",
            where=target.who,
            evidence="\n".join(lines[:_SHOWN]),
            next_step="does this volume keep owners, permissions and links? kubectl describe pvc says what it is",
        )
