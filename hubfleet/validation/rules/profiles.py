"""The profile list that users choose from.

Facts: KubeSpawner sets every key of `kubespawner_override` as an attribute, so that a misspelt one is
ignored without a word; a list without a default takes its first profile (kubespawner/spawner.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.fleet.names import did_you_mean
from hubfleet.validation.values import overrides, profiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.values import HubValues

_PROFILE = {
    "allowed_groups", "allowed_teams", "allowed_users", "default", "description", "display_name",
    "kubespawner_override", "profile_options", "slug",
}  # fmt: skip
_SPAWNER = {
    "allow_privilege_escalation", "args", "automount_service_account_token", "cmd", "common_labels",
    "container_security_context", "cpu_guarantee", "cpu_limit", "debug", "default_url", "delete_grace_period",
    "delete_pvc", "disable_user_config", "dns_name_template", "environment", "events_enabled", "extra_annotations",
    "extra_container_config", "extra_containers", "extra_labels", "extra_pod_config", "extra_resource_guarantees",
    "extra_resource_limits", "fs_gid", "gid", "http_timeout", "image", "image_pull_policy", "image_pull_secrets",
    "init_containers", "ip", "k8s_api_request_timeout", "lifecycle_hooks", "mem_guarantee", "mem_limit",
    "node_affinity_preferred", "node_affinity_required", "node_selector", "notebook_dir", "pod_affinity_preferred",
    "pod_affinity_required", "pod_anti_affinity_preferred", "pod_anti_affinity_required", "pod_name_template",
    "pod_security_context", "port", "priority_class_name", "privileged", "pvc_name_template", "scheduler_name",
    "server_token_scopes", "service_account", "start_timeout", "storage_access_modes", "storage_capacity",
    "storage_class", "storage_extra_annotations", "storage_extra_labels", "storage_pvc_ensure", "storage_selector",
    "supplemental_gids", "tolerations", "uid", "volume_mounts", "volumes", "working_dir",
}  # fmt: skip


def profile_key(values: HubValues) -> Iterator[Finding]:
    """A profile has the keys that KubeSpawner reads, and a name."""
    for path, profile in profiles(values):
        if not profile.get("display_name"):
            yield values.finding(path, "the profile has no display_name", "the hub's page for choosing would fail")
        for key in profile:
            if key not in _PROFILE:
                yield values.finding((*path, key), f"unknown key {key!r} in a profile", did_you_mean(key, _PROFILE))


def override_key(values: HubValues) -> Iterator[Finding]:
    """A key of kubespawner_override is a setting of KubeSpawner."""
    for path, override in overrides(values):
        for key in override:
            if key not in _SPAWNER:
                message = f"KubeSpawner has no setting {key}: it would be ignored"
                beside = "it belongs beside kubespawner_override, not inside" if key in _PROFILE else ""
                yield values.finding((*path, key), message, beside or did_you_mean(key, _SPAWNER))


def one_default(values: HubValues) -> Iterator[Finding]:
    """One profile is the default."""
    listed = list(profiles(values))
    marked = [path for path, profile in listed if profile.get("default") is True]
    for path in marked[1:]:
        message = f"a second profile is the default; the first is {_dot(marked[0])}"
        yield values.finding((*path, "default"), message, "keep one")
    if len(listed) > 1 and not marked:
        path, profile = listed[0]
        hint = "say so with default: true, where it is meant"
        message = f"no profile is the default: {profile.get('display_name', 'the first')} will be"
        yield values.finding(path, message, hint, warning=True)


def same_profile(values: HubValues) -> Iterator[Finding]:
    """Profiles can be told apart: with one name twice, a user gets the first whichever is chosen."""
    seen: dict[str, KeyPath] = {}
    for path, profile in profiles(values):
        name = str(profile.get("slug") or profile.get("display_name") or path)
        if seen.setdefault(name, path) != path:
            yield values.finding(path, f"a second profile is called {name}", "a copied profile needs its own name")


def option_choices(values: HubValues) -> Iterator[Finding]:
    """An option of a profile has choices: a mapping by name, not a list."""
    for path, profile in profiles(values):
        options = profile.get("profile_options")
        if options is not None and not isinstance(options, dict):
            yield values.finding(
                (*path, "profile_options"), "profile_options is a mapping: name of the option, then it"
            )
            continue
        for name, option in (options or {}).items():
            yield from _choices(values, (*path, "profile_options", name), option)


def _choices(values: HubValues, path: KeyPath, option: Any) -> Iterator[Finding]:
    if not isinstance(option, dict):
        yield values.finding(path, "an option is a mapping with display_name and choices")
        return
    choices, unlisted = option.get("choices"), option.get("unlisted_choice")
    if isinstance(choices, list):
        yield values.finding((*path, "choices"), "choices is a mapping: name of the choice, then it")
    elif not choices and not (isinstance(unlisted, dict) and unlisted.get("enabled")):
        yield values.finding(path, "the option has no choices", "add choices, or unlisted_choice: {enabled: true}")


def _dot(path: KeyPath) -> str:
    last = path[-1]
    return f"number {last + 1}" if isinstance(last, int) else str(last)
