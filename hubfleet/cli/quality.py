"""Work on hubfleet itself"""

from __future__ import annotations

from invoke.context import Context

from hubfleet.cli.base import Exit, say, task


@task(
    iterable=["select"],
    help={"select": "a nox session, repeatable: lint, types, unit, integration, e2e, bench; default: all but bench"},
)
def test(c: Context, select: list[str]) -> None:
    """Set everything up and run the checks: lint, types, unit, integration, e2e."""
    import sys

    from hubfleet import paths, process, toolchain

    root = paths.repository()
    toolchain.ensure(toolchain.NEEDED_BY_TESTS, root, say.info)
    sessions = [word for name in select for word in ("-s", name)]
    code = process.run_attached(
        [sys.executable, "-m", "nox", "--noxfile", root / "noxfile.py", *sessions], env=process.inherited(), cwd=root
    )
    if code:
        raise Exit(code=1)
