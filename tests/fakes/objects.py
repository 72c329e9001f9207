"""A bucket in memory that keeps what it has: nothing is written over, and nothing is deleted.

Modelled: parts, uploads that are open, connections that are lost after some bytes, bits that flip while they are kept.
Not modelled: logins, rights, pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hubfleet.clouds.interface import Unanswered
from hubfleet.errors import Refused


@dataclass
class FakeObjects:
    """The state. `lose_after`: bytes after which the next reads lose their connection, one entry each."""

    kept: dict[str, bytes] = field(default_factory=dict)
    uploads: list[FakeUpload] = field(default_factory=list)
    lose_after: list[int] = field(default_factory=list)
    flip: bool = False
    part_bytes: int = 1 << 16
    refused: list[str] = field(default_factory=list)

    address = "s3://fake"

    def check(self, prefix: str) -> None:
        return

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.kept if key.startswith(prefix))

    def read(self, key: str, offset: int, size: int | None = None) -> Iterator[bytes]:
        if key not in self.kept:
            raise FileNotFoundError(key)
        data = self.kept[key][offset:] if size is None else self.kept[key][offset : offset + size]
        if self.flip:
            data = bytes([data[0] ^ 4]) + data[1:]
        if self.lose_after:
            yield data[: self.lose_after.pop(0)]
            raise Unanswered("lost")
        yield data

    def put(self, key: str, data: bytes) -> None:
        assert key not in self.kept, "it was written over"
        self.kept[key] = data

    def begin(self, key: str, expected: int) -> FakeUpload:
        self.uploads.append(FakeUpload(self, key))
        return self.uploads[-1]

    def abort_unfinished(self, prefix: str) -> None:
        self.uploads = [each for each in self.uploads if not each.key.startswith(prefix)]

    def delete(self, key: str) -> None:
        self.refused.append(key)
        raise Refused("it is retained")


@dataclass
class FakeUpload:
    """An upload. `fail_at`: the part that does not arrive."""

    objects: FakeObjects
    key: str
    parts: list[bytes] = field(default_factory=list)
    fail_at: int = -1

    def wanted(self) -> int:
        return self.objects.part_bytes

    def add(self, part: bytes) -> None:
        if len(self.parts) == self.fail_at:
            raise Unanswered("the part did not arrive")
        assert len(part) <= self.objects.part_bytes
        self.parts.append(part)

    def finish(self) -> None:
        self.objects.put(self.key, b"".join(self.parts))
        self.objects.uploads.remove(self)

    def abort(self) -> None:
        self.objects.uploads.remove(self)
