"""Images of users' servers and of the hub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hubfleet.validation.values import overrides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.values import HubValues

_NAME = re.compile(r"[a-z0-9][a-zA-Z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_MOVING = ("", "latest", "main")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?")


def image_name(values: HubValues) -> Iterator[Finding]:
    """A name of an image is one that a registry takes, and its tag stands in `tag`."""
    for path, name, tag in _images(values):
        key = path if path[-1] == "image" and tag is None else (*path, "name")
        if not _NAME.fullmatch(name):
            last = name.rpartition("/")[2]
            if "://" in name:
                hint = f"write {name.partition('://')[2]}"
            elif ":" in last and path[-1] == "image" and key != path:
                hint = f"write the tag under tag: {last.partition(':')[2]}"
            else:
                hint = "lower case, without spaces"
            yield values.finding(key, f"{name!r} is not the name of an image", hint)


def image_tag(values: HubValues) -> Iterator[Finding]:
    """A tag is one that a registry takes."""
    for path, name, tag in _images(values):
        key = (*path, "tag")
        if isinstance(tag, str) and tag and not _TAG.fullmatch(tag):
            yield values.finding(key, f"{tag!r} is not the tag of {name}", "a tag is made of A-Z a-z 0-9 . _ -")


def image_moves(values: HubValues) -> Iterator[Finding]:
    """A tag that moves makes today's hub another one tomorrow, without a change that anybody saw."""
    for path, name, tag in _images(values):
        inline = tag is None
        if (inline and "@" not in name and ":" not in name.rpartition("/")[2]) or tag in _MOVING:
            yield from _moving(values, path if inline else (*path, "tag"), tag or "no tag")
    for path, override in overrides(values):
        image = override.get("image")
        if isinstance(image, str) and "{" not in image and "@" not in image:
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag in _MOVING:
                yield from _moving(values, (*path, "image"), tag or "no tag")


def _moving(values: HubValues, path: KeyPath, tag: str) -> Iterator[Finding]:
    message = f"{tag} moves: the image changes without a change here" if tag != "no tag" else "the image has no tag"
    yield values.finding(path, message, "pin a tag that is never pushed again, or a digest", warning=True)


def _images(values: HubValues) -> Iterator[tuple[KeyPath, str, Any]]:
    for part in (("hub",), ("singleuser",), ("proxy", "chp")):
        image = values.get(*part, "image")
        if isinstance(image, dict) and isinstance(image.get("name"), str):
            yield (*part, "image"), image["name"], image.get("tag", "")
