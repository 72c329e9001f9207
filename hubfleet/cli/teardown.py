"""Taking down"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoke.context import Context

from hubfleet.cli.base import say, task

if TYPE_CHECKING:
    from hubfleet.errors import HubfleetError
    from hubfleet.fleet.model import Archive
    from hubfleet.workflows.teardown import Inventory, Torn

_DESTINATION_HELP = (
    "folder, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX for the archive; default: `archive.destination` of cluster.yaml, "
    "else the bucket that infra-apply made, else fleet.yaml's"
)


@task(
    positional=["cluster", "hub"],
    help={
        "plan-only": "show what there is and what would be done, and change nothing",
        "confirm": "the hub's domain: yes, this hub may go (for scripts; at a terminal it is asked)",
        "even-with-users": "stop the servers of users who are working",
        "destination": _DESTINATION_HELP,
        "image": "a container image with Python, where the hub's own is gone",
        "at-once": "how many volumes are archived at the same time",
        "json": "the result as JSON on stdout (schemas/teardown.schema.yaml)",
    },
)
def teardown_hub(
    c: Context,
    cluster: str,
    hub: str,
    plan_only: bool = False,
    confirm: str = "",
    even_with_users: bool = False,
    destination: str = "",
    image: str = "",
    at_once: int = 4,
    json: bool = False,
) -> None:
    """Archive a retired hub's files, verify the archive, and remove the hub; goes on after any interruption."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.errors import WrongUsage
    from hubfleet.runs import resume_or_start
    from hubfleet.workflows import teardown

    if not 1 <= at_once <= 32:  # noqa: PLR2004
        raise WrongUsage("--at-once is a number from 1 to 32")
    root = paths.repository()
    site = teardown.site_of(root, cluster, hub)
    options = teardown.Options(confirm, _asking(), even_with_users, destination, image, at_once)
    found = teardown.take(site)
    if plan_only:
        archive = teardown.planned_archive(site, options)
        _show_plan(site.subject, found, archive, teardown.refusals(site, found, options), json=json)
        return
    if found.nothing:
        _show(site.subject, teardown.nothing_left(site, found, options), json=json)
        return
    teardown.refuse_first(site, found, options)
    run = resume_or_start(root, "teardown-hub", site.subject)
    with shown(run), run.ending():
        result = teardown.teardown_hub(run, site, options)
    _show(site.subject, result, json=json)


def _asking() -> Any:
    """How to ask at the terminal; None where there is none."""
    import sys

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> str:
        lines, _, prompt = question.rpartition("\n")
        say.warn(lines)
        sys.stderr.write(prompt)  # `input` would write it to stdout, where the result goes
        sys.stderr.flush()
        return input()

    return ask


def _show_plan(
    subject: str, found: Inventory, archive: Archive | None, refused: list[HubfleetError], *, json: bool
) -> None:
    lines = _inventory_lines(found)
    if archive:
        lines.append(("archive to", archive.destination, f"says {archive.origin}"))
    if json:
        reasons = [{"what": each.what, "where": each.where, "next": each.next_step} for each in refused]
        where = {"destination": {"address": archive.destination, "said_in": archive.origin}} if archive else {}
        say.data({"hub": subject, "action": "planned", **where, "inventory": found.report(), "refused": reasons})
        return
    say.table(subject, ("what", "which", "detail"), lines)
    for each in refused:
        say.warn(f"would be refused: {each.what} ({each.where}); next: {each.next_step}")
    if not refused:
        say.info("would be done: close the hub, archive its volumes, verify, ask, uninstall, delete the namespace")
    say.done("nothing was changed")


def _inventory_lines(found: Inventory) -> list[tuple[str, str, str]]:
    rows = [("release", found.release or "none", f"revision {found.revision}" if found.release else "")]
    rows += [("server running", each.user or each.pod, f"since {each.since}") for each in found.servers]
    rows += [
        ("home" if each.user else "volume", each.user or each.name,
         f"{each.name}, {each.capacity}, {each.phase}, then {each.reclaim or '-'}")
        for each in found.claims
    ]  # fmt: skip
    rows += [("hub database", found.database, "")]
    rows += [("domain", each, "") for each in found.domains]
    rows += [("OAuth client", client, name) for name, client in sorted(found.oauth_clients.items())]
    rows += [("bucket", bucket, purpose) for purpose, bucket in sorted(found.buckets.items())]
    rows += [("cloud identity", found.identity, "")] if found.identity else []
    rows += [("share", each.share, each.name) for each in found.volumes if each.share]
    rows += [("uses these homes", each, "") for each in found.sharing]
    return rows


def _show(subject: str, result: Torn, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        say.data({"hub": subject, **asdict(result)})
        return
    if result.action == "nothing":
        say.done(f"nothing of {subject} is left in the cluster")
    else:
        say.done(f"{subject} is down")
    if result.archive:
        sealed = "encrypted" if result.encrypted else "NOT encrypted"
        say.info(f"    {result.volumes} volumes, {result.files} files, {result.bytes / 1e6:.1f} MB, {sealed}")
    else:
        say.info("    no archive of it is known here")
    for each in result.leftovers:
        say.warn(f"left: {each.kind} {each.name}: {each.next}")
    if result.archive:
        say.text(result.archive)
