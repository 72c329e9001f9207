"""Which hosts answer from here. Each is asked once per process, all at the same time, and never for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping

CONNECT_SECONDS = 2.5
_ALL_SECONDS = 6.0

_answers: dict[str, str] = {}


def answers(addresses: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """Ask each address (https://host/path) and say how it went: "" when it answered, else why not.

    Any HTTP answer counts, because a file that is not there still shows that the host is. Names that do not
    resolve may block for long inside the C library, so each runs in a thread that nobody waits for at the end.
    """
    wanted = list(addresses)
    threads = [
        threading.Thread(target=_ask, args=(address,), daemon=True) for address in wanted if address not in _answers
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _ALL_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {address: _answers.get(address, f"no answer in {_ALL_SECONDS:.0f} s") for address in wanted}


def _ask(address: str) -> None:
    import httpx

    try:
        httpx.head(address, timeout=httpx.Timeout(_ALL_SECONDS, connect=CONNECT_SECONDS))
    except (httpx.HTTPError, OSError, ValueError) as trouble:
        _answers[address] = str(trouble) or type(trouble).__name__
    else:
        _answers[address] = ""
