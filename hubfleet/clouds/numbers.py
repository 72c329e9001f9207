"""Kubernetes version numbers, as the clouds write them."""

from __future__ import annotations

import re


def key(version: str) -> tuple[int, ...]:
    """For sorting: `1.33.4-gke.1134000` is (1, 33, 4, 1134000)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def minor(version: str) -> tuple[int, ...]:
    """Major and minor: `1.33.4-gke.1` is (1, 33)."""
    return key(version)[:2]


def reachable(current: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the offered versions a control plane can go to in one step, oldest first: newer, same or next minor.

    A control plane moves one minor version at a time: https://kubernetes.io/releases/version-skew-policy/
    """
    major, below = minor(current)
    next_minor = (major, below + 1)
    found = {each for each in offered if key(each) > key(current) and minor(each) <= next_minor}
    return tuple(sorted(found, key=key))
