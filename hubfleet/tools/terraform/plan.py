"""What a saved plan would do, from `terraform show -json`: pure, and never a sensitive value in it.

The format: https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hubfleet.masking import HIDDEN

Action = Literal["create", "update", "replace", "destroy", "import", "forget"]
LATER = "(known after it is applied)"
NOTHING = "(nothing)"
# A cluster shows its node pools, which are resources of their own: a change of theirs is no change of the cluster.
_MIRRORS = {"google_container_cluster": "node_pool"}
_LONGEST = 100
_SHORTEST_SECRET = 6
_ACTIONS: Mapping[tuple[str, ...], Action] = {
    ("create",): "create", ("update",): "update", ("delete",): "destroy", ("forget",): "forget",
    ("delete", "create"): "replace", ("create", "delete"): "replace", ("create", "forget"): "create",
}  # fmt: skip


@dataclass(frozen=True)
class Attribute:
    """One attribute that changes.

    Args:
        path: such as `scaling_config[0].max_size`.
        before, after: as text; sensitive ones are hidden.
        replaces: whether this is why the resource is replaced.
    """

    path: str
    before: str
    after: str
    replaces: bool = False


@dataclass(frozen=True)
class Change:
    """What happens to one resource.

    Args:
        address: terraform's, such as `module.homes.aws_ebs_volume.homes["college"]`.
        type: of the resource, such as `aws_ebs_volume`.
        attributes: what changes in it, for updates and replacements.
        imported: the id under which it is adopted; empty where it is not.
        reason: terraform's word for why, such as `replace_because_tainted`.
    """

    address: str
    type: str
    action: Action
    attributes: tuple[Attribute, ...] = ()
    imported: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """A plan.

    Args:
        changes: what would be done, in terraform's order.
        drift: addresses of what was changed by others since terraform last looked.
        outputs: names of outputs that change.
        secrets: sensitive texts in it, to be hidden everywhere else too.
    """

    changes: tuple[Change, ...]
    drift: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing at all."""
        return not self.changes and not self.outputs


def parse(document: Mapping[str, Any]) -> Plan:
    """The plan in the JSON of `terraform show -json PLAN`."""
    listed = [each for each in document.get("resource_changes", ()) if each.get("mode") == "managed"]
    drifted = [each for each in document.get("resource_drift", ()) if each.get("mode") == "managed"]
    secrets = frozenset(text for each in (*listed, *drifted) for text in _secrets_of(each["change"]))
    found = tuple(change for each in listed if (change := _change(each, secrets)))
    outputs = document.get("output_changes") or {}
    moved = tuple(sorted(name for name, each in outputs.items() if each.get("actions") != ["no-op"]))
    drift = tuple(str(each["address"]) for each in drifted if _by_others(each, secrets))
    return Plan(found, drift, moved, secrets)


def _by_others(entry: Mapping[str, Any], secrets: frozenset[str]) -> bool:
    """Whether somebody changed it. What a cloud fills in by itself, later than it is made, was nothing before; what
    mirrors another resource changed with that one.
    """
    if list(entry["change"]["actions"]) == ["delete"]:
        return True
    mirror = _MIRRORS.get(str(entry.get("type")), "")
    return any(
        each.before != NOTHING and each.path != mirror and not _within(each.path, mirror)
        for each in _attributes(entry["change"], secrets)
    )


def _change(entry: Mapping[str, Any], secrets: frozenset[str]) -> Change | None:
    change = entry["change"]
    actions = tuple(str(each) for each in change["actions"])
    importing = change.get("importing") or {}
    action = _ACTIONS.get(actions)
    if action is None and importing:
        action = "import"
    if action is None:
        return None
    attributes = tuple(_attributes(change, secrets)) if action in ("update", "replace") else ()
    address = str(entry["address"]) + (f" (deposed {entry['deposed']})" if entry.get("deposed") else "")
    imported = str(importing.get("id", "")) if importing else ""
    return Change(address, str(entry["type"]), action, attributes, imported, str(entry.get("action_reason") or ""))


def _attributes(change: Mapping[str, Any], secrets: frozenset[str]) -> Iterator[Attribute]:
    causes = {_path(each) for each in change.get("replace_paths") or ()}
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    hidden = (change.get("before_sensitive") or {}, change.get("after_sensitive") or {})
    for path, old, new in _differences("", before, after, unknown, hidden):
        if (old, new) == (NOTHING, NOTHING):
            continue  # null, an empty text and an empty list are the same to people
        because = any(path == cause or _within(path, cause) for cause in causes)
        yield Attribute(path, _without(secrets, old), _without(secrets, new), replaces=because)


def _differences(
    path: str, before: Any, after: Any, unknown: Any, hidden: tuple[Any, Any]
) -> Iterator[tuple[str, str, str]]:
    """Path, old and new of each leaf that differs."""
    if any(each is True for each in hidden):
        if before != after or _any_true(unknown):
            yield path, HIDDEN, HIDDEN
    elif unknown is True:
        yield path, _text(before, hidden[0]), LATER
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after, *(unknown if isinstance(unknown, dict) else ())}):
            inner = f"{path}.{name}" if path else name
            parts = (_at(hidden[0], name), _at(hidden[1], name))
            yield from _differences(inner, before.get(name), after.get(name), _at(unknown, name), parts)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            parts = (_at(hidden[0], index), _at(hidden[1], index))
            yield from _differences(f"{path}[{index}]", old, new, _at(unknown, index), parts)
    elif before != after or _any_true(unknown):
        new = LATER if after is None and _any_true(unknown) else _text(after, hidden[1])
        yield path, _text(before, hidden[0]), new


def _text(value: Any, hidden: Any) -> str:
    if _any_true(hidden):
        return HIDDEN
    if value is None or value in ("", [], {}):
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _at(tree: Any, key: str | int) -> Any:
    """A part of one of the trees that mark what is unknown or sensitive; they leave out what is neither."""
    if tree is True:
        return True
    if isinstance(tree, dict):
        return tree.get(key, False)
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        return tree[key]
    return False


def _any_true(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(_any_true(each) for each in tree.values())
    if isinstance(tree, list):
        return any(_any_true(each) for each in tree)
    return tree is True


def _secrets_of(change: Mapping[str, Any]) -> Iterator[str]:
    """The sensitive texts of a change. Terraform does not mark every place that they are copied to."""
    for when in ("before", "after"):
        yield from _marked(change.get(when), change.get(f"{when}_sensitive"))


def _marked(value: Any, hidden: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _marked(each, _at(hidden, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _marked(each, _at(hidden, index))
    elif hidden is True and isinstance(value, str) and len(value) >= _SHORTEST_SECRET:
        yield value


def _without(secrets: frozenset[str], text: str) -> str:
    """The text without a sensitive one in it; a cut may have left only the beginning of one."""
    for secret in secrets:
        if secret in text or (text.endswith("…") and _ends_within(text[:-1], secret)):
            return HIDDEN
    return text


def _ends_within(text: str, secret: str) -> bool:
    return any(text.endswith(secret[:length]) for length in range(_SHORTEST_SECRET, len(secret)))


def _path(words: list[Any]) -> str:
    path = ""
    for word in words:
        path += f"[{word}]" if isinstance(word, int) else f".{word}" if path else str(word)
    return path


def _within(path: str, cause: str) -> bool:
    return path.startswith((f"{cause}.", f"{cause}["))
