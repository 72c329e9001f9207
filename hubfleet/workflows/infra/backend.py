"""Where the state of a cluster is: derived from its name and place, never from a workspace. See terraform/README.md."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet.clouds.endpoints import is_stand_in
from hubfleet.fleet import Cluster
from hubfleet.workflows.infra.inputs import owner

_KIND = {"gcp": "gcs", "aws": "s3", "azure": "azurerm"}
_DIGITS = 16


@dataclass(frozen=True)
class Backend:
    """A backend and its settings, none of them secret.

    Args:
        kind: terraform's name of it: gcs, s3, azurerm, local.
        bucket: what holds the state, for people; for `local` the file.
    """

    kind: str
    bucket: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Tells this state from every other."""
        named = [self.settings[name] for name in ("prefix", "key") if name in self.settings]
        return " ".join((self.kind, self.bucket, *named))


def backend(cluster: Cluster, root: Path) -> Backend:
    """The cluster's backend; `infrastructure.state` of cluster.yaml names another place.

    Args:
        cluster: in a cloud.
        root: of the repository, for a `state.path` that is relative.
    """
    chosen = cluster.infrastructure.get("state", {})
    if "path" in chosen:
        path = str((root / str(chosen["path"])).resolve())
        return Backend("local", path, {"path": path})
    bucket = str(chosen.get("bucket") or usual_bucket(cluster))
    settings = {"gcp": _gcs, "aws": _s3, "azure": _azurerm}[cluster.provider](cluster, bucket)
    return Backend(_KIND[cluster.provider], bucket, settings)


def usual_bucket(cluster: Cluster) -> str:
    """What terraform/state/<provider> makes: a bucket, on Azure a storage account."""
    if cluster.provider == "gcp":
        return f"{owner(cluster)}-hubfleet-state"
    if cluster.provider == "aws":
        return f"hubfleet-state-{owner(cluster)}-{cluster.place['region']}"
    return f"hubfleet{hashlib.sha256(owner(cluster).encode()).hexdigest()[:_DIGITS]}"


def _gcs(cluster: Cluster, bucket: str) -> dict[str, str]:
    return {"bucket": bucket, "prefix": cluster.name}


def _s3(cluster: Cluster, bucket: str) -> dict[str, str]:
    found = {
        "bucket": bucket, "key": f"{cluster.name}/terraform.tfstate", "region": str(cluster.place["region"]),
        "use_lockfile": "true", "encrypt": "true",
    }  # fmt: skip
    if is_stand_in("AWS_ENDPOINT_URL"):  # on this machine buckets have no names of their own in DNS
        found["use_path_style"] = "true"
    return found


def _azurerm(cluster: Cluster, bucket: str) -> dict[str, str]:
    return {
        "resource_group_name": "hubfleet-state", "storage_account_name": bucket, "container_name": "state",
        "key": f"{cluster.name}.tfstate", "subscription_id": owner(cluster), "use_azuread_auth": "true",
    }  # fmt: skip
