"""Where an archive is: the same few things of a folder here and of a bucket (`hubfleet.clouds.bucket`).

A file of an archive is there whole and verified, or not at all. An archive is a store with a manifest in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, Any, Protocol

from hubfleet.archive.pump import Pumped
from hubfleet.errors import HubfleetError


class Stored(Protocol):
    """One file of an archive."""

    @property
    def address(self) -> str:
        """Where it is, for a person."""

    def start(self, size: int) -> bytes:
        """Its first bytes.

        Raises:
            OSError: it is not there, or can not be read.
        """

    def opened(self) -> AbstractContextManager[IO[bytes]]:
        """Its bytes, as a stream with a descriptor that a program can read from.

        Raises:
            OSError: it is not there, or can not be read. HubfleetError: the cloud does not give it.
        """

    def hashed(self) -> Pumped:
        """Size and SHA-256, of bytes that were read back from where they are kept. Raises as `opened`.

        Where reading costs traffic, a stream of `opened` that was read to its end counts.
        """


Look = Callable[[Stored], str]


class Fresh(Stored, Protocol):
    """A file that is being written."""

    @property
    def descriptor(self) -> int:
        """Where its bytes are written to."""

    def finish(self) -> None:
        """Everything is written: wait until it is kept. Raises HubfleetError or OSError where it is not."""

    def read_back(self, passed: Pumped, look: Look) -> str:
        """Compare what is read back with what was written, and let `look` see it; returns what that says.

        Raises:
            HubfleetError: it is something else.
        """

    def keep(self) -> str:
        """It is verified: it stays, and this is its name."""


class Store(Protocol):
    """A place for archives, for those of one hub, or one archive. `str` gives its address."""

    def below(self, *names: str) -> Store:
        """The place of these names in it."""

    def file(self, name: str) -> Stored:
        """A file in it, whether it is there or not."""

    def names(self, ending: str) -> tuple[str, ...]:
        """Names of the files in it that end so, sorted; several tries of one file are one name."""

    def runs(self) -> Iterator[Store]:
        """The complete archives right below it, newest first."""

    def check(self) -> None:
        """Whether archives can be written here. Changes nothing.

        Raises:
            LoginNeeded, Refused, Missing, Unanswered: why not.
        """

    def prepare(self) -> None:
        """Make it ready for writing, and clear what an interrupted run left half.

        Raises:
            HubfleetError: it can not be written.
        """

    def refuse_without_room(self, needed: int) -> None:
        """Raises Refused where so many bytes would not fit."""

    def writing(self, name: str, expected: int) -> AbstractContextManager[Fresh]:
        """Write a file. Where the block ends without `keep`, nothing of it is left.

        Args:
            name: of the file. A store that never writes over a file gives it another one (`Fresh.keep`).
            expected: about how many bytes will come.
        """

    def save(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a small JSON file so that it is there whole or not at all."""

    def load(self, name: str) -> bytes:
        """A small file that `save` wrote, the newest of this name. Raises FileNotFoundError, OSError."""

    def withdraw(self, name: str) -> None:
        """A file of `save` is about to be no longer true. Where nothing is written over, it stays true."""


def as_json(data: Mapping[str, Any]) -> bytes:
    """As it is written."""
    return json.dumps(data, indent=2, ensure_ascii=True).encode("ascii")


def same(passed: Pumped, found: Pumped, address: str) -> None:
    """Raises HubfleetError where what was read back is not what was written."""
    if passed != found:
        raise HubfleetError(
            "what the archive gives back is not what was written",
            where=address,
            evidence=f"written: {passed.size} bytes, sha256 {passed.sha256}\nread: {found.size} bytes, {found.sha256}",
            next_step="the disk or its connection is broken: archive to another destination",
        )
