"""What new-cluster and new-hub could not know, and nobody has said since: warnings, for a hub is made in steps.

Facts: oauthenticator needs `client_secret`, or `OAUTH_CLIENT_SECRET` in the hub's environment, to ask who logged in
(oauthenticator/oauth2.py); cert-manager's ACME issuer is made with the address of somebody to warn.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubfleet.validation.rules.access import CONFIG, authenticator, class_of
from hubfleet.validation.tree import finding, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import Tree
    from hubfleet.validation.values import HubValues

_OAUTH = ("auth0", "azuread", "bitbucket", "cilogon", "generic-oauth", "github", "gitlab", "globus", "google")
_STANDS_FOR = re.compile(r"\bCHANGE-?ME\b|^DECIDE\b")
_MARK = re.compile(r"#.*\bDECIDE[:; ]")
_LINES_SHOWN = 8


def placeholder(tree: Tree) -> Iterator[Finding]:
    """No value is CHANGE-ME or DECIDE, which stand for one that nobody has said yet."""
    for document in tree.all_documents:
        for path, value in leaves(document.data):
            if isinstance(value, str) and _STANDS_FOR.search(value):
                yield finding(document, path, f"{value!r} stands for a value to come", "say it", warning=True)


def marked(tree: Tree) -> Iterator[Finding]:
    """No comment of a cluster's files begins with DECIDE: what it asks is decided, and the mark taken away."""
    for document in tree.all_documents:
        if not document.file.startswith("clusters/"):
            continue
        lines = lines_marked((tree.root / document.file).read_text())
        if lines:
            shown = ", ".join(map(str, lines[:_LINES_SHOWN])) + (", ..." if len(lines) > _LINES_SHOWN else "")
            message = f"to be decided: what is marked DECIDE in {'line' if len(lines) == 1 else 'lines'} {shown}"
            made = finding(document, (), message, "decide it, and take the mark away", warning=True)
            yield replace(made, line=lines[0])


def lines_marked(text: str) -> list[int]:
    """The lines, from 1, where a comment asks for a decision."""
    if "DECIDE" not in text:
        return []
    return [number for number, line in enumerate(text.splitlines(), 1) if _MARK.search(line)]


def issuer_email(tree: Tree) -> Iterator[Finding]:
    """Who issues certificates knows whom to warn: without an address there is no issuer, and no certificate."""
    for cluster in tree.clusters:
        document = tree.documents.get(f"clusters/{cluster.name}/support.values.yaml")
        issuer = document.data.get("issuer") if document else None
        if document and isinstance(issuer, dict) and issuer.get("email", "?") in ("", None):
            message = "without an address there is no issuer of certificates, and no https"
            yield finding(document, ("issuer", "email"), message, "the address of your team", warning=True)


def client_secret(values: HubValues) -> Iterator[Finding]:
    """A hub that logs in with OAuth has the client's secret, in a file for secrets or in its environment."""
    name = authenticator(values)
    if name not in _OAUTH or _has_secret(values, class_of(name)):
        return
    file = f"clusters/{values.cluster.name}/{values.hub.name}.secret.values.yaml"
    message = f"no file sets the client_secret of {name}: nobody can log in"
    hint = f"sops edit {file}, and list it under secrets:"
    yield values.finding((*CONFIG, "JupyterHub", "authenticator_class"), message, hint, warning=True)


def _has_secret(values: HubValues, own: str) -> bool:
    if any(values.get(*CONFIG, each, "client_secret") for each in (own, f"Local{own}", "OAuthenticator")):
        return True
    if values.get("hub", "existingSecret") or any("CLIENT_SECRET" in each for each in _environment(values)):
        return True
    code = values.mapping("hub", "extraConfig").values()
    return any(isinstance(text, str) and "client_secret" in text for text in code)


def _environment(values: HubValues) -> list[str]:
    """The names of the hub's environment variables, which the chart takes as a mapping or a list."""
    extra: Any = values.get("hub", "extraEnv")
    listed = [each.get("name") for each in extra if isinstance(each, dict)] if isinstance(extra, list) else extra or ()
    return [str(each) for each in listed]
