"""What terraform's providers and backends need of the person's environment: one cloud's credentials, no other's."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubfleet.fleet import Cluster

# azurerm reads its own names: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs#argument-reference
_AZURE = {
    "AZURE_CLIENT_ID": "ARM_CLIENT_ID", "AZURE_TENANT_ID": "ARM_TENANT_ID", "AZURE_CLIENT_SECRET": "ARM_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH": "ARM_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD": "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_FEDERATED_TOKEN_FILE": "ARM_OIDC_TOKEN_FILE_PATH",
}  # fmt: skip

# Addresses of Google's APIs, for the google provider and the gcs backend, such as those of a network without internet:
# https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference
_GOOGLE = re.compile(r"GOOGLE_\w+_CUSTOM_ENDPOINT")


def environment(cluster: Cluster) -> dict[str, str]:
    """The same credentials that hubfleet's own look at the account used."""
    if cluster.provider == "gcp":
        from hubfleet.clouds.gcp import login as gcp

        return gcp.environment() | {name: value for name, value in os.environ.items() if _GOOGLE.fullmatch(name)}
    if cluster.provider == "aws":
        from hubfleet.clouds.aws import login as aws

        region = str(cluster.place["region"])
        return aws.environment(aws.chosen(str(cluster.place["account"]))) | {"AWS_REGION": region}
    from hubfleet.clouds.azure import login as azure

    return azure_environment(azure.environment(), str(cluster.place["subscription"]))


def azure_environment(found: dict[str, str], subscription: str) -> dict[str, str]:
    """azure-identity's variables and, beside them, the same for azurerm."""
    ours = {theirs: found[name] for name, theirs in _AZURE.items() if name in found}
    federated = {"ARM_USE_OIDC": "true"} if "ARM_OIDC_TOKEN_FILE_PATH" in ours else {}
    return found | ours | federated | {"ARM_SUBSCRIPTION_ID": subscription}


def cli_config() -> Path | None:
    """The person's own configuration of terraform (mirrors, a registry's token), if there is one.

    TF_CLI_CONFIG_FILE is passed on only where the file exists: terraform warns of a missing one on every call.
    """
    named = os.environ.get("TF_CLI_CONFIG_FILE", "")
    for path in (Path(named) if named else None, Path.home() / ".terraformrc"):
        if path and path.is_file():
            return path
    return None
