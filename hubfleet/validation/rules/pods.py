"""What Kubernetes would refuse in a pod, found before a user presses Start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.fleet.names import did_you_mean
from hubfleet.validation.values import overrides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.values import HubValues

_TEXTS: tuple[KeyPath, ...] = (
    ("hub", "extraEnv"), ("hub", "labels"), ("hub", "annotations"), ("hub", "nodeSelector"),
    ("proxy", "chp", "extraEnv"), ("proxy", "service", "annotations"), ("ingress", "annotations"),
    ("singleuser", "extraEnv"), ("singleuser", "extraLabels"), ("singleuser", "extraAnnotations"),
    ("singleuser", "nodeSelector"),
)  # fmt: skip
_TEXTS_OF_SPAWNER = ("environment", "extra_labels", "extra_annotations", "node_selector")
_TOLERATION = {"key", "operator", "value", "effect", "tolerationSeconds"}
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def text_value(values: HubValues) -> Iterator[Finding]:
    """Environment variables, labels and node selectors are text: `true` and `1` need quotes."""
    for path in _TEXTS:
        yield from _not_text(values, path, values.get(*path))
    for path, override in overrides(values):
        for key in _TEXTS_OF_SPAWNER:
            yield from _not_text(values, (*path, key), override.get(key))


def _not_text(values: HubValues, path: KeyPath, found: Any) -> Iterator[Finding]:
    for key, value in (found if isinstance(found, dict) else {}).items():
        if isinstance(value, bool | int | float):
            written = str(value).lower() if isinstance(value, bool) else value
            yield values.finding((*path, key), f"must be text, not {written}", f'quote it: "{written}"')


def volume_mounted(values: HubValues) -> Iterator[Finding]:
    """A volume that is mounted exists."""
    storage = ("singleuser", "storage")
    volumes = {name for _, name in _named(values, (*storage, "extraVolumes"))} | {"home", "files"}
    template = values.get(*storage, "dynamic", "volumeNameTemplate")
    volumes |= {template if isinstance(template, str) else "volume-{user_server}", "volume-{username}{servername}"}
    for path, name in _named(values, (*storage, "extraVolumeMounts")):
        if name not in volumes:
            hint = did_you_mean(name, {each for each in volumes if "{" not in each})
            yield values.finding((*path, "name"), f"no volume is named {name}: servers would not start", hint)


def _named(values: HubValues, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    found = values.get(*path)
    pairs: Any = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, each in pairs:
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            yield (*path, key), each["name"]


def toleration_form(values: HubValues) -> Iterator[Finding]:
    """A toleration has Kubernetes' keys and effects."""
    for part in (("singleuser", "extraTolerations"), ("hub", "tolerations"), ("proxy", "chp", "tolerations")):
        found = values.get(*part)
        for index, each in enumerate(found if isinstance(found, list) else []):
            path = (*part, index)
            if not isinstance(each, dict):
                yield values.finding(path, "a toleration is a mapping with key, operator, value, effect")
                continue
            for key in each.keys() - _TOLERATION:
                hint = did_you_mean(str(key), _TOLERATION)
                yield values.finding((*path, key), f"unknown key {key!r} in a toleration", hint)
            effect = each.get("effect")
            if isinstance(effect, str) and effect not in _EFFECTS:
                message = f"{effect} is not an effect of a taint"
                yield values.finding((*path, "effect"), message, did_you_mean(effect, _EFFECTS))
