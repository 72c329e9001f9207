"""Amounts of memory and CPU as Kubernetes and KubeSpawner read them.

Kubernetes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
KubeSpawner: `mem_limit` and `mem_guarantee` are jupyterhub.traitlets.ByteSpecification (a number of
bytes, or a number with K, M, G or T, each 1024 times the one before), `cpu_*` are floats.
"""

from __future__ import annotations

import re
from typing import Any

_KUBERNETES = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|[kMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
_SPAWNER = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([KMGT])")
_DECIMAL = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"K": 2.0**10, "M": 2.0**20, "G": 2.0**30, "T": 2.0**40, "P": 2.0**50, "E": 2.0**60}


def kubernetes(value: Any) -> float | None:
    """A Kubernetes quantity in bytes or cores; None when it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _KUBERNETES.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    number, suffix = float(match[1]), match[2] or ""
    if suffix.endswith("i"):
        return number * _BINARY[suffix[0]]
    if suffix in _DECIMAL:
        return number * _DECIMAL[suffix]
    return float(match[1] + suffix)


def spawner_memory(value: Any) -> float | None:
    """KubeSpawner's memory in bytes; None when it is no such amount (the hub would not start)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _SPAWNER.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) * _BINARY[match[2]] if match else None


def spawner_form(value: Any) -> str:
    """How a person would write this amount for KubeSpawner; empty when there is no guess."""
    text = str(value).strip().replace(" ", "")
    match = re.fullmatch(r"([0-9.]+)([kmgt])(i?)(b?)", text, re.IGNORECASE)
    return f"{match[1]}{match[2].upper()}" if match else ""
