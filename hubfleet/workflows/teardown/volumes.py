"""Every volume of a hub into its archive: mounted read-only, listed in place, streamed, verified, and noted.

The note (`<claim>.volume.json`) is written when a volume's files are kept and verified. A run that goes on after a
crash takes a volume as archived only where the note's files have their hashes and the volume has not changed since.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from hubfleet import process
from hubfleet.archive import entries, manifest, programs, read, write
from hubfleet.archive.entries import Entry
from hubfleet.archive.manifest import Volume
from hubfleet.archive.pump import Worker
from hubfleet.archive.seal import Seal
from hubfleet.archive.store import Store
from hubfleet.errors import HubfleetError, Interrupted, Refused
from hubfleet.process import ProcessFailed
from hubfleet.runs import Run
from hubfleet.workflows.mounting import Mounted, Place, mounted
from hubfleet.workflows.teardown.inventory import Claim

PROGRAMS = {"LISTING": programs.LISTING, "FINGERPRINT": programs.FINGERPRINT, "TAR": programs.TAR}
_NOTE = ".volume.json"
_ATTEMPTS = 2
Say = Callable[[str], None]


@dataclass(frozen=True)
class Mark:
    """A volume as it is: how many things, bytes of content, and the fingerprint of names, sizes, owners and times."""

    things: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Archiving:
    """One run's archive.

    Args:
        run: the run.
        place: where the claims are mounted.
        store: of the archive.
        seal: whether it is encrypted.
        noted: what is archived, by the claim's uid.
    """

    run: Run
    place: Place
    store: Store
    seal: Seal
    noted: dict[str, Volume] = field(default_factory=dict)

    def every(self, claims: Sequence[Claim], *, at_once: int) -> tuple[Volume, ...]:
        """Archive all, several at once. Each is tried although another fails.

        Raises:
            HubfleetError: some could not be archived, with why for each.
        """
        troubles: list[HubfleetError] = []
        self.noted.update({each.uid: each for each in notes(self.store)})
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            started = [(claim, pool.submit(self.one, claim)) for claim in claims]
            try:
                done = tuple(_results(started, troubles))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                process.interrupt_all()
                raise
        if troubles:
            raise _all_of(troubles)
        return done

    def one(self, claim: Claim) -> Volume:
        """Archive one claim, or find that it is archived and has not changed."""
        with (
            self.run.step(f"archive {claim.name}") as step,
            mounted(self.place, claim.name, PROGRAMS, say=step.say) as pod,
        ):
            mark = fingerprint(pod)
            kept = self.kept(claim)
            if kept and kept.fingerprint == mark.sha256:
                step.say(f"archived before, and unchanged since: {kept.files} files")
                return kept
            return self._fresh(pod, claim, mark, step.say)

    def kept(self, claim: Claim) -> Volume | None:
        """What an earlier attempt archived of this very claim, if its files are what they were."""
        volume = self.noted.get(claim.uid)
        if volume is None or not volume.file.endswith(f".gz{self.seal.suffix}"):
            return None
        try:
            read.check_hashes(self.store, volume)
        except read.Broken as trouble:
            self.run.record("said", f"archive {claim.name}", text=f"archived again: {trouble.what}")
            return None
        return volume

    def _fresh(self, pod: Mounted, claim: Claim, mark: Mark, say: Say) -> Volume:
        self.store.withdraw(manifest.NAME)  # it is written anew, when all are verified
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._attempt(pod, claim, mark, say)
            except (write.Differs, ProcessFailed) as trouble:
                if attempt == _ATTEMPTS:
                    raise _given_up(claim, trouble) from trouble
                say(f"once more: {trouble.what}")
                mark = fingerprint(pod)
        raise AssertionError

    def _attempt(self, pod: Mounted, claim: Claim, mark: Mark, say: Say) -> Volume:
        self.store.refuse_without_room(mark.bytes)
        say(f"{mark.things} files and folders, {mark.bytes / 1e6:.1f} MB")
        found = listing(pod)
        stem = self._stem(claim)
        lines = write.write_listing(self.store, f"{stem}.listing.gz", found, self.seal)
        file = write.write_tar(
            self.store,
            f"{stem}.tar.gz",
            lambda descriptor: pod.python("TAR", stdout=descriptor),
            found,
            self.seal,
        )
        if fingerprint(pod) != mark:
            raise write.Differs("files changed while they were archived")
        sums = entries.totals(found)
        volume = Volume(
            claim=claim.name, uid=claim.uid, user=claim.user, template=claim.template,
            file=file.name, size=file.size, sha256=file.sha256, listing=lines.name, listing_sha256=lines.sha256,
            files=sums.files, bytes=sums.bytes, others=sums.others, fingerprint=mark.sha256, verified=file.verified,
        )  # fmt: skip
        self.store.save(f"{stem}{_NOTE}", asdict(volume))
        self.noted[claim.uid] = volume
        return volume

    def _stem(self, claim: Claim) -> str:
        """The claim's name; with its uid where another claim had the name, whose archive must stay."""
        taken = any(each.claim == claim.name and each.uid != claim.uid for each in list(self.noted.values()))
        return f"{claim.name}.{claim.uid[:8]}" if taken else claim.name


def notes(store: Store) -> Iterator[Volume]:
    """What is archived in an archive, as noted, the newest of each claim; a note that can not be read is none."""
    for name in store.names(_NOTE):
        try:
            yield Volume(**json.loads(store.load(name).decode("utf-8")))
        except (OSError, ValueError, TypeError):
            continue


def fingerprint(pod: Mounted) -> Mark:
    """The volume as it is now, without reading any content."""
    return Mark(**json.loads(pod.python("FINGERPRINT").stdout))


def listing(pod: Mounted, *words: str) -> dict[str, Entry]:
    """What is in the volume, each file's content hashed in place; any number of files."""
    reader, writer = os.pipe()

    def lines() -> dict[str, Entry]:
        with os.fdopen(reader, encoding="ascii") as stream:
            return entries.parse(stream)

    worker = Worker(lines)
    try:
        pod.python("LISTING", *words, stdout=writer)
    finally:
        os.close(writer)
        worker.join()
    found = worker.done()
    return found if isinstance(found, dict) else {}


def _results(started: Iterable[tuple[Claim, Future[Volume]]], troubles: list[HubfleetError]) -> Iterator[Volume]:
    for claim, future in started:
        try:
            yield future.result()
        except Interrupted:
            raise
        except HubfleetError as trouble:
            trouble.where = f"{claim.name}: {trouble.where}" if trouble.where else claim.name
            troubles.append(trouble)


def _given_up(claim: Claim, trouble: HubfleetError) -> HubfleetError:
    if not isinstance(trouble, write.Differs):
        return trouble
    return Refused(
        f"files of {claim.name} change while they are archived",
        where=claim.name,
        evidence=trouble.evidence or trouble.what,
        next_step="find who writes there: kubectl get pods -A; nothing was removed",
    )


def _all_of(troubles: Sequence[HubfleetError]) -> HubfleetError:
    """One error for all: one alone as it is, several with a line each."""
    if len(troubles) == 1:
        return troubles[0]
    lines: list[Any] = [f"{each.where}: {each.what}" for each in troubles]
    kind = Refused if all(isinstance(each, Refused) for each in troubles) else HubfleetError
    return kind(
        f"{len(troubles)} volumes could not be archived; nothing was removed",
        where=troubles[0].where,
        evidence="\n".join(lines),
        next_step=troubles[0].next_step or "mend this, then run it again: what is archived stays good",
    )
