"""Checks, from quick to slow. `./inv test` runs them all; `./inv test -s lint` runs one.

The sessions run in the environment that `./inv` made from the lock file: one lock, one environment.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
SCRIPTS = ["inv", ".ci/run"]
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "unit", "integration", "e2e"]
nox.options.stop_on_first_error = False
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def cached(program: str) -> str:
    """A pinned program, from where `./inv tools-install` put it."""
    from hubfleet.toolchain import tool

    return str(tool(program, ROOT))


def basehub() -> list[str]:
    """helm/basehub packaged with the embedded chart, as it is installed: alone it lacks its dependency.

    First as most hubs have it, then with what is there for homes on a disk, without the server's own chart.
    """
    from hubfleet import paths
    from hubfleet.charts import ChartSource, package, package_with_home_server

    source, cache = ChartSource.of(ROOT, source="embedded"), paths.cache()
    return [
        str(each.path) for each in (package(ROOT, source, cache), package_with_home_server(ROOT, source, None, cache))
    ]


@nox.session
def lint(session: nox.Session) -> None:
    """Style and structure of everything that is written by hand."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache", silent=True)
    session.run("yamllint", "--strict", ".")
    scripts = [*SCRIPTS, *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("images/*/*.sh")))]
    session.run(cached("shellcheck"), *scripts, external=True)
    for chart in ("helm/jupyterhub", *basehub()):
        session.run(cached("helm"), "lint", "--strict", "--quiet", chart, external=True)
    if shutil.which("terraform"):
        session.run("terraform", "fmt", "-check", "-recursive", "terraform", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Static types of the package, strict."""
    session.run("mypy")


@nox.session
def unit(session: nox.Session) -> None:
    """Quick tests: no program but Python and git, no network."""
    session.run("pytest", "tests/unit", "-n", "auto", "-q", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Each real program on its own: helm, sops, age, docker, the compilers."""
    session.run("pytest", "tests/integration", "-q", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """A real cluster, real hubs, a real notebook: install, change, failure, rollback, archive, teardown, restore."""
    session.run("pytest", "tests/e2e", "-q", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Timings, printed; nothing asserts on seconds."""
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session
def providers(session: nox.Session) -> None:
    """Build terraform's providers of Azure and Google Cloud into the cache, so that they are checked here too."""
    from hubfleet.toolchain.providers import PROVIDERS, build

    for provider in PROVIDERS:
        session.log(str(build(provider, Path(cached("go")), session.log)))
