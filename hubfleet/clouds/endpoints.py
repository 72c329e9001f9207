"""Where a cloud's API is, when it is not the cloud's own: a stand-in on this machine, for tests and rehearsals."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from hubfleet.errors import WrongUsage

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def stand_in(variable: str) -> str:
    """The address in this environment variable; empty where it is not set.

    Raises:
        WrongUsage: it is not on this machine: what is sent there goes without TLS, and must not leave it.
    """
    address = os.environ.get(variable, "")
    host = urlsplit(address if "//" in address else f"//{address}").hostname
    if address and host not in _LOOPBACK:
        raise WrongUsage(
            f"{variable} is for stand-ins on this machine, not for {address}",
            where=f"environment variable {variable}",
            next_step=f"unset {variable}",
        )
    return address


def is_stand_in(variable: str) -> bool:
    """Whether this environment variable names an address on this machine."""
    address = os.environ.get(variable, "")
    return urlsplit(address if "//" in address else f"//{address}").hostname in _LOOPBACK
