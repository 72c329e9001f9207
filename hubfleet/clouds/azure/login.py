"""Who we are on Azure, through azure-identity: a service principal, workload or managed identity, or the person's `az`.

A person's login is unavoidably `az`'s: azure-identity has no lasting login of its own that asks for nothing each time.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hubfleet.clouds.azure.errors import errors
from hubfleet.clouds.credential import Token
from hubfleet.clouds.interface import Identity
from hubfleet.masking import hide

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

# The application that every AKS cluster with Entra ID takes tokens for:
# https://azure.github.io/kubelogin/concepts/aks.html
AKS_SCOPE = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
ARM_SCOPE = "https://management.azure.com/.default"
# What azure-identity and az read: https://learn.microsoft.com/python/api/overview/azure/identity-readme#environment-variables
ENVIRONMENT = (
    "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "AZURE_CONFIG_DIR",
    "IDENTITY_ENDPOINT", "IDENTITY_HEADER",
)  # fmt: skip


def environment() -> dict[str, str]:
    """What of this process's environment the credential plugin needs."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def command(subscription: str) -> str:
    """The command that logs a person in."""
    return f"az login && az account set --subscription {subscription}"


def credential() -> TokenCredential:
    """azure-identity's chain, without the links that open windows or probe for a metadata service that is not there."""
    from azure.identity import DefaultAzureCredential

    logging.getLogger("azure").addHandler(logging.NullHandler())  # it prints what it also raises
    return DefaultAzureCredential(
        exclude_managed_identity_credential="IDENTITY_ENDPOINT" not in os.environ,
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_developer_cli_credential=True,
        exclude_powershell_credential=True,
        exclude_interactive_browser_credential=True,
        exclude_broker_credential=True,
    )


def token(place: Mapping[str, str], by: TokenCredential | None = None) -> Token:
    """A token for the API of AKS clusters.

    Args:
        place: `subscription`.
        by: whose; default: the chain's.
    """
    subscription = place["subscription"]
    with errors("make a token", f"subscription {subscription}", command(subscription)):
        found = (by or credential()).get_token(AKS_SCOPE)
    hide(found.token)
    return Token(found.token, datetime.fromtimestamp(found.expires_on, UTC))


def identity(by: TokenCredential, subscription: str) -> Identity:
    """Who the credential is, by what its token says. It may work in several subscriptions.

    Raises:
        LoginNeeded: nobody, or expired.
    """
    with errors("say who we are", f"subscription {subscription}", command(subscription)):
        found = by.get_token(ARM_SCOPE)
    hide(found.token)
    said = claims(found.token)
    names = (said.get(name) for name in ("upn", "unique_name", "preferred_username", "appid", "oid"))
    return Identity(next((str(name) for name in names if name), "unknown"))


def claims(token: str) -> dict[str, Any]:
    """What a JSON web token says, unverified: it is told to people, nothing is decided by it."""
    try:
        body = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
