"""The credential plugin of the kubeconfigs that hubfleet makes: prints a token for one cluster.

`python -m hubfleet.clouds.credential CLUSTER PROVIDER NAME=VALUE...`, called by kubectl, helm and lightkube. It prints
an ExecCredential (https://kubernetes.io/docs/reference/config-api/client-authentication.v1/), and nothing goes to disk.
What went wrong goes to standard error, in one line with the command that helps: that is all which kubectl shows.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hubfleet.errors import HubfleetError, WrongUsage

PROVIDERS = ("gcp", "aws", "azure")
_API = "client.authentication.k8s.io/v1"


@dataclass(frozen=True)
class Token:
    """A bearer token and when it ends, in UTC."""

    value: str
    expires: datetime


def main(argv: Sequence[str]) -> int:
    """Print the credential; returns the exit code."""
    try:
        _, provider, place = arguments(argv)
        token = _token(provider, place)
    except HubfleetError as trouble:
        parts = (trouble.what, trouble.where, trouble.evidence.replace("\n", " "), trouble.next_step)
        sys.stderr.write("hubfleet: " + "; ".join(part for part in parts if part) + "\n")
        return trouble.exit_code
    sys.stdout.write(answer(token, asked(os.environ.get("KUBERNETES_EXEC_INFO", ""))) + "\n")
    return 0


def arguments(argv: Sequence[str]) -> tuple[str, str, dict[str, str]]:
    """Cluster, provider and place from the command line.

    Raises:
        WrongUsage: they are something else.
    """
    pairs = [word.partition("=") for word in argv[2:]]
    if len(argv) < 2 or argv[1] not in PROVIDERS or not all(name and equals for name, equals, _ in pairs):  # noqa: PLR2004
        raise WrongUsage("usage: python -m hubfleet.clouds.credential CLUSTER gcp|aws|azure NAME=VALUE...")
    return argv[0], argv[1], {name: value for name, _, value in pairs}


def asked(info: str) -> str:
    """The API version that the caller wants, from KUBERNETES_EXEC_INFO; v1 where it does not say."""
    try:
        version = json.loads(info)["apiVersion"]
    except (ValueError, KeyError, TypeError):
        return _API
    return version if isinstance(version, str) and version.startswith("client.authentication.k8s.io/") else _API


def answer(token: Token, version: str) -> str:
    """The ExecCredential, as JSON."""
    expires = token.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"token": token.value, "expirationTimestamp": expires}
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": {}, "status": status})


def _token(provider: str, place: Mapping[str, str]) -> Token:
    login = importlib.import_module(f"hubfleet.clouds.{provider}.login")
    found: Token = login.token(place)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
