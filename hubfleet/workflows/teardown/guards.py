"""What a teardown refuses before it changes anything. Each refusal names the way on."""

from __future__ import annotations

from hubfleet import process
from hubfleet.errors import Refused
from hubfleet.workflows.teardown.inventory import Inventory
from hubfleet.workflows.teardown.site import Site

PROTECTED = ("default", "hubfleet", "kube-system", "kube-public", "kube-node-lease")
_SHOWN = 20


def refuse_unless_retired(site: Site) -> None:
    """Only a hub whose committed file says that it is retired: then no merge deploys it again.

    Raises:
        Refused: it is not, or that is not committed.
    """
    file = site.hub.at.file
    if site.hub.state != "retired":
        raise Refused(
            f"{site.subject} is {site.hub.state}, and only a retired hub is taken down",
            where=str(site.state_at),
            evidence="a retired hub is a tombstone: as long as its file says so, nobody deploys it again by mistake",
            next_step=f"set `state: retired` at {site.state_at}, and commit {file}",
        )
    changed = process.run(
        ["git", "-C", site.root, "status", "--porcelain", "--", file], timeout=60, ok=(0, 128)
    ).stdout.strip()  # fmt: skip
    if changed:
        raise Refused(
            f"that {site.subject} is retired is not committed yet",
            where=str(site.state_at),
            evidence=f"git status: {changed}",
            next_step=f"git commit -m 'Retire {site.subject}' {file}",
        )


def refuse_shared_and_strange(site: Site, found: Inventory) -> None:
    """What would take more away than this hub, and what nobody could archive.

    Raises:
        Refused: another hub uses these homes, the namespace holds other things, or a volume can not be read.
    """
    if found.sharing:
        raise Refused(
            f"{', '.join(found.sharing)} uses the homes of {site.subject}",
            where=str(site.hub.at),
            next_step="give that hub homes of its own (homes.kind), or take it down first",
        )
    if site.hub.namespace in PROTECTED:
        raise Refused(f"the namespace {site.hub.namespace} is not deleted", where=str(site.hub.at))
    if found.others:
        raise Refused(
            f"other releases are in the namespace {site.hub.namespace}, which would be deleted",
            where=f"cluster {site.cluster.name}",
            evidence="\n".join(found.others),
            next_step=f"helm uninstall them, or move them: helm list -n {site.hub.namespace}",
        )
    for claim in found.claims:
        if claim.phase == "Lost" or claim.mode != "Filesystem":
            raise Refused(
                f"the volume {claim.name} can not be archived: it is {claim.phase}, {claim.mode}",
                where=f"namespace {site.hub.namespace}",
                next_step=f"kubectl -n {site.hub.namespace} describe pvc {claim.name}",
            )
    _refuse_user_namespaces(site)


def refuse_active_users(site: Site, found: Inventory, *, even_with_users: bool) -> None:
    """Raises Refused while users' servers run, unless told otherwise."""
    if found.servers and not even_with_users:
        lines = [f"{each.user or each.pod}, since {each.since}" for each in found.servers]
        raise Refused(
            f"{len(lines)} of {site.subject}'s users have a server running",
            where=f"namespace {site.hub.namespace}",
            evidence="\n".join(lines[:_SHOWN]),
            next_step="tell them and wait, or add --even-with-users: their servers are stopped, their files archived",
        )


def refuse_unconfirmed(site: Site, confirm: str, *, can_ask: bool) -> None:
    """Before anything is done: whether somebody can and does confirm by the hub's domain.

    Raises:
        Refused: nobody can be asked, or the domain is another hub's.
    """
    if confirm and confirm != site.hub.domain:
        raise Refused(
            f"--confirm {confirm} is not the domain of {site.subject}",
            where=str(site.hub.at),
            next_step=f"its domain is {site.hub.domain}: is this the hub that you mean?",
        )
    if not confirm and not can_ask:
        raise Refused(
            f"taking down {site.subject} has to be confirmed",
            evidence="there is no terminal to ask at",
            next_step=f"--confirm {site.hub.domain}",
        )


def _refuse_user_namespaces(site: Site) -> None:
    config = site.values.get("jupyterhub", {}).get("hub", {}).get("config", {})
    if (config.get("KubeSpawner") or {}).get("enable_user_namespaces"):
        raise Refused(
            f"{site.subject} keeps each user in a namespace of its own, which teardown-hub does not know",
            where=str(site.hub.at),
            next_step="archive and remove these namespaces by hand",
        )
