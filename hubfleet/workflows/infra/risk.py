"""What of a plan is dangerous, and in which order people see it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hubfleet.errors import Refused, WrongUsage
from hubfleet.fleet.names import did_you_mean
from hubfleet.tools.terraform import Change

Risk = Literal["data", "loss", "change", "creation"]
RISKS: tuple[Risk, ...] = ("data", "loss", "change", "creation")
WORDS: dict[Risk, str] = {
    "data": "DESTROYS WHAT HOLDS DATA", "loss": "destroys", "change": "changes", "creation": "creates",
}  # fmt: skip

STATEFUL = frozenset({
    "google_compute_disk", "aws_ebs_volume", "azurerm_managed_disk",
    "google_filestore_instance", "aws_efs_file_system", "azurerm_storage_account", "azurerm_storage_share",
    "google_storage_bucket", "aws_s3_bucket", "azurerm_storage_container",
    "aws_backup_vault", "azurerm_data_protection_backup_vault", "azurerm_data_protection_backup_instance_disk",
    "google_artifact_registry_repository", "aws_ecr_repository", "azurerm_container_registry",
    "google_container_cluster", "aws_eks_cluster", "azurerm_kubernetes_cluster",
    "azurerm_resource_group",
})  # fmt: skip
"""What holds data: terraform/README.md lists the same."""


@dataclass(frozen=True)
class Judged:
    """A change and how dangerous it is."""

    change: Change
    risk: Risk


def risk(change: Change) -> Risk:
    """How dangerous a change is."""
    if change.action in ("destroy", "replace"):
        return "data" if change.type in STATEFUL else "loss"
    return "creation" if change.action in ("create", "import") else "change"


def judged(changes: Iterable[Change]) -> tuple[Judged, ...]:
    """The changes, the most dangerous first; within a risk in terraform's order of addresses."""
    found = [Judged(each, risk(each)) for each in changes]
    return tuple(sorted(found, key=lambda each: (RISKS.index(each.risk), each.change.address)))


def refuse_losses(changes: Iterable[Change], allowed: Sequence[str], command: str) -> None:
    """Nothing that holds data goes unless its very address was given.

    Args:
        changes: of the plan.
        allowed: addresses that may be destroyed.
        command: with which it is said again, for the next step.

    Raises:
        WrongUsage: an address that this plan does not destroy. Refused: one that was not allowed, with all of them.
    """
    dangerous = {each.address: each.action for each in changes if risk(each) == "data"}
    for address in allowed:
        if address not in dangerous:
            raise WrongUsage(
                f"--allow-destroy {address}: nothing that holds data is destroyed under this address",
                evidence="\n".join(sorted(dangerous)),
                next_step=did_you_mean(address, dangerous),
            )
    refused = sorted(dangerous.keys() - set(allowed))
    if refused:
        options = " ".join(f"--allow-destroy {shlex.quote(each)}" for each in sorted(dangerous))
        raise Refused(
            f"{len(refused)} of what holds data would be destroyed",
            evidence="\n".join(f"{dangerous[each]} {each}" for each in refused),
            next_step=f"is its data elsewhere, and may it go? Then: {command} {options}",
        )
