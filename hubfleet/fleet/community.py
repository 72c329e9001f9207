"""<hub>.community.yaml: what a community sets by itself, as values of the chart.

Only the keys of schemas/community.schema.yaml exist, so a community can not reach anything else of its
hub; sizes, images and members are bounded by the cluster's `limits`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.document import load_yaml
from hubfleet.fleet.generated import BASEHUB, CONFIG, SINGLEUSER
from hubfleet.fleet.made import Made, image_parts
from hubfleet.fleet.model import Location
from hubfleet.fleet.quantities import cores, size
from hubfleet.fleet.schema import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubfleet.fleet.document import Document
    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.layers import Layer
    from hubfleet.fleet.model import Access, Limits
    from hubfleet.validation.finding import Finding


def read(path: Path, root: Path, access: Access, limits: Limits) -> Layer:
    """The layer that a community's file makes.

    Args:
        path: the file.
        root: the repository.
        access: the hub's access: only with `members` has a list of members a meaning.
        limits: the cluster's.

    Raises:
        InvalidConfiguration: with everything in the file that may not be there.
    """
    document = load_yaml(path, root)
    found = check(document, "community") or sorted(beyond(document, access, limits))
    if found:
        raise InvalidConfiguration(f"{document.file} is not valid", findings=found)
    return _layer(document)


def beyond(document: Document, access: Access, limits: Limits) -> Iterator[Finding]:
    """What a file that fits the schema asks for, and this hub can not give."""
    data = document.data
    for key in ("members", "groups"):
        if key in data and access != "members":
            hint = f"access is {access}, which an engineer can change in cluster.yaml"
            yield document.finding((key,), f"{key} count only on a hub with access: members", rule="limits", hint=hint)
    if limits.users is not None and len(data.get("members", ())) > limits.users:
        message = f"{len(data['members'])} members, and the cluster allows {limits.users}"
        yield document.finding(("members",), message, rule="limits", hint="ask an engineer of the cluster")
    for path, image in _images(data):
        if limits.images is not None and not any(fnmatchcase(image, pattern) for pattern in limits.images):
            message = f"the image {image} is not among those that the cluster allows"
            hint = f"allowed: {', '.join(limits.images)}"
            yield document.finding(path, message, rule="limits", hint=hint)
    for index, each in enumerate(data.get("sizes", ())):
        yield from _size_beyond(document, ("sizes", index), each, limits)


def _size_beyond(document: Document, path: KeyPath, each: dict[str, Any], limits: Limits) -> Iterator[Finding]:
    hint = "ask an engineer of the cluster"
    if limits.memory is not None and size(each["memory"]) > size(limits.memory):
        message = f"{each['memory']} of memory, and the cluster allows {limits.memory}"
        yield document.finding((*path, "memory"), message, rule="limits", hint=hint)
    if limits.cpu is not None and "cpu" in each and cores(each["cpu"]) > cores(limits.cpu):
        message = f"{each['cpu']} CPU cores, and the cluster allows {limits.cpu}"
        yield document.finding((*path, "cpu"), message, rule="limits", hint=hint)


def _images(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    if "image" in data:
        yield ("image",), data["image"]
    for index, each in enumerate(data.get("images", ())):
        yield ("images", index, "image"), each["image"]


def _layer(document: Document) -> Layer:
    data = document.data
    made = Made(_at(document))
    plain = {
        "admins": f"{CONFIG}.Authenticator.admin_users",
        "members": f"{CONFIG}.Authenticator.allowed_users",
        "groups": f"{CONFIG}.OAuthenticator.allowed_groups",
        "default_url": f"{SINGLEUSER}.defaultUrl",
    }
    for key, path in plain.items():
        if key in data:
            made.put(path, data[key], _at(document, key))
    if "image" in data:
        for part, value in image_parts(data["image"]).items():
            made.put(f"{SINGLEUSER}.image.{part}", value, _at(document, "image"))
    _put_choices(made, document)
    _put_page(made, document)
    return made.layer("community")


def _put_choices(made: Made, document: Document) -> None:
    """Images and sizes to choose from: one list of profiles, or one profile with both questions."""
    data = document.data
    images = [(each, {"image": each["image"]}) for each in data.get("images", ())]
    sizes = [(each, _resources(each)) for each in data.get("sizes", ())]
    at = _at(document, "images" if images else "sizes")
    if images and sizes:
        options = {
            "image": {"display_name": "Environment", "choices": _choices(images)},
            "size": {"display_name": "Size", "choices": _choices(sizes)},
        }
        profile = {"display_name": "Your server", "slug": "server", "default": True, "profile_options": options}
        made.put(f"{SINGLEUSER}.profileList", [profile], at)
    elif images or sizes:
        made.put(f"{SINGLEUSER}.profileList", _profiles(images or sizes), at)


def _resources(each: dict[str, Any]) -> dict[str, Any]:
    """Memory is guaranteed: a limit above the guarantee ends servers when a machine runs full."""
    wanted: dict[str, Any] = {"mem_guarantee": each["memory"], "mem_limit": each["memory"]}
    return wanted | ({"cpu_limit": each["cpu"]} if "cpu" in each else {})


def _profiles(entries: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {
            "display_name": each["name"],
            **({"description": each["description"]} if "description" in each else {}),
            **({"default": True} if index == 0 else {}),
            "kubespawner_override": override,
        }
        for index, (each, override) in enumerate(entries)
    ]


def _choices(entries: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """KubeSpawner's choices have no description: it stands behind the name. Keys keep their order in every reader."""
    return {
        f"{index:02}": {
            "display_name": " - ".join(each[key] for key in ("name", "description") if key in each),
            **({"default": True} if index == 0 else {}),
            "kubespawner_override": override,
        }
        for index, (each, override) in enumerate(entries)
    }


def _put_page(made: Made, document: Document) -> None:
    look = document.data.get("look", {})
    names = {"title": "displayName", "logo": "logo", "logo_link": "logoLink", "announcement": "announcement"}
    for key, name in names.items():
        if key in look:
            made.put(f"{BASEHUB}.identity.{name}", look[key], _at(document, "look", key))
    links = [{"name": each["name"], "url": _pull(each)} for each in document.data.get("data_sources", ())]
    links += document.data.get("links", ())
    if links:
        at = _at(document, "data_sources" if "data_sources" in document.data else "links")
        made.put(f"{BASEHUB}.identity.links", links, at)


def _pull(source: dict[str, Any]) -> str:
    """A link that copies a repository into the home of whoever follows it (https://nbgitpuller.readthedocs.io)."""
    repository = source["repository"]
    folder = repository.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    query = {"repo": repository, "branch": source.get("branch", "main"), "urlpath": f"lab/tree/{folder}/"}
    return f"/hub/user-redirect/git-pull?{urlencode(query)}"


def _at(document: Document, *path: str) -> Location:
    return Location(document.file, document.line_of(path))
