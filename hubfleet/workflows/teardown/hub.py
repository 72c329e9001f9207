"""The teardown workflow, as a list of named steps. Nothing that holds data goes before its archive is verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from hubfleet.archive import manifest
from hubfleet.archive.manifest import Manifest
from hubfleet.archive.store import Store
from hubfleet.errors import HubfleetError, Refused
from hubfleet.fleet.model import Archive
from hubfleet.runs import Run
from hubfleet.runs.alone import alone
from hubfleet.runs.lock import locked
from hubfleet.runs.mirror import Mirror
from hubfleet.workflows.deploy import namespace
from hubfleet.workflows.teardown import destination, guards, inventory, removing
from hubfleet.workflows.teardown.archive import archive_hub, settings_of
from hubfleet.workflows.teardown.inventory import Inventory
from hubfleet.workflows.teardown.options import Options
from hubfleet.workflows.teardown.removing import Leftover
from hubfleet.workflows.teardown.site import Site


@dataclass(frozen=True)
class Torn:
    """A hub that was taken down, or of which nothing was left.

    Args:
        action: `done` or `nothing`.
        archive: the folder, or the bucket's address; empty where there is no data, or no archive is known.
        volumes, files, bytes: in it.
        encrypted: whether it can be read with a key only.
        leftovers: what stands outside the namespace.
        steps: name and seconds of each.
    """

    action: str
    archive: str
    volumes: int
    files: int
    bytes: int
    encrypted: bool
    leftovers: tuple[Leftover, ...]
    steps: tuple[tuple[str, float], ...] = field(default=())


def refusals(site: Site, found: Inventory, options: Options) -> list[HubfleetError]:
    """Everything that `teardown_hub` would refuse now, for a plan: all, not only the first."""
    checks: tuple[Callable[[], object], ...] = (
        lambda: guards.refuse_unless_retired(site),
        lambda: guards.refuse_shared_and_strange(site, found),
        lambda: guards.refuse_active_users(site, found, even_with_users=options.even_with_users),
        lambda: _refuse_homeless_archive(site, found, options),
    )
    seen: list[HubfleetError] = []
    for check in checks:
        try:
            check()
        except HubfleetError as trouble:
            seen.append(trouble)
    return seen


def planned_archive(site: Site, options: Options) -> Archive | None:
    """Where its homes would be archived, for a plan, and who says so; None: nobody does."""
    try:
        return destination.archive_of(site, options.destination)
    except Refused:
        return None


def nothing_left(site: Site, found: Inventory, options: Options) -> Torn:
    """The result where nothing of the hub is in the cluster any more: where its archive is, what is left elsewhere."""
    store = _newest_archive(site, options)
    whole = manifest.read(store) if store else None
    return _torn("nothing", store, whole, removing.leftovers(site, found, lambda: found, lambda _: None), ())


def refuse_first(site: Site, found: Inventory, options: Options) -> None:
    """Everything that can be refused before anything is changed.

    Raises:
        Refused: the first reason.
    """
    guards.refuse_unless_retired(site)
    guards.refuse_shared_and_strange(site, found)
    guards.refuse_active_users(site, found, even_with_users=options.even_with_users)
    guards.refuse_unconfirmed(site, options.confirm, can_ask=options.ask is not None)
    _refuse_homeless_archive(site, found, options)


def teardown_hub(run: Run, site: Site, options: Options) -> Torn:
    """Archive a retired hub, verify the archive, and remove the hub.

    Every step can be interrupted: the same call goes on where it was.

    Raises:
        Refused: a guard said no, or nobody confirmed. What is archived stays.
        HubfleetError: a step failed.
    """
    namespace.ensure_own(site.kube)
    lock = f"hub-{site.hub.namespace}"
    with alone(run), locked(site.kube, lock, run):
        Mirror(site.kube, run).begin()
        with run.step("look at what there is") as step:
            found = inventory.take(site)
            refuse_first(site, found, options)
            step.say(_summary(found))
        store, whole = archive_hub(run, site, found, options)
        _confirm(site, found, store, whole, options)
        _remove(run, site, whole)
        with run.step("look what is left") as step:
            left = removing.leftovers(site, found, partial(inventory.take, site), step.say)
        removing.forget_lock(site.kube, lock)
    return _torn("done", store, whole, left, tuple(run.seconds()))


def _refuse_homeless_archive(site: Site, found: Inventory, options: Options) -> None:
    """Raises Refused where there is data and nobody has said where it is archived."""
    if removing.to_archive(site, found):
        settings_of(site, options)


def _newest_archive(site: Site, options: Options) -> Store | None:
    try:
        settings = destination.archive_of(site, options.destination)
    except Refused:
        return None  # nobody has said
    return next(destination.store_of(site, settings).runs(), None)


def _confirm(site: Site, found: Inventory, store: Store | None, whole: Manifest | None, options: Options) -> None:
    """Raises Refused unless a person, or a script, gives the hub's domain."""
    if options.confirm == site.hub.domain:
        return
    files = sum(each.files for each in whole.volumes) if whole else 0
    question = (
        f"{site.subject} will be removed: {_summary(found)}.\n"
        f"Its archive has {files} files and is verified: {store or 'there was nothing to archive'}\n"
        f"Type the hub's domain ({site.hub.domain}) to remove it: "
    )
    typed = options.ask(question) if options.ask else ""
    if typed.strip() != site.hub.domain:
        raise Refused(
            f"{site.subject} was not removed: what was typed is not its domain",
            where=f"the archive stays: {store}" if store else "",
            next_step="run it again: it goes on with this archive; or ./inv deploy-hub opens an active hub again",
        )


def _remove(run: Run, site: Site, whole: Manifest | None) -> None:
    found = inventory.take(site)
    if found.namespace == "Active":
        _last_look(site, found, whole)
        with run.step("uninstall the release"):
            removing.uninstall(site, run.log("helm"))
        found = inventory.take(site)
        _last_look(site, found, whole)
    with run.step("delete the namespace") as step:
        removing.delete_namespace(site, step.say)
        removing.delete_share_volumes(site.kube, found.volumes)


def _last_look(site: Site, found: Inventory, whole: Manifest | None) -> None:
    if whole is None and removing.to_archive(site, found):
        raise Refused("volumes appeared that are not archived; nothing was removed", where=site.hub.namespace)
    if whole is not None:
        removing.refuse_unless_archived(site, found, whole)


def _summary(found: Inventory) -> str:
    release = f"release {found.release}, revision {found.revision}" if found.release else "no release"
    users = len([each for each in found.claims if each.user])
    return f"{release}, {len(found.claims)} volumes ({users} homes), {len(found.servers)} servers running"


def _torn(
    action: str,
    store: Store | None,
    whole: Manifest | None,
    left: tuple[Leftover, ...],
    steps: tuple[tuple[str, float], ...],
) -> Torn:
    volumes = whole.volumes if whole else ()
    return Torn(
        action=action, archive=str(store) if store and whole else "", volumes=len(volumes),
        files=sum(each.files for each in volumes), bytes=sum(each.bytes for each in volumes),
        encrypted=bool(whole and whole.recipients), leftovers=left, steps=steps,
    )  # fmt: skip
