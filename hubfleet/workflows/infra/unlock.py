"""infra-unlock: free the lock that a dead process left. Only for the lock that was looked at, only when confirmed."""

from __future__ import annotations

from collections.abc import Callable

from hubfleet.errors import Refused, WrongUsage
from hubfleet.runs import Run
from hubfleet.tools.terraform import LockInfo
from hubfleet.workflows.infra import site
from hubfleet.workflows.infra.site import Site


def unlock(run: Run, where: Site, identity: str, confirm: str, ask: Callable[[str], str] | None) -> LockInfo | None:
    """Free the state's lock.

    Args:
        run: its journal.
        where: the cluster.
        identity: the id of the lock, as the refusal said it.
        confirm: the cluster's name: yes, the holder is dead.
        ask: asks a person; None: there is nobody to ask.

    Returns:
        Who held it; None where it was free.

    Raises:
        Refused: it is another lock, its holder lives on this machine, or nobody confirmed.
    """
    name = where.cluster.name
    if confirm and confirm != name:
        raise WrongUsage(f"--confirm {confirm} is not the name of the cluster", next_step=f"--confirm {name}")
    with site.alone(where):
        with run.step("check the login"):
            where.cloud.check()
        with run.step("look who holds the lock"):
            terraform = site.prepare(where, run)
            held = terraform.lock_holder()
        if held is None:
            return None
        if held.id != identity:
            raise Refused(
                "another lock is held now than the one you named",
                where=held.path,
                evidence=str(held),
                next_step=f"if this holder is dead too: ./inv infra-unlock {name} --id {held.id}",
            )
        _confirm(name, held, confirm, ask)
        with run.step("free the lock"):
            terraform.unlock(identity)
    return held


def _confirm(name: str, held: LockInfo, confirm: str, ask: Callable[[str], str] | None) -> None:
    """Raises Refused unless somebody says that the holder is dead."""
    if confirm == name:
        return
    question = f"The lock is {held}.\nIs that terraform dead for sure? Type the cluster's name ({name}): "
    typed = ask(question) if ask else ""
    if typed.strip() != name:
        raise Refused(
            "the lock was not freed: nobody confirmed that its holder is dead",
            where=held.path,
            evidence=str(held),
            next_step=f"make sure that it is dead, then add --confirm {name}",
        )
