"""What rules about a hub's values look at: the merged values, and where each of them was set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubfleet.fleet.keypath import dotted
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.model import Cluster, Hub
    from hubfleet.fleet.resolve import Resolved


@dataclass(frozen=True)
class HubValues:
    """A hub with its merged values; those of secrets are placeholders.

    Args:
        complete: whether every layer could be read.
    """

    cluster: Cluster
    hub: Hub
    resolved: Resolved
    complete: bool = True

    def get(self, *path: str | int) -> Any:
        """The value below `jupyterhub`; None where there is none."""
        found: Any = self.resolved.values.get("jupyterhub")
        for part in path:
            if isinstance(found, dict):
                found = found.get(str(part))
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """The mapping below `jupyterhub`; empty where there is none."""
        found = self.get(*path)
        return found if isinstance(found, dict) else {}

    def basehub(self, *path: str) -> Any:
        """The value below `basehub`; None where there is none."""
        found: Any = self.resolved.values.get("basehub")
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def finding(self, path: KeyPath, message: str, hint: str = "", *, warning: bool = False) -> Finding:
        """A finding at a path below `jupyterhub`, in the file and line of the highest layer that sets it."""
        whole = ("jupyterhub", *path)
        file, line = self.place(whole)
        return Finding(file, line, dotted(whole), message, hint, "", "warning" if warning else "error")

    def at_hub(self, message: str, hint: str = "") -> Finding:
        """A finding about the hub's entry in cluster.yaml: what is wrong is what nothing says."""
        return Finding(self.hub.at.file, self.hub.at.line, "", message, hint)

    def later(self, *paths: KeyPath) -> KeyPath:
        """The one of these paths that the highest layer sets: where the last word was said."""
        order = {layer: place for place, layer in enumerate(map(id, self.resolved.layers))}

        def height(path: KeyPath) -> int:
            origins = self.resolved.origins(("jupyterhub", *path))
            return order.get(id(origins[-1].layer), -1) if origins else -1

        return max(paths, key=height)

    def place(self, path: KeyPath) -> tuple[str, int]:
        """File and line of a path in the whole values: of the highest layer that sets it or a part above it."""
        while path:
            origins = self.resolved.origins(path)
            if origins:
                return origins[-1].at.file, origins[-1].at.line
            path = path[:-1]
        return self.hub.at.file, self.hub.at.line


def overrides(values: HubValues) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Every kubespawner_override of the profile list, with its path below `jupyterhub`."""
    for path, profile in profiles(values):
        yield from _override(path, profile)
        options = profile.get("profile_options")
        for name, option in (options if isinstance(options, dict) else {}).items():
            if not isinstance(option, dict):
                continue
            here = (*path, "profile_options", name)
            yield from _override((*here, "unlisted_choice"), option.get("unlisted_choice"))
            choices = option.get("choices")
            for key, choice in (choices if isinstance(choices, dict) else {}).items():
                yield from _override((*here, "choices", key), choice)


def profiles(values: HubValues) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Every profile, with its path below `jupyterhub`; the list may also be a mapping by name."""
    listed = values.get("singleuser", "profileList")
    pairs: list[tuple[str | int, Any]] = list(listed.items()) if isinstance(listed, dict) else []
    pairs = list(enumerate(listed)) if isinstance(listed, list) else pairs
    for key, profile in pairs:
        if isinstance(profile, dict):
            yield ("singleuser", "profileList", key), profile


def _override(path: KeyPath, holder: Any) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    override = holder.get("kubespawner_override") if isinstance(holder, dict) else None
    if isinstance(override, dict):
        yield (*path, "kubespawner_override"), override
