"""Whether and for whom the files of an archive are encrypted, and reading them again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hubfleet.archive.pump import Worker
from hubfleet.archive.store import Stored
from hubfleet.errors import HubfleetError, Refused
from hubfleet.tools import age
from hubfleet.tools.age import NoKey

SUFFIX = ".age"
_HEADER = b"age-encryption.org/v1"  # https://age-encryption.org/v1


@dataclass(frozen=True)
class Seal:
    """Encryption with age.

    Args:
        recipients: public keys; none: the files are not encrypted.
        program: age; needed where a file is encrypted.
        identity: the file with this machine's private key, whether it is there or not.
    """

    recipients: tuple[str, ...] = ()
    program: Path | None = None
    identity: Path | None = None

    @property
    def suffix(self) -> str:
        """What the names of files end with."""
        return SUFFIX if self.recipients else ""

    def encrypt(self, source: int, sink: int) -> None:
        """Encrypt what comes from one descriptor into another."""
        age.encrypt(self._program(), self.recipients, source, sink)

    @contextmanager
    def opened(self, stored: Stored) -> Iterator[IO[bytes]]:
        """A file's plain bytes, decrypted in memory. Read it to its end: only then is all of it known to be right.

        Raises:
            NoKey: there is no key for it on this machine. ProcessFailed: it is broken.
        """
        if not encrypted(stored):
            with stored.opened() as plain:
                yield plain
            return
        reader, writer = os.pipe()
        worker = Worker(lambda: self._decrypt(stored, writer))
        trouble: BaseException | None = None
        with os.fdopen(reader, "rb") as stream:
            try:
                yield stream
            except HubfleetError as caught:
                trouble = caught
        try:
            worker.done()
        except HubfleetError as cause:  # why age ended early says more than that the stream did
            if not isinstance(trouble, Refused):
                raise cause from trouble
        if trouble is not None:
            raise trouble

    def _decrypt(self, stored: Stored, writer: int) -> None:
        with os.fdopen(writer, "wb"):
            if self.identity is None or not self.identity.is_file():
                raise NoKey(
                    "there is no age key on this machine",
                    where=str(self.identity or ""),
                    next_step="put your age key there, or name its file in SOPS_AGE_KEY_FILE",
                )
            with stored.opened() as source:
                age.decrypt(self._program(), self.identity, source.fileno(), writer)

    def _program(self) -> Path:
        if self.program is None:
            raise HubfleetError("age is needed for this archive", next_step="./inv tools-install -s age")
        return self.program


def encrypted(stored: Stored) -> bool:
    """Whether a file is encrypted with age: its content says so, whatever its name."""
    return stored.start(len(_HEADER)) == _HEADER
