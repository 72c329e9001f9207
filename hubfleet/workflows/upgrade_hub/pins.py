"""Where a hub's files pin a chart or an image, and what these files become with another version. Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubfleet.errors import Refused, WrongUsage
from hubfleet.fleet import Cluster, Fleet, Hub
from hubfleet.fleet.document import load_yaml
from hubfleet.fleet.edit import set_value
from hubfleet.fleet.keypath import KeyPath, dotted
from hubfleet.fleet.rewrite import Rewrite

# https://github.com/distribution/reference: what is no name or tag never becomes an image.
_NAME = re.compile(r"[a-zA-Z0-9][\w.:-]*(/[\w.-]+)*", re.ASCII)
_TAG = re.compile(r"\w[\w.-]{0,127}|sha256:[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """What a person asks for.

    Args:
        chart: version of the JupyterHub chart; empty: it stays.
        images: tag (or `sha256:...`) by the name of an image.
    """

    chart: str = ""
    images: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [f"--jupyterhub-chart {self.chart}"] if self.chart else []
        return " ".join([*words, *(f"--image {name}={tag}" for name, tag in sorted(self.images.items()))])


@dataclass(frozen=True)
class Pin:
    """One value that has to change. `before` is None where the key is not there yet."""

    file: str
    path: KeyPath
    before: str | None
    after: str

    def __str__(self) -> str:
        return f"{self.file}: {dotted(self.path)}: {self.before or '(not set)'} -> {self.after}"


def request_of(chart: str, images: Sequence[str]) -> Request:
    """From the words of a command: `NAME=TAG` for each image.

    Raises:
        WrongUsage: nothing is asked for, or an image is not written so.
    """
    tags: dict[str, str] = {}
    for each in images:
        name, _, tag = each.rpartition("=")
        if not _NAME.fullmatch(name) or not _TAG.fullmatch(tag):
            raise WrongUsage(
                f"--image {each} is not NAME=TAG", next_step="such as quay.io/jupyter/scipy-notebook=2026-11-02"
            )
        tags[name] = tag
    if not chart and not tags:
        raise WrongUsage("nothing to upgrade is named", next_step="--jupyterhub-chart VERSION, or --image NAME=TAG")
    return Request(chart, tags)


def pins(fleet: Fleet, cluster: Cluster, hub: Hub, request: Request) -> tuple[Pin, ...]:
    """Every value that has to change; none where the files say it already.

    Raises:
        WrongUsage: no file of the hub names such an image, or its chart has no versions.
        Refused: the chart's package has no digest, or what would change is not this hub's alone.
    """
    found = [_chart(fleet, cluster, hub, request.chart)] if request.chart else []
    for name, tag in request.images.items():
        found += _image(fleet, cluster, hub, name, tag)
    return tuple(pin for pin in found if pin.before != pin.after)


def rewrites(root: Path, changes: Sequence[Pin]) -> tuple[Rewrite, ...]:
    """The files with these values, comments kept."""
    made = []
    for name in sorted({pin.file for pin in changes}):
        before = after = (root / name).read_bytes()
        for pin in changes:
            if pin.file == name:
                after = set_value(after, pin.path, pin.after, name)
        made.append(Rewrite(name, before, after))
    return tuple(made)


def _chart(fleet: Fleet, cluster: Cluster, hub: Hub, version: str) -> Pin:
    if hub.chart.source == "embedded":
        raise WrongUsage(
            f"{cluster.name}/{hub.name} has the embedded chart, which has no versions",
            where=cluster.at.file,
            next_step="set charts.jupyterhub.source to upstream or a path first",
        )
    if hub.chart.source == "upstream" and version != hub.chart.version and version not in fleet.settings.digests:
        known = ", ".join(sorted({*fleet.settings.digests, hub.chart.version} - {""}))
        raise Refused(
            f"there is no digest of the JupyterHub chart {version}, so nothing says that it is the right one",
            where="fleet.yaml, charts.jupyterhub.digests",
            evidence=f"known versions: {known}",
            next_step=f"write `{version}: sha256:...` there, as the index.yaml of its repository says",
        )
    index = cluster.hubs.index(hub)
    written = fleet.documents[cluster.at.file].data["hubs"][index].get("chart")
    before = written or (version if hub.chart.version == version else None)
    return Pin(cluster.at.file, ("hubs", index, "chart"), before, version)


def _image(fleet: Fleet, cluster: Cluster, hub: Hub, name: str, tag: str) -> list[Pin]:
    own = [*hub.values, *filter(None, (hub.community_file, hub.override_file))]
    images: dict[str, list[Pin]] = {}
    for path in own:
        _collect(fleet.root, path, tag, images)
    if name in images:
        _refuse_shared(cluster, hub, fleet.root, images[name])
        if tag.startswith("sha256:") and any(pin.path[-1] == "tag" for pin in images[name]):
            raise WrongUsage(
                f"the image {name} is written as name and tag, which takes no digest",
                where=images[name][0].file,
                next_step="give a tag",
            )
        return images[name]
    common: dict[str, list[Pin]] = {}
    if cluster.common_values and hub.common_values:
        _collect(fleet.root, cluster.common_values, tag, common)
    if name in common:
        raise Refused(
            f"the image {name} is pinned for every hub of {cluster.name}, not for {hub.name} alone",
            where=str(common[name][0]).partition(":")[0],
            next_step=f"set it in a file of {hub.name}, or edit that file and deploy the hubs one after the other",
        )
    raise WrongUsage(
        f"no file of {cluster.name}/{hub.name} names an image {name}",
        where=", ".join(path.relative_to(fleet.root).as_posix() for path in own),
        evidence=f"images there: {', '.join(sorted(images)) or 'none'}",
        next_step=f"./inv explain-hub {cluster.name} {hub.name} --key singleuser.image.name",
    )


def _refuse_shared(cluster: Cluster, hub: Hub, root: Path, found: Sequence[Pin]) -> None:
    files = {root / pin.file for pin in found}
    others = [each.name for each in cluster.hubs if each.name != hub.name and files & set(each.values)]
    if others:
        raise Refused(
            f"{', '.join(sorted(pin.file for pin in found))} is also of other hubs: {', '.join(others)}",
            where=str(hub.at),
            next_step="edit the file, then deploy these hubs one after the other",
        )


def _collect(root: Path, path: Path, tag: str, into: dict[str, list[Pin]]) -> None:
    document = load_yaml(path, root)
    for name, place, before, after in _images(document.data, (), tag):
        into.setdefault(name, []).append(Pin(document.file, place, before, after))


def _images(data: Any, path: KeyPath, tag: str) -> Iterator[tuple[str, KeyPath, str | None, str]]:
    """Name, place, value and new value of every image: `image: name:tag`, or `image: {name: ..., tag: ...}`."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        here = (*path, key)
        if str(key).lower() == "image" and isinstance(value, str) and value:
            name = image_name(value)
            yield name, here, value, f"{name}{'@' if tag.startswith('sha256:') else ':'}{tag}"
        elif str(key).lower() == "image" and isinstance(value, dict) and isinstance(value.get("name"), str):
            yield value["name"], (*here, "tag"), value.get("tag"), tag
        else:
            yield from _images(value, here, tag)


def image_name(reference: str) -> str:
    """A reference without tag and digest; a registry's port is no tag."""
    bare = reference.partition("@")[0]
    name, colon, rest = bare.rpartition(":")
    return name if colon and "/" not in rest else bare
