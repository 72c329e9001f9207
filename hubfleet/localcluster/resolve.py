"""One question to CoreDNS, as a pod would ask it: its answer proves names, services and pods at once."""

from __future__ import annotations

import secrets
import socket
import struct

API_NAME = "kubernetes.default.svc.cluster.local"
_TYPE_A = 1
_CLASS_IN = 1
_HEADER = struct.Struct("!6H")


def question(name: str, number: int) -> bytes:
    """A query for the IPv4 address of a name (RFC 1035, section 4.1)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return _HEADER.pack(number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", _TYPE_A, _CLASS_IN)


def answered(reply: bytes, number: int) -> bool:
    """Whether the reply is to that query, free of error, and has an answer."""
    if len(reply) < _HEADER.size:
        return False
    its, flags, _, answers, _, _ = _HEADER.unpack(reply[: _HEADER.size])
    return its == number and bool(flags & 0x8000) and not flags & 0xF and answers > 0


def resolves(server: str, name: str, seconds: float = 0.3) -> bool:
    """Whether this name server knows the name; asked once, over UDP."""
    number = secrets.randbelow(65536)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(seconds)
        try:
            asking.sendto(question(name, number), (server, 53))
            return answered(asking.recv(4096), number)
        except OSError:
            return False
