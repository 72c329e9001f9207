"""What to do with a hub, decided from facts alone: what is wanted, and the release as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hubfleet.tools.releases import Release

Action = Literal["skip", "install", "upgrade", "repair-install", "repair-upgrade", "refuse"]


@dataclass(frozen=True)
class Decision:
    """What a deploy will do and why, one line for people."""

    action: Action
    why: str


def decide(wanted: str, found: Release | None, *, force: bool) -> Decision:
    """Decide what a deploy does.

    Args:
        wanted: the intent digest of the files.
        found: the newest revision in the cluster; None: not installed.
        force: deploy also when nothing changed.
    """
    if found is None:
        return Decision("install", "a first installation")
    if found.pending:
        return _pending(found)
    if found.status == "uninstalled":
        return Decision("install", "it was uninstalled with its history kept")
    if found.status != "deployed":
        return Decision("upgrade", f"revision {found.revision} is {found.status}")
    return _compare(wanted, found, force=force)


def _pending(found: Release) -> Decision:
    if found.status == "uninstalling":
        return Decision("refuse", f"revision {found.revision} is being uninstalled")
    if not found.good:
        return Decision("repair-install", "its first installation was cut short")
    return Decision("repair-upgrade", f"revision {found.revision} was cut short ({found.status})")


def _compare(wanted: str, found: Release, *, force: bool) -> Decision:
    if not found.digest:
        return Decision("upgrade", f"revision {found.revision} was not made by hubfleet from these files")
    if found.digest != wanted:
        return Decision("upgrade", f"the files differ from revision {found.revision}")
    if not found.verified:
        return Decision("upgrade", f"revision {found.revision} never passed its health check")
    if force:
        return Decision("upgrade", "nothing changed, but --force was given")
    return Decision("skip", f"nothing changed since revision {found.revision}")
