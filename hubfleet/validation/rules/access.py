"""Who may log in: what a hub's values do is what its entry declares (`access:`).

Facts: JupyterHub 5 lets nobody in unless a rule allows it; DummyAuthenticator takes any password when
none is set; NullAuthenticator lets nobody in (jupyterhub/auth.py).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from hubfleet.fleet.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.values import HubValues

CONFIG = ("hub", "config")
_CLASSES = {
    "Auth0OAuthenticator": "auth0", "AzureAdOAuthenticator": "azuread", "BitbucketOAuthenticator": "bitbucket",
    "CILogonOAuthenticator": "cilogon", "DummyAuthenticator": "dummy", "FirstUseAuthenticator": "firstuse",
    "GenericOAuthenticator": "generic-oauth", "GitHubOAuthenticator": "github", "GitLabOAuthenticator": "gitlab",
    "GlobusOAuthenticator": "globus", "GoogleOAuthenticator": "google", "LDAPAuthenticator": "ldap",
    "LTI11Authenticator": "lti11", "LTI13Authenticator": "lti13", "MWOAuthenticator": "mediawiki",
    "NativeAuthenticator": "native", "NullAuthenticator": "null", "OpenShiftOAuthenticator": "openshift",
    "PAMAuthenticator": "pam", "SharedPasswordAuthenticator": "shared-password", "TmpAuthenticator": "tmp",
}  # fmt: skip
_NAMES = {name: each for each, name in _CLASSES.items()}
_ABOVE = {"Authenticator", "OAuthenticator", "LocalAuthenticator"}
_OTHERS = {
    "Application", "ConfigurableHTTPProxy", "Gateway", "JupyterHub", "KubeSpawner", "Proxy", "Service", "Spawner",
}  # fmt: skip
_NEARLY_THE_SAME = 0.9  # people write classes of their own; only a slip of one or two letters is meant
_USERS = ("allowed_users", "admin_users", "blocked_users")


def authenticator(values: HubValues) -> str:
    """The short name of the hub's authenticator; its class when it has no short name; empty when none is set."""
    named = values.get(*CONFIG, "JupyterHub", "authenticator_class")
    if not isinstance(named, str):
        return ""
    short = _CLASSES.get(named.rpartition(".")[2].removeprefix("Local"), named)
    return short.removeprefix("local-")


def class_of(name: str) -> str:
    """The class of an authenticator that has a short name."""
    return _NAMES[name]


def authenticator_missing(values: HubValues) -> Iterator[Finding]:
    """Something says how users log in."""
    if not authenticator(values):
        hint = "set jupyterhub.hub.config.JupyterHub.authenticator_class"
        yield values.at_hub("nothing says how users log in: nobody can", hint)


def authenticator_known(values: HubValues) -> Iterator[Finding]:
    """The authenticator is one that exists; a class with its module is taken as it is."""
    name = authenticator(values)
    if name and "." not in name and name not in _NAMES:
        path = (*CONFIG, "JupyterHub", "authenticator_class")
        yield values.finding(path, f"there is no authenticator {name}", did_you_mean(name, _NAMES))


def config_class(values: HubValues) -> Iterator[Finding]:
    """A class of hub.config is one that JupyterHub reads: a misspelt one is ignored without a word."""
    known = {each.lower(): each for each in (*_CLASSES, *_ABOVE, *_OTHERS)}
    for name in values.mapping(*CONFIG):
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=_NEARLY_THE_SAME)
        if near and known[near[0]] != name:
            message = f"JupyterHub has no class {name}: these settings are ignored"
            yield values.finding((*CONFIG, name), message, f"did you mean {known[near[0]]}?")


def config_of_other(values: HubValues) -> Iterator[Finding]:
    """Settings of an authenticator are those of the hub's own: another one's are ignored without a word."""
    name = authenticator(values)
    for each in values.mapping(*CONFIG):
        if name in _NAMES and name != "null" and each in _CLASSES and _CLASSES[each] != name:
            message = f"the hub logs in with {name}: settings of {each} are ignored"
            yield values.finding((*CONFIG, each), message, f"move them to {_NAMES[name]}, or remove them", warning=True)


def users_form(values: HubValues) -> Iterator[Finding]:
    """Lists of users are lists of text: the hub does not start with anything else."""
    for path, settings in _settings(values):
        for key in _USERS:
            users = settings.get(key)
            if users is None:
                continue
            if not isinstance(users, list):
                hint = f"write {key}: [{users}]" if isinstance(users, str | int) else ""
                yield values.finding((*path, key), f"{key} must be a list of user names", hint)
                continue
            for index, user in enumerate(users):
                if not isinstance(user, str) or not user.strip() or user != user.strip():
                    hint = f'quote it: "{user}"' if not isinstance(user, str) else "a name has no spaces around it"
                    yield values.finding((*path, key, index), f"{user!r} is not a user name", hint)


def open_to_all(values: HubValues) -> Iterator[Finding]:
    """Only a hub with `access: public` lets everybody in."""
    if values.hub.access == "public":
        return
    for path, settings in _settings(values):
        if settings.get("allow_all") is True:
            message = f"everybody may log in, but the hub's access is {values.hub.access}"
            hint = "say who may log in (allowed_users, ...), or write access: public if that is meant"
            yield values.finding((*path, "allow_all"), message, hint)


def open_production(values: HubValues) -> Iterator[Finding]:
    """A production hub asks for more than a name: with the dummy authenticator anybody can be any user."""
    dummy = authenticator(values) == "dummy" and not values.get(*CONFIG, "DummyAuthenticator", "password")
    if dummy and values.hub.stage == "production":
        message = "dummy asks for no password: anybody can be any user of this production hub"
        hint = "use an authenticator that knows the users"
        yield values.finding((*CONFIG, "JupyterHub", "authenticator_class"), message, hint)


def nobody(values: HubValues) -> Iterator[Finding]:
    """Somebody can log in."""
    name = authenticator(values)
    if name == "null":
        path = (*CONFIG, "JupyterHub", "authenticator_class")
        yield values.finding(path, "the null authenticator lets nobody in", "use an authenticator that knows the users")
    elif values.hub.access == "staff" and not values.cluster.admins:
        yield values.at_hub("access is staff, but there are no staff: nobody can log in", "name staff.admins")
    elif values.hub.access == "members" and name and not _has_members(values):
        message = "access is members, but nothing says who is a member: nobody can log in"
        hint = "set allowed_users, a rule such as allowed_organizations, or members: in the community file"
        yield values.at_hub(message, hint)


def _settings(values: HubValues) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The settings of the hub's authenticator: of its own class and of those above it."""
    own = _NAMES.get(authenticator(values), "")
    for name, settings in values.mapping(*CONFIG).items():
        mine = name in _ABOVE or name in {own, f"Local{own}"} or (not own and name not in _OTHERS)
        if mine and isinstance(settings, dict):
            yield (*CONFIG, name), settings


def _has_members(values: HubValues) -> bool:
    """Whether a rule allows somebody: any non-empty `allow...` setting, or code that may set one."""
    for _, settings in _settings(values):
        if any(value for key, value in settings.items() if key.startswith("allow") and key != "allow_all"):
            return True
        if settings.get("allow_all") is True or (settings.get("open_signup") and authenticator(values) == "native"):
            return True
    code = values.mapping("hub", "extraConfig").values()
    return any(isinstance(text, str) and ("allow" in text or "Authenticator" in text) for text in code)
