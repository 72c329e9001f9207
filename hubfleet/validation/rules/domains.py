"""Domains of hubs: in cluster.yaml, and where values repeat them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import HubEntry, Tree
    from hubfleet.validation.values import HubValues

_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_LOCAL = ("localhost", ".localhost", ".local", ".internal", ".test")
_PRIVATE = ("local", "kubeconfig")


def unique_domain(tree: Tree) -> Iterator[Finding]:
    """A domain leads to one hub of the whole fleet. Retired hubs have given theirs back."""
    first: dict[str, tuple[HubEntry, KeyPath]] = {}
    for hub in tree.hubs:
        for path, domain in hub.domains():
            if hub.retired:
                continue
            other, where = first.setdefault(domain, (hub, path))
            if (other, where) != (hub, path):
                line = other.cluster.document.line_of(("hubs", other.index, *where))
                message = f"the domain {domain} is the one of {other.where()} ({other.cluster.document.file}:{line})"
                yield hub.finding(path, message, "a copied entry needs its own domain")


def domain_form(tree: Tree) -> Iterator[Finding]:
    """A domain is a name that people outside can look up (on a private cluster also a local name)."""
    for hub in tree.hubs:
        private = hub.cluster.document.data.get("provider") in _PRIVATE
        for path, domain in hub.domains():
            if _ADDRESS.fullmatch(domain):
                yield hub.finding(path, f"{domain} is an address, not a domain", "certificates need a domain name")
            elif not private and ("." not in domain or domain.endswith(_LOCAL)):
                yield hub.finding(path, f"{domain} can not be found on the internet", "write the whole domain")


def domain_of_values(values: HubValues) -> Iterator[Finding]:
    """Where values repeat the hub's domain, it is the hub's: a pasted one sends users elsewhere."""
    known = set(values.hub.domains)
    hint = f"this hub's domain is {values.hub.domain}"
    for path, host in _hosts(values):
        if host and host not in known:
            yield values.finding(path, f"{host} is not a domain of this hub", hint)


def _hosts(values: HubValues) -> Iterator[tuple[KeyPath, str]]:
    for name, settings in values.mapping("hub", "config").items():
        url = settings.get("oauth_callback_url") if isinstance(settings, dict) else None
        if isinstance(url, str) and "://" in url and "{" not in url:
            host = url.partition("://")[2].partition("/")[0].partition(":")[0]
            yield ("hub", "config", name, "oauth_callback_url"), host
    for part in (("ingress", "hosts"), ("proxy", "https", "hosts")):
        hosts = values.get(*part)
        for index, host in enumerate(hosts if isinstance(hosts, list) else []):
            if isinstance(host, str):
                yield (*part, index), host
    tls = values.get("ingress", "tls")
    for index, entry in enumerate(tls if isinstance(tls, list) else []):
        hosts = entry.get("hosts") if isinstance(entry, dict) else None
        for place, host in enumerate(hosts if isinstance(hosts, list) else []):
            if isinstance(host, str):
                yield ("ingress", "tls", index, "hosts", place), host


def callback_path(values: HubValues) -> Iterator[Finding]:
    """An OAuth callback leads to JupyterHub's own path, over https."""
    for name, settings in values.mapping("hub", "config").items():
        url = settings.get("oauth_callback_url") if isinstance(settings, dict) else None
        if not isinstance(url, str) or "{" in url:
            continue
        path = ("hub", "config", name, "oauth_callback_url")
        local = values.cluster.provider in _PRIVATE
        right = f"https://{values.hub.domain}/hub/oauth_callback"
        if not url.startswith("https://") and not (local and url.startswith("http://")):
            yield values.finding(path, "the address does not start with https://", f"write {right}")
        elif not url.endswith("/hub/oauth_callback"):
            yield values.finding(path, "the address does not end with /hub/oauth_callback", f"write {right}")
