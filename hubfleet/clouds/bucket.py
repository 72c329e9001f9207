"""Archives in a bucket. Nothing that is complete is ever written over, and nothing relies on being able to delete it.

So it works where objects are locked or retained. A second try of a file gets the name `2_<name>`, a third `3_<name>`:
names of Kubernetes have no underscore. Of several, the newest counts; no file of an archive counts without the
manifest, which is written last. Bytes are never on a disk of this machine: they go through pipes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from hubfleet.archive.manifest import NAME
from hubfleet.archive.store import as_json
from hubfleet.clouds.stream import Object, Sending
from hubfleet.errors import Interrupted


class Upload(Protocol):
    """An object that is being written: there when `finish` returns, and not before."""

    def wanted(self) -> int:
        """How many bytes the next part should have; only the last one may have fewer."""

    def add(self, part: bytes) -> None:
        """Send a part; it may still be on its way when this returns."""

    def finish(self) -> None:
        """Wait until all parts have arrived, and make the object."""

    def abort(self) -> None:
        """Give up: the cloud forgets the parts."""


class Objects(Protocol):
    """What hubfleet asks of a bucket. Each method raises LoginNeeded, Refused, Missing or Unanswered as it applies."""

    @property
    def address(self) -> str:
        """Such as `s3://example-archive`."""

    def check(self, prefix: str) -> None:
        """Whether we are logged in, the bucket is there, and we may write below this prefix. Leaves nothing there."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins so."""

    def read(self, key: str, offset: int, size: int | None = None) -> Iterator[bytes]:
        """An object's bytes from the offset on, so many or all. Tried once.

        Raises:
            FileNotFoundError: there is no such object. Unanswered: the connection was lost; go on at the next offset.
        """

    def put(self, key: str, data: bytes) -> None:
        """Write a small object that is not there yet."""

    def begin(self, key: str, expected: int) -> Upload:
        """Begin to write an object that is not there yet, of about so many bytes."""

    def abort_unfinished(self, prefix: str) -> None:
        """Give up what was begun below this prefix and never finished."""

    def delete(self, key: str) -> None:
        """Delete an object. Where it is retained, that is refused."""


@dataclass(frozen=True)
class Bucket:
    """A place in a bucket. `prefix`: of all keys; ends with a slash, or is empty."""

    objects: Objects
    prefix: str

    def __str__(self) -> str:
        return f"{self.objects.address}/{self.prefix}".rstrip("/")

    def below(self, *names: str) -> Bucket:
        """The place of these names in it."""
        return Bucket(self.objects, self.prefix + "".join(f"{each}/" for each in names))

    def file(self, name: str) -> Object:
        """An object in it, whether it is there or not."""
        return Object(self.objects, self.prefix + name)

    def names(self, ending: str) -> tuple[str, ...]:
        """Names that end so, as they were asked for."""
        return tuple(sorted({_order(each)[0] for each in self._there() if each.endswith(ending)}))

    def runs(self) -> Iterator[Bucket]:
        """Complete archives right below it, newest first."""
        found = set()
        for key in self.objects.keys(self.prefix):
            run, _, name = key.removeprefix(self.prefix).partition("/")
            if name and _order(name)[0] == NAME:
                found.add(run)
        for run in sorted(found, reverse=True):
            yield self.below(run)

    def check(self) -> None:
        """Whether archives can be written here."""
        self.objects.check(self.prefix)

    def prepare(self) -> None:
        """Give up uploads that a killed run of this hub left open: they cost money and are seen by nobody.

        Who works on the hub holds its lock, so that none of them is another run's.
        """
        hub, slash, _ = self.prefix.rstrip("/").rpartition("/")
        self.objects.abort_unfinished(hub + slash)

    def refuse_without_room(self, needed: int) -> None:
        """A bucket has room."""

    @contextmanager
    def writing(self, name: str, expected: int) -> Iterator[Sending]:
        """Send a stream. What stops it leaves no object, and no part of one."""
        final = self._free(name)
        key = self.prefix + final
        sending = Sending(self.objects, key, final, self.objects.begin(key, expected))
        try:
            yield sending
        except BaseException as trouble:
            cause = sending.give_up()
            if cause is not None and not isinstance(trouble, Interrupted | KeyboardInterrupt):
                raise cause from trouble  # the other side only saw a broken pipe
            raise
        if not sending.kept:
            sending.give_up()

    def save(self, name: str, data: Mapping[str, Any]) -> None:
        """Write JSON, unless the newest of this name says the same."""
        found, text = self._tries(name), as_json(data)
        if not found or self._whole(found[-1]) != text:
            self.objects.put(self.prefix + self._free(name), text)

    def load(self, name: str) -> bytes:
        """The newest of this name."""
        found = self._tries(name)
        if not found:
            raise FileNotFoundError(f"{self}/{name}")
        return self._whole(found[-1])

    def withdraw(self, name: str) -> None:
        """What is there stays true of the objects that it names: they are never written over."""

    def _whole(self, name: str) -> bytes:
        with self.file(name).opened() as stream:
            return stream.read()

    def _tries(self, name: str) -> list[str]:
        """What there is of this name, the newest last."""
        return sorted((each for each in self._there() if _order(each)[0] == name), key=_order)

    def _there(self) -> Iterator[str]:
        """Every object right here."""
        keys = (key.removeprefix(self.prefix) for key in self.objects.keys(self.prefix))
        return (each for each in keys if "/" not in each)

    def _free(self, name: str) -> str:
        """A name that is not taken: this one, or with the number of the next try."""
        found = self._tries(name)
        return f"{_order(found[-1])[1] + 1}_{name}" if found else name


def _order(name: str) -> tuple[str, int]:
    """The name that was asked for, and which try of it this is."""
    number, _, rest = name.partition("_")
    return (rest, int(number)) if rest and number.isdigit() else (name, 1)
