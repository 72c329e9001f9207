"""A kubeconfig for one cluster, without a secret in it: tokens come from a credential plugin, as they are needed.

The plugin is this Python running `hubfleet.clouds.credential`, so kubectl, helm and lightkube get a fresh token when
theirs has expired, and no cloud's own command has to be installed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hubfleet
from hubfleet.clouds import runtime
from hubfleet.clouds.access import Access

# The API version that kubectl, helm and lightkube understand alike: lightkube 1.0 refuses v1. The plugin answers in the
# version that it is asked in. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
EXEC_API = "client.authentication.k8s.io/v1beta1"


@dataclass(frozen=True)
class Endpoint:
    """Where a cluster's API is.

    Args:
        server: its address with `https://`.
        authority: the certificate authority's certificate, base64 of PEM; empty: a public one.
    """

    server: str
    authority: str = ""


def access(
    cluster: str, endpoint: Endpoint, provider: str, place: Mapping[str, str], extra: Mapping[str, str]
) -> Access:
    """Write the kubeconfig and say how to use it.

    Args:
        cluster: its name in `clusters/`, which becomes the context's.
        endpoint: where its API is.
        provider: gcp, aws or azure.
        place: what the plugin must know of the cluster; never a secret.
        extra: environment variables that the plugin needs; they stay out of the file.
    """
    argv = plugin(cluster, provider, place)
    path = runtime.write(f"{cluster}.kubeconfig", json.dumps(document(cluster, endpoint, argv), indent=1))
    return Access(cluster, path, cluster, dict(extra))


def plugin(cluster: str, provider: str, place: Mapping[str, str]) -> list[str]:
    """The plugin's command line. `-P` keeps the folder in which it happens to run from being imported from."""
    words = [f"{name}={value}" for name, value in sorted(place.items())]
    return [sys.executable, "-P", "-m", "hubfleet.clouds.credential", cluster, provider, *words]


def document(cluster: str, endpoint: Endpoint, argv: list[str]) -> dict[str, Any]:
    """The kubeconfig. JSON is YAML: every program reads it."""
    where = {"server": endpoint.server}
    if endpoint.authority:
        where["certificate-authority-data"] = endpoint.authority
    command = {
        "apiVersion": EXEC_API, "command": argv[0], "args": argv[1:], "interactiveMode": "Never",
        "env": [{"name": "PYTHONPATH", "value": str(Path(hubfleet.__file__).parents[1])}],
        "installHint": "./inv --list makes the Python environment that this kubeconfig stands on",
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": cluster,
        "clusters": [{"name": cluster, "cluster": where}],
        "users": [{"name": cluster, "user": {"exec": command}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
    }  # fmt: skip
