"""infra-bootstrap: the place where the states of a project, account or subscription are kept. Once; again does no harm.

Its own state is not kept: what it makes is known by its name, and is adopted again by each run.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet.errors import HubfleetError, Refused
from hubfleet.runs import Run
from hubfleet.tools.terraform import Change, Plan, Terraform
from hubfleet.tools.terraform.plan import NOTHING
from hubfleet.workflows.infra import backend, inputs, progress, risk, site, sources
from hubfleet.workflows.infra.risk import Judged
from hubfleet.workflows.infra.site import Site

_ABSENT = re.compile(r"Cannot import non-existent remote object")
_PLAN = "state-plan"


@dataclass(frozen=True)
class Bootstrapped:
    """The place for states.

    Args:
        bucket: its name.
        changes: what was made or would be made; none: it was there and right.
        steps: name and seconds of each.
    """

    bucket: str
    changes: tuple[Judged, ...]
    steps: tuple[tuple[str, float], ...] = field(default=())


def bootstrap(run: Run, where: Site, *, plan_only: bool = False) -> Bootstrapped:
    """Make the place for states, or mend what is missing of it.

    Raises:
        Refused: wrong account; or it would destroy something. HubfleetError: terraform's errors.
    """
    with site.alone(where):
        with run.step("check the login"):
            where.cloud.check()
        work = run.folder / "state"
        try:
            terraform, inputs_file = _prepare(run, where, work)
            with run.step("compare with the cloud") as step:
                found = _plan(run, where, terraform, inputs_file, progress.Progress(run, step))
            changes = tuple(each for each in risk.judged(found.changes) if not _as_it_is(each.change))
            if any(each.risk in ("data", "loss") for each in changes):
                raise Refused(
                    "making the place for states would destroy something",
                    evidence="\n".join(f"{each.change.action} {each.change.address}" for each in changes),
                    next_step="terraform/state says what it makes; look at what is there",
                )
            if changes and not plan_only:
                with run.step("make it") as step:
                    terraform.apply(run.folder / _PLAN, on_event=progress.Progress(run, step))
        finally:
            shutil.rmtree(work, ignore_errors=True)
            (run.folder / _PLAN).unlink(missing_ok=True)
    return Bootstrapped(where.backend.bucket, changes, tuple(run.seconds()))


def known(where: Site) -> dict[str, str]:
    """What the place for states is made of, and known by: ids by address."""
    cluster, bucket = where.cluster, backend.usual_bucket(where.cluster)
    if cluster.provider == "gcp":
        return {"google_storage_bucket.state": bucket}
    if cluster.provider == "aws":
        parts = ("aws_s3_bucket", "aws_s3_bucket_versioning", "aws_s3_bucket_public_access_block")
        return {f"{part}.state": bucket for part in parts}
    group = f"/subscriptions/{where.owner}/resourceGroups/hubfleet-state"
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/{bucket}"
    return {
        "azurerm_resource_group.state": group,
        "azurerm_storage_account.state": account,
        "azurerm_storage_container.state": f"{account}/blobServices/default/containers/state",
    }


def _as_it_is(change: Change) -> bool:
    """Adopted, and nothing in the cloud changes: what only terraform knows has its default (`force_destroy`)."""
    mere = all((one.before, one.after) == (NOTHING, "false") for one in change.attributes)
    return change.action == "import" or (change.action == "update" and bool(change.imported) and mere)


def _prepare(run: Run, where: Site, work: Path) -> tuple[Terraform, Path]:
    with run.step("get providers"):
        module = sources.copy(where.root, f"state/{where.cluster.provider}", work / "terraform")
        terraform = where.terraform(module, work / "data")
        site.initialise(terraform, where, run, {})
        file = run.folder / "state.tfvars.json"
        tags = where.cluster.infrastructure.get("tags", {})
        file.write_text(inputs.text({"place": inputs.place(where.cluster), "tags": tags}), encoding="utf-8")
    return terraform, file


def _plan(run: Run, where: Site, terraform: Terraform, file: Path, told: progress.Progress) -> Plan:
    """Adopt what is there; what is not, terraform says, and it is made."""
    adopted = known(where)
    while True:
        sources.set_imports(terraform.folder, adopted)
        try:
            terraform.plan(
                run.folder / _PLAN, file, on_event=lambda event: None if event.what == "error" else told(event)
            )
            return terraform.show(run.folder / _PLAN)
        except HubfleetError as trouble:
            absent = [address for address in adopted if f'"{address}"' in trouble.evidence or address in trouble.where]
            if not _ABSENT.search(trouble.evidence) or not absent:
                raise
            adopted = {address: each for address, each in adopted.items() if address not in absent}
