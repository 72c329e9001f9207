"""Archives of homes"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import Exit, say, task

if TYPE_CHECKING:
    from hubfleet.workflows.restore import Plan, Restored

_IDENTITY_HELP = "file with an age key that opens the archive; default: where sops looks for keys"


@task(
    positional=["cluster", "hub", "archive"],
    iterable=["select"],
    help={
        "select": "a user whose home is brought back, repeatable; default: everybody's",
        "plan-only": "verify the archive and show what would come back; change nothing",
        "overwrite": "where a file is there with another content, put it aside and bring the archive's",
        "identity": _IDENTITY_HELP,
        "image": "a container image with Python; default: the hub's own",
        "json": "the result as JSON on stdout (schemas/restore.schema.yaml)",
    },
)
def restore_homes(
    c: Context,
    cluster: str,
    hub: str,
    archive: str,
    select: list[str],
    plan_only: bool = False,
    overwrite: bool = False,
    identity: str = "",
    image: str = "",
    json: bool = False,
) -> None:
    """Bring an archive's homes into a hub: verified first, nothing overwritten; goes on after any interruption."""
    from hubfleet import paths
    from hubfleet.console.progress import shown
    from hubfleet.errors import Refused
    from hubfleet.runs import resume_or_start, start
    from hubfleet.workflows import restore, teardown

    root = paths.repository()
    site = teardown.site_of(root, cluster, hub)
    source = restore.open_archive(root, archive, identity, restore.account_of(site))
    options = restore.Options(tuple(dict.fromkeys(select)), overwrite, image)
    if not plan_only:
        run = resume_or_start(root, "restore-homes", site.subject)
        with shown(run), run.ending():
            result = restore.restore_homes(run, site, source, options)
        _show(site.subject, result, json=json)
        return
    run = start(root, "plan-restore-homes", site.subject)
    with shown(run), run.ending():
        plan = restore.plan_only(run, site, source, options)
    try:
        restore.refuse(site, plan, overwrite=overwrite)
        refused = ""
    except Refused as trouble:
        refused = trouble.what
    _show_plan(site.subject, plan, refused, json=json)


@task(
    positional=["archive"],
    help={"identity": _IDENTITY_HELP, "json": "the result as JSON on stdout (schemas/verify-archive.schema.yaml)"},
)
def verify_archive(c: Context, archive: str, identity: str = "", json: bool = False) -> None:
    """Read an archive to its end and compare every file in it with the manifest; changes nothing."""
    from hubfleet import paths
    from hubfleet.workflows import restore

    source = restore.open_archive(paths.repository(), archive, identity)
    found = list(restore.verify(source, (lambda _: None) if json else say.info))
    broken = [each for each in found if each.wrong]
    if json:
        volumes = [
            {"claim": each.volume.claim, "user": each.volume.user, "files": each.volume.files,
             "bytes": each.volume.bytes, "ok": not each.wrong, "how": each.wrong.what if each.wrong else each.how}
            for each in found
        ]  # fmt: skip
        say.data({"archive": str(source.store), "hub": f"{source.whole.cluster}/{source.whole.hub}",
                  "made": source.whole.made, "ok": not broken, "volumes": volumes})  # fmt: skip
    for each in found:
        if each.wrong:
            say.error(each.wrong)
        elif not json:
            say.done(f"{each.volume.claim}: {each.how}")
    if broken:
        raise Exit(code=1)
    if not json:
        say.done(f"the archive of {source.whole.cluster}/{source.whole.hub} of {source.whole.made} is whole")


def _show_plan(subject: str, plan: Plan, refused: str, *, json: bool) -> None:
    rows = [
        {"who": each.target.who, "claim": each.target.home.claim, "exists": each.target.exists,
         "new": len(each.comparison.new), "same": len(each.comparison.same),
         "conflicts": list(each.comparison.conflicts), "kept": len(each.comparison.kept), "bytes": each.bytes}
        for each in plan.homes
    ]  # fmt: skip
    if json:
        left = [{"claim": name, "why": why} for name, why in plan.left_out]
        say.data({"hub": subject, "action": "planned", "homes": rows, "left_out": left, "refused": refused})
        return
    say.table(
        subject,
        ("user", "volume", "to bring back", "there already", "differ", "MB"),
        [
            (row["who"], f"{row['claim']}{'' if row['exists'] else ' (new)'}", row["new"], row["same"],
             len(each.comparison.conflicts), f"{each.bytes / 1e6:.1f}")
            for row, each in zip(rows, plan.homes, strict=True)
        ],
    )  # fmt: skip
    for line in plan.conflicts[:20]:
        say.info(f"    differs: {line.encode('utf-8', 'backslashreplace').decode()}")
    _tell_kept(sum(len(each.comparison.kept) for each in plan.homes))
    if refused:
        say.warn(f"would be refused: {refused.removesuffix('; nothing was changed')}")
    say.done("nothing was changed")


def _show(subject: str, result: Restored, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        left = [{"claim": name, "why": why} for name, why in result.left_out]
        say.data({"hub": subject, **asdict(result), "left_out": left})
        return
    for each in result.homes:
        aside = f"; what was replaced is in {each.aside}" if each.aside else ""
        say.info(f"    {each.who}: {each.files} files, {each.bytes / 1e6:.1f} MB into {each.claim}; "
                 f"{each.same} were there already{aside}")  # fmt: skip
    _tell_kept(sum(each.kept for each in result.homes))
    for name, why in result.left_out:
        say.warn(f"left out: {name}: {why}")
    say.done(f"the homes of {subject} are back" if result.action == "done" else "everything was there already")


def _tell_kept(count: int) -> None:
    if count:
        files = "1 file of a server's run stays" if count == 1 else f"{count} files of servers' runs stay"
        say.info(f"    {files} as it is there, not as archived: .local/share/jupyter/runtime")
