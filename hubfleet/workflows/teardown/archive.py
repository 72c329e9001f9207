"""Archiving a hub: closed, every volume verified, the manifest last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hubfleet.archive import manifest, read
from hubfleet.archive.manifest import Manifest, Volume
from hubfleet.archive.store import Store
from hubfleet.errors import Refused
from hubfleet.fleet.model import Archive
from hubfleet.runs import Run
from hubfleet.workflows.mounting import Image, Place, hub_image
from hubfleet.workflows.teardown import closing, destination, inventory, removing
from hubfleet.workflows.teardown.inventory import Inventory
from hubfleet.workflows.teardown.options import Options
from hubfleet.workflows.teardown.site import Site, seal_for
from hubfleet.workflows.teardown.volumes import Archiving, notes

_SETTINGS = "archive settings"


def archive_hub(run: Run, site: Site, found: Inventory, options: Options) -> tuple[Store | None, Manifest | None]:
    """The complete archive of a hub: made now, or found complete from before. None where there is no data.

    Args:
        run: the run, whose id is the archive's name.
        site: the hub.
        found: what there is of it.
        options: how it is taken down.

    Returns:
        Where it is, and its manifest.
    """
    settings = _kept_settings(run, site, found, options)
    if settings is None:
        return None, None
    store = destination.store_of(site, settings, run.id)
    if found.namespace != "Active":
        return store, _complete(run, site, found, store)
    store.prepare()
    image = _image(run, site, options)
    with run.step("close the hub") as step:
        closing.close(site, step.say)
    place = Place(site.access, site.hub.namespace, site.kubectl, image, run.id)
    archiving = Archiving(run, place, store, seal_for(site.root, settings.recipients))
    claims = removing.to_archive(site, inventory.take(site))
    volumes = archiving.every(claims, at_once=options.at_once)
    with run.step("write the manifest") as step:
        whole = _manifest(run, site, settings, found, _with_earlier(store, volumes))
        whole.write(store)
        step.say(f"{len(whole.volumes)} volumes, {sum(each.bytes for each in whole.volumes) / 1e6:.1f} MB of files")
    return store, whole


def _complete(run: Run, site: Site, found: Inventory, store: Store) -> Manifest | None:
    """The archive that was made before the namespace began to go; its files are looked at again."""
    with run.step("look at the archive again") as step:
        if not removing.to_archive(site, found) and not manifest.there(store):
            return None
        whole = manifest.read(store)
        for volume in whole.volumes:
            read.check_hashes(store, volume)
        step.say(f"{len(whole.volumes)} volumes with the hashes of the manifest")
    return whole


def _with_earlier(store: Store, volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
    """These, and what this run archived of claims that have gone since: their files are all there is of them."""
    now = {each.uid for each in volumes}
    return (*volumes, *(each for each in notes(store) if each.uid not in now))


def _manifest(run: Run, site: Site, settings: Archive, found: Inventory, volumes: tuple[Volume, ...]) -> Manifest:
    return Manifest(
        cluster=site.cluster.name, hub=site.hub.name, domain=site.hub.domain, run=run.id, made=run.started,
        operator=run.operator, recipients=settings.recipients, keep_until=destination.keep_until(settings),
        empty=tuple(each.name for each in found.claims if each.phase == "Pending"), volumes=volumes,
    )  # fmt: skip


def _kept_settings(run: Run, site: Site, found: Inventory, options: Options) -> Archive | None:
    """Where and for whom, as it was when the run began: a changed file must not split one archive into two.

    Another `--destination` counts as long as the archive is not complete: the first one's disk may be full.
    """
    if not run.finished(_SETTINGS) and not removing.to_archive(site, found):
        return None
    kept = _archive(run.once(_SETTINGS, lambda: asdict(settings_of(site, options))))
    if options.destination in ("", kept.destination):
        return kept
    store = destination.store_of(site, kept, run.id)
    if manifest.there(store):
        raise Refused(
            "the archive is complete already, in another place",
            where=str(store),
            next_step="run it again without --destination; the archive can be moved when the hub is down",
        )
    fresh = settings_of(site, options)
    run.keep(_SETTINGS, asdict(fresh))
    return fresh


def _archive(kept: Mapping[str, Any]) -> Archive:
    return Archive(kept["destination"], tuple(kept["recipients"]), kept["keep_days"], kept.get("origin", ""))


def settings_of(site: Site, options: Options) -> Archive:
    """Where the hub is archived and for whom.

    Raises:
        Refused: nobody has said, or it is no place for people's files. WrongUsage: it is a bucket that can not be.
        LoginNeeded, Missing, Unanswered: the bucket can not be written, and why.
    """
    settings = destination.archive_of(site, options.destination)
    destination.refuse_committed(site, settings)
    destination.store_of(site, settings).check()
    return settings


def _image(run: Run, site: Site, options: Options) -> Image:
    """What the pods run, found before the hub goes and kept for a run that is resumed afterwards."""

    def found() -> Mapping[str, Any]:
        image = Image(options.image) if options.image else hub_image(site.kube, site.hub.namespace)
        if image is None:
            raise Refused(
                "the hub's Deployment is gone, so that its image is not known",
                where=f"namespace {site.hub.namespace}",
                next_step="--image NAME:TAG, any image with Python 3 that this cluster can pull",
            )
        return asdict(image)

    kept = run.once("find an image with Python", found) if not options.image else found()
    return Image(kept["name"], tuple(kept["pull_secrets"]), tuple(kept["tolerations"]))
