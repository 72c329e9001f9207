"""Between pipes and a bucket: an object read as a stream that survives lost connections, and one written from a stream.

Memory is bounded: the part that is being collected, and those that `Upload.add` has on their way.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from hubfleet.archive.pump import Pumped, Worker, closing, pump
from hubfleet.archive.store import Look, same
from hubfleet.clouds.interface import Unanswered
from hubfleet.errors import HubfleetError, Interrupted, Refused
from hubfleet.process import pause

if TYPE_CHECKING:
    from hubfleet.clouds.bucket import Objects, Upload

TRIES = 6  # to go on reading where a connection was lost, without one byte in between
FIRST_PAUSE_SECONDS = 1.0
_PIPE_READ = 1 << 20


class Object:
    """One object of a bucket."""

    def __init__(self, objects: Objects, key: str) -> None:
        self.objects, self.key = objects, key
        self._read: Pumped | None = None  # of the last time that it was read to its end

    @property
    def address(self) -> str:
        """Such as `s3://bucket/prefix/name`."""
        return f"{self.objects.address}/{self.key}"

    def start(self, size: int) -> bytes:
        """Its first bytes."""
        return b"".join(self.objects.read(self.key, 0, size))

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Its bytes through a pipe."""
        reader, writer = os.pipe()
        feeder = Worker(lambda: self._feed(writer))
        trouble: BaseException | None = None
        try:
            with os.fdopen(reader, "rb") as stream:
                yield stream
        except BaseException as caught:  # noqa: BLE001  raised below, when nobody feeds the pipe any more
            trouble = caught
        cause = _failure(feeder)
        if cause is not None and not isinstance(trouble, Refused | Interrupted | KeyboardInterrupt):
            raise cause from trouble
        if trouble is not None:
            raise trouble

    def hashed(self) -> Pumped:
        """Size and SHA-256, read from the bucket; once where somebody has read it to its end through this."""
        if self._read is not None:
            return self._read
        with self.opened() as stream:
            return pump(stream.fileno(), ())

    def _feed(self, writer: int) -> None:
        whole, size = hashlib.sha256(), 0
        with closing(writer):
            for chunk in chunks(self.objects, self.key):
                whole.update(chunk)
                size += len(chunk)
                view = memoryview(chunk)
                while view:
                    view = view[os.write(writer, view) :]
        self._read = Pumped(size, whole.hexdigest())


class Sending(Object):
    """An object that is being written.

    Args:
        name: that it has in its archive.
        upload: begun.
    """

    def __init__(self, objects: Objects, key: str, name: str, upload: Upload) -> None:
        super().__init__(objects, key)
        self.kept, self._name, self._upload = False, name, upload
        self._open, self._whole, self._given_up = True, False, False
        self._reader, self.descriptor = os.pipe()
        self._worker = Worker(self._send)

    def finish(self) -> None:
        """The stream has ended: make the object of it."""
        self._close()
        self._worker.done()
        self._upload.finish()
        self._whole = True

    def read_back(self, passed: Pumped, look: Look) -> str:
        """Read it from the bucket, once where `look` reads it to its end; what `look` says."""
        try:
            return self._compared(passed, look)
        except FileNotFoundError as trouble:
            raise HubfleetError(
                "the bucket does not have what was written",
                where=self.address,
                evidence=str(trouble),
                next_step="run it again",
            ) from trouble

    def keep(self) -> str:
        """It stays."""
        self.kept = True
        return self._name

    def give_up(self) -> BaseException | None:
        """Leave nothing of it, as far as the bucket lets us.

        Returns:
            Why it could not be sent; None: that was not the trouble.
        """
        self._given_up = True
        self._close()
        cause = _failure(self._worker)
        with suppress(HubfleetError):  # what stays is no archive: the next run gives up open uploads
            if self._whole:
                self.objects.delete(self.key)
            else:
                self._upload.abort()
        return cause

    def _compared(self, passed: Pumped, look: Look) -> str:
        try:
            said = look(self)
        except HubfleetError:
            if self._read is not None:  # all of it was read: other bytes explain more than what they led to
                same(passed, self._read, self.address)
            raise
        same(passed, self.hashed(), self.address)
        return said

    def _send(self) -> None:
        with closing(self._reader):
            sent = False
            while not self._given_up:
                pause(0)  # as in `chunks`
                wanted = self._upload.wanted()
                part = _part(self._reader, wanted)
                if self._given_up or (sent and not part):
                    return
                self._upload.add(part)
                sent = True
                if len(part) < wanted:
                    return

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self.descriptor)


def chunks(objects: Objects, key: str) -> Iterator[bytes]:
    """An object's bytes; where the connection is lost, it goes on at the next byte.

    Raises:
        Unanswered: there is no answer for good. Interrupted: a person stopped it. What `Objects.read` raises.
    """
    offset, tries = 0, 0
    while True:
        try:
            for chunk in objects.read(key, offset):
                pause(0)  # a person who stops it is heard between two chunks
                offset, tries = offset + len(chunk), 0 if chunk else tries
                yield chunk
            return
        except Unanswered as trouble:
            tries += 1
            if tries == TRIES:
                raise
            pause(trouble.retry_after or FIRST_PAUSE_SECONDS * 2 ** (tries - 1))


def _part(reader: int, wanted: int) -> bytes:
    """So many bytes; fewer only at the end."""
    found = bytearray()
    while len(found) < wanted and (chunk := os.read(reader, min(_PIPE_READ, wanted - len(found)))):
        found += chunk
    return bytes(found)


def _failure(worker: Worker) -> BaseException | None:
    """Wait for the worker; its failure, but for a pipe whose other end left first."""
    try:
        worker.done()
    except BrokenPipeError:
        return None
    except (HubfleetError, OSError) as trouble:
        return trouble
    return None
