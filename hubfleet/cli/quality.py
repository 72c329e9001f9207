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
    toolchain.ensure(_needed(select), root, say.info)
    sessions = [word for name in select for word in ("-s", name)]
    code = process.run_attached(
        [sys.executable, "-m", "nox", "--noxfile", root / "noxfile.py", *sessions], env=process.inherited(), cwd=root
    )
    if code:
        raise Exit(code=1)


def _needed(sessions: list[str]) -> list[str]:
    """Tools of the sessions; what runs pods needs root, and is skipped by the tests where there is none."""
    import os
    import sys

    names = ["helm"]
    if not sessions or "lint" in sessions:
        names += ["shellcheck"]
    if not sessions or {"integration", "e2e"} & set(sessions):
        names += ["kubernetes", "coredns", "kwok", "sops", "age"]
        if sys.platform == "linux" and os.geteuid() == 0:
            names += ["docker", "dockerd", "mmdebstrap"]
            names += ["containerd", "runc", "cni-plugins", "iptables", "conntrack", "iproute2"]
    return names
