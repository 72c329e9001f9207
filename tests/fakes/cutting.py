"""A TCP proxy on loopback that cuts connections: once so many bytes went one way, both ends see a reset."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CHUNK = 1 << 16
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close() sends a reset


@dataclass
class Cutter:
    """The state. `up`, `down`: for each cut still to make, bytes that may pass first, counted from when it is next.

    `away`: nobody answers any more.
    """

    address: str = ""
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    away: bool = False
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, left: list[int], size: int) -> bool:
        """Whether these bytes may pass."""
        with self.lock:
            if self.away:
                return False
            if not left:
                return True
            left[0] -= size
            if left[0] >= 0:
                return True
            left.pop(0)
            self.cuts += 1
            return False


@contextmanager
def served(target: str) -> Iterator[Cutter]:
    """Serve in front of an address such as `http://127.0.0.1:5000`."""
    cutter = Cutter()
    host, port = urlsplit(target).hostname, urlsplit(target).port
    ends: list[socket.socket] = []
    server = socket.create_server(("127.0.0.1", 0))
    cutter.address = f"http://127.0.0.1:{server.getsockname()[1]}"

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            if cutter.away:
                _reset(client)
                continue
            other = socket.create_connection((host, port))
            ends.extend((client, other))
            for source, sink, left in ((client, other, cutter.up), (other, client, cutter.down)):
                threading.Thread(target=_copy, args=(cutter, source, sink, left), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield cutter
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for end in ends:
            _reset(end)


def _copy(cutter: Cutter, source: socket.socket, sink: socket.socket, left: list[int]) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            if not cutter.passes(left, len(chunk)):
                _reset(source)
                _reset(sink)
                return
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
