"""Imports gRPC so that it leaves forks alone.

Its handlers around fork() do nothing for children that become another program at once, which all of ours do. But when
another thread is in a call at that moment, they print a line about it to the terminal, or wait for that thread for ever
(seen with grpcio 1.85). The library takes this setting from the environment alone, while it is imported; it is there
only so long, and children never see it.
"""

from __future__ import annotations

import os
import threading

_SETTING = "GRPC_ENABLE_FORK_SUPPORT"
_lock = threading.Lock()


def load() -> None:
    """Import gRPC, once."""
    with _lock:
        before = os.environ.get(_SETTING)
        os.environ[_SETTING] = "0"
        try:
            import grpc  # noqa: F401
        finally:
            if before is None:
                del os.environ[_SETTING]
            else:
                os.environ[_SETTING] = before
