"""Amounts of memory and CPU in what a community asks for, and in the cluster's limits."""

from __future__ import annotations

import re

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kKMGTP]?)i?")
_POWERS = " KMGTP"


def size(text: str) -> float:
    """Bytes of 512Mi, 2G and the like.

    KubeSpawner's K, M, G, T are powers of 1024 (jupyterhub.traitlets.ByteSpecification), so a limit
    of 8G allows a server of 8G: K, M, G, T and Ki, Mi, Gi, Ti are the same here.

    Raises:
        ValueError: it is no such amount.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no amount of memory")
    return float(match[1]) * 1024.0 ** _POWERS.index(match[2].upper() or " ")


def cores(value: float | str) -> float:
    """CPU cores of 0.5, 2 or 500m."""
    if isinstance(value, str) and value.endswith("m"):
        return float(value[:-1]) / 1000
    return float(value)
