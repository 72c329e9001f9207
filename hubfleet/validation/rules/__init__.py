"""The table of rules. A rule that is not here does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubfleet.validation.rule import Rule
from hubfleet.validation.rules import (
    access,
    archives,
    code,
    domains,
    files,
    hubs,
    images,
    names,
    pods,
    profiles,
    resources,
    secrets,
    servers,
    undecided,
)

if TYPE_CHECKING:
    from hubfleet.validation.tree import Tree
    from hubfleet.validation.values import HubValues

OF_TREE: tuple[Rule[Tree], ...] = (
    Rule("other-provider", names.other_provider),
    Rule("same-kubernetes", names.same_kubernetes),
    Rule("unique-namespace", names.unique_namespace),
    Rule("reserved-namespace", names.reserved_namespace),
    Rule("stage-known", names.stage_known),
    Rule("chart-pin", names.chart_pin),
    Rule("unique-domain", domains.unique_domain),
    Rule("domain-form", domains.domain_form),
    Rule("homes-shared", hubs.homes_shared),
    Rule("homes-none", hubs.homes_none),
    Rule("home-server-address", servers.home_server_address),
    Rule("home-server-shared", servers.home_server_shared),
    Rule("event-of-retired", hubs.event_hub_retired),
    Rule("node-pool-size", hubs.node_pool_size),
    Rule("rounds", hubs.rounds),
    Rule("archive-destination", archives.destination),
    Rule("file-outside", files.outside),
    Rule("link-outside", files.link_outside),
    Rule("missing-file", files.missing_file),
    Rule("unused-file", files.unused_file),
    Rule("secret-place", files.secret_place),
    Rule("file-of-other-hub", files.file_of_other),
    Rule("placeholder", undecided.placeholder),
    Rule("to-decide", undecided.marked),
    Rule("issuer-email", undecided.issuer_email),
    Rule("plaintext-secret", secrets.plaintext),
    Rule("unencrypted-value", secrets.unencrypted_value),
    Rule("secret-in-plain-file", secrets.in_plain_file),
)
"""Rules about files, in the order in which they run; `secret-in-plain-file` last, when all files are read."""

OF_VALUES: tuple[Rule[HubValues], ...] = (
    Rule("authenticator-missing", access.authenticator_missing, needs_all=True),
    Rule("authenticator-known", access.authenticator_known),
    Rule("config-class", access.config_class),
    Rule("config-of-other", access.config_of_other),
    Rule("users-form", access.users_form),
    Rule("open-to-all", access.open_to_all),
    Rule("open-production", access.open_production),
    Rule("nobody-can-log-in", access.nobody, needs_all=True),
    Rule("client-secret", undecided.client_secret, needs_all=True),
    Rule("memory-form", resources.memory_form),
    Rule("cpu-form", resources.cpu_form),
    Rule("guarantee-limit", resources.guarantee_limit),
    Rule("disk-form", resources.disk_form),
    Rule("profile-key", profiles.profile_key),
    Rule("override-key", profiles.override_key),
    Rule("one-default", profiles.one_default),
    Rule("same-profile", profiles.same_profile),
    Rule("option-choices", profiles.option_choices),
    Rule("image-name", images.image_name),
    Rule("image-tag", images.image_tag),
    Rule("image-moves", images.image_moves),
    Rule("python-syntax", code.python_syntax),
    Rule("code-form", code.code_form),
    Rule("homes-deleted", code.homes_deleted),
    Rule("text-value", pods.text_value),
    Rule("volume-mounted", pods.volume_mounted, needs_all=True),
    Rule("toleration-form", pods.toleration_form),
    Rule("domain-of-values", domains.domain_of_values),
    Rule("callback-path", domains.callback_path),
)
"""Rules about one hub's merged values."""
