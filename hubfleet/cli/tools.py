"""Tools"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from hubfleet.cli.base import Exit, say, task

if TYPE_CHECKING:
    from hubfleet.toolchain.doctor import Diagnosis

_JOBS_HELP = "a tool, or a job (deploy, secrets, local, simulated, images, infrastructure, lint, build)"
_DOCTOR_HELP = (
    f"{_JOBS_HELP}, or a cluster for what its files need, repeatable; "
    "default: the jobs that fit this machine, and every cluster"
)
_INSTALL_HELP = f"{_JOBS_HELP}, repeatable; default: the jobs that fit this machine"


@task(iterable=["select"], help={"select": _DOCTOR_HELP, "json": "an object on stdout (schemas/doctor.schema.yaml)"})
def doctor(c: Context, select: list[str], json: bool = False) -> None:
    """Show which programs this machine has and lacks, how to get them, and what can be reached."""
    from dataclasses import asdict

    from hubfleet import paths
    from hubfleet.toolchain.doctor import examine

    diagnosis = examine(select, paths.repository())
    if json:
        say.data(asdict(diagnosis))
    else:
        _show(diagnosis)
    if not diagnosis.healthy:
        raise Exit(code=1)


@task(iterable=["select"], help={"select": _INSTALL_HELP, "plan-only": "show what would be got, and change nothing"})
def tools_install(c: Context, select: list[str], plan_only: bool = False) -> None:
    """Get the programs that are missing: official release, else built from Go modules, else system packages."""
    from hubfleet import paths
    from hubfleet.toolchain import install
    from hubfleet.toolchain.doctor import chosen

    root = paths.repository()
    names = [tool.name for tool in chosen(select)]
    if plan_only:
        steps, impossible = install.observe(names, root)
        rows = [(step.tool.name, step.ways[0].value, f"{step.seconds} s") for step in steps]
        say.table(
            "To get", ("tool", "from", "about"), [*rows, *((each.tool.name, each.why, "") for each in impossible)]
        )
        return
    steps = install.install(names, root, say.info)
    say.done(f"{len(steps)} tools installed" if steps else "all tools are there")


def _show(diagnosis: Diagnosis) -> None:
    """Two tables, and one line of what to do."""
    rows = [
        (
            row.tool, "; ".join(row.needed_for) or ", ".join(row.jobs), row.wanted,
            row.found or "-", row.state if row.needed else f"({row.state})",
            row.get or f"{row.source}: {row.path}",
        )
        for row in diagnosis.tools
    ]  # fmt: skip
    say.table("Tools", ("tool", "for", "wanted", "found", "state", "where from, or how to get it"), rows)
    reach = [(each.kind, each.place, each.trouble or "answers") for each in diagnosis.reachable]
    say.table("What can be reached", ("kind", "place", "state"), reach)
    missing = [row for row in diagnosis.tools if row.needed and row.state != "ok"]
    if missing:
        named = ", ".join(row.tool + (f" ({'; '.join(row.needed_for)})" if row.needed_for else "") for row in missing)
        options = " ".join(f"-s {row.tool}" for row in missing)
        say.warn(f"needed and missing: {named}. Next: ./inv tools-install {options}")
    else:
        say.done("everything that is needed here is there; states in brackets are for other jobs")
