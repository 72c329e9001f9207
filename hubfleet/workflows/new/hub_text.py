"""The text of a new hub's entry and files, by its use case. What a person has to decide is marked DECIDE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubfleet.workflows.new.words import flow, listed, scalar

if TYPE_CHECKING:
    from hubfleet.workflows.new.hub import Hub

COMMUNITY_TYPES = {"education": "community-college", "research": "research-team", "event": "event"}
QUOTAS = {"education": "10Gi", "research": "100Gi", "event": "2Gi"}
LOGINS = ("github", "google", "cilogon")
NAMED_BY_EMAIL = ("google", "cilogon")
"""Logins whose user names are email addresses."""

_CLASSES = {"github": "GitHubOAuthenticator", "google": "GoogleOAuthenticator", "cilogon": "CILogonOAuthenticator"}
_APP = {
    "github": "https://github.com/organizations/ORGANISATION/settings/applications",
    "google": "https://console.cloud.google.com/apis/credentials",
    "cilogon": "https://cilogon.org/oauth2/register",
}
_MORE = {
    "github": [
        "        # DECIDE: who may log in besides the members of the community file:",
        "        # allowed_organizations: [ORGANISATION]",
        "        # scope: [read:org]",
    ],
    "google": [
        "        # DECIDE: who may log in besides the members of the community file:",
        "        # hosted_domain: [college.example.edu]",
    ],
    "cilogon": [
        "        # DECIDE: the institution (https://cilogon.org/idplist/ has them); user names are email addresses.",
        "        allowed_idps:",
        "          https://idp.example.edu/idp/shibboleth:",
        "            username_derivation: {username_claim: email}",
    ],
}


def entry_text(hub: Hub) -> str:
    """The hub's entry in cluster.yaml, a key on each line, without indentation."""
    lines = [
        f"name: {hub.name}",
        f"display_name: {scalar(hub.display_name or hub.name)}",
        f"domain: {hub.domain}",
        f"use_case: {hub.use_case}",
        f"stage: {hub.stage}",
        f"access: {hub.access}",
        "community:",
        f"  type: {hub.community_type}",
        f"  name: {scalar(hub.community or hub.display_name or hub.name)}",
        "  contacts:",
        *(f"    - {flow({'name': each.name, 'email': each.email, 'role': each.role})}" for each in hub.contacts),
        f"homes: {flow(hub.homes)}",
        *([f"people: {hub.people}"] if hub.people else []),
        f"values: [{hub.name}.values.yaml]",
        *([f"# secrets: [{hub.name}.secret.values.yaml]"] if hub.login else []),
    ]
    if hub.event:
        event = {
            "name": hub.event.name, "start": hub.event.start, "end": hub.event.end, "people": hub.event.people,
        }  # fmt: skip
        lines += ["events:", f"  - {flow(event)}"]
    return "\n".join(lines) + "\n"


def values_text(cluster: str, hub: Hub) -> str:
    """<hub>.values.yaml."""
    lines = [f"# Helm values of this hub, on top of use case {hub.use_case} and the cluster's common values."]
    if not hub.login:
        lines += ["# How users log in is in common.values.yaml.", "jupyterhub: {}"]
        return "\n".join(lines) + "\n"
    lines += [
        "jupyterhub:",
        "  hub:",
        "    config:",
        "      JupyterHub:",
        f"        authenticator_class: {hub.login}",
        f"      {_CLASSES[hub.login]}:",
        f"        # DECIDE: the id of an OAuth client, made at {_APP[hub.login]}.",
        "        # Its secret belongs into the file that this makes, to be listed under secrets: in cluster.yaml:",
        f"        # sops edit clusters/{cluster}/{hub.name}.secret.values.yaml",
        "        client_id: CHANGE-ME",
        f"        oauth_callback_url: https://{hub.domain}/hub/oauth_callback",
        *_MORE[hub.login],
    ]
    return "\n".join(lines) + "\n"


def community_text(hub: Hub) -> str:
    """<hub>.community.yaml."""
    lines = ["# What the community sets by itself, within the cluster's limits. Every key: docs/configuration.md."]
    if hub.admins:
        lines.append(f"admins: {listed(hub.admins)}")
    if hub.access == "members":
        lines.append(f"members: {listed(dict.fromkeys((*hub.admins, *hub.members)))}")
    lines += ["look:", f"  title: {scalar(hub.display_name or hub.name)}", *_of_use_case(hub)]
    return "\n".join(lines) + "\n"


def _of_use_case(hub: Hub) -> list[str]:
    if hub.use_case == "event":
        when = f" from {hub.event.start[:10]} to {hub.event.end[:10]}" if hub.event else ""
        words = f"Open{when}. Take your files home: servers can not be started afterwards."
        return [f"  announcement: {scalar(words)}"]
    if hub.use_case == "research":
        return [
            "# sizes:               # in place of the three of the use case",
            "#   - {name: Normal, memory: 8G, cpu: 2}",
        ]
    return [
        "# data_sources:        # notebooks of a course, offered as links",
        '#   - {name: Course notebooks, repository: "https://github.com/ORGANISATION/REPOSITORY", branch: main}',
        "# sizes:",
        "#   - {name: Normal, memory: 1G, cpu: 1}",
        "#   - {name: Large, memory: 2G, cpu: 2}",
    ]
