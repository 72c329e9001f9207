"""What keeps a cloud from deleting things, and lifting it: pure."""

from __future__ import annotations

from collections.abc import Sequence

from hubfleet.errors import Refused
from hubfleet.tools.terraform import Change, Instance, State

# What deletion_protection=false changes in terraform/<provider>, and the value that protects.
_PROTECTS = {
    ("google_container_cluster", "deletion_protection"): True,
    ("google_filestore_instance", "deletion_protection_enabled"): True,
    ("google_storage_bucket", "force_destroy"): False,
    ("google_artifact_registry_repository", "deletion_policy"): "PREVENT",
    ("aws_ecr_repository", "force_delete"): False,
    ("aws_s3_bucket", "force_destroy"): False,
}
_ALSO = {"deletion_protection_reason"}
_LOCK = "azurerm_management_lock"
_ARCHIVE = "module.archive"


def protected(state: State) -> tuple[str, ...]:
    """Addresses of what is protected. The archive is not asked: it stays."""
    return tuple(each.address for each in state.instances if _is(each) and not each.address.startswith(_ARCHIVE))


def refuse_more(changes: Sequence[Change], cluster: str) -> None:
    """Lifting protection changes nothing else.

    Raises:
        Refused: the plan does more; with what.
    """
    more = [each for each in changes if not _only_lifts(each)]
    if more:
        raise Refused(
            "lifting the protection would change other things too; nothing was destroyed",
            evidence="\n".join(
                f"{each.action} {each.address}" + "".join(f"\n    {one.path}" for one in each.attributes)
                for each in more
            ),
            next_step=f"the files differ from the cloud: ./inv infra-plan {cluster}, apply that first, then again",
        )


def _is(each: Instance) -> bool:
    if each.type == _LOCK:
        return True
    return any(
        each.type == kind and name in each.attributes and (each.attributes[name] or False) == value
        for (kind, name), value in _PROTECTS.items()
    )


def _only_lifts(change: Change) -> bool:
    if change.type == _LOCK:
        return change.action == "destroy"
    names = {name for kind, name in _PROTECTS if kind == change.type} | _ALSO
    return change.action == "update" and all(one.path in names for one in change.attributes)
