"""Whether a public image can be reached: one request, and three seconds at most."""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress

_SECONDS = 3.0
_DEFAULT = "registry-1.docker.io"  # where docker looks for names without a host


def host(image: str) -> str:
    """The registry that an image's name means (https://pkg.go.dev/github.com/distribution/reference)."""
    first, slash, _ = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return first if named else _DEFAULT


def reachable(image: str, ask: Callable[[str], int] | None = None, seconds: float = _SECONDS) -> bool:
    """True when the image's registry answers in time as registries do: 200, or 401 because it wants a token.

    Args:
        image: any image of that registry.
        ask: gives the status of a GET; default: a real one, through the proxies that the environment names.
        seconds: how long to wait at most, looking up the name included.
    """
    answers: list[bool] = []

    def try_it() -> None:
        with suppress(OSError, http.client.HTTPException):
            answers.append((ask or _ask)(f"https://{host(image)}/v2/") in (200, 401))

    # A thread, because looking up a name knows no time limit; it ends with the process.
    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(seconds)
    return answers == [True]


def _ask(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310, always https
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
