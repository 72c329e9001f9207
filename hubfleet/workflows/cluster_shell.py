"""A shell of the person's own whose kubectl and helm mean one cluster, and that says so in its prompt."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hubfleet import clouds, process
from hubfleet.clouds import one_context, runtime
from hubfleet.fleet import Cluster
from hubfleet.toolchain import tool

_PROGRAMS = ("kubectl", "helm")


@dataclass(frozen=True)
class Shell:
    """What is started: command line and whole environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


def open_shell(root: Path, cluster: Cluster) -> int:
    """Give the terminal to the person's shell until they leave it. Its kubeconfig goes when this process ends.

    Returns:
        The shell's exit code.

    Raises:
        HubfleetError: kubectl or helm is missing, or the cluster can not be reached with this login.
    """
    shell = prepare(root, cluster)
    with _ending_on_signals():
        return process.run_attached(list(shell.argv), env=shell.env)


def prepare(root: Path, cluster: Cluster) -> Shell:
    """Write what the shell needs into the private folder of this process."""
    programs = {name: tool(name, root) for name in _PROGRAMS}
    access = clouds.access(cluster)
    kubeconfig = access.kubeconfig
    if cluster.provider in ("local", "kubeconfig"):
        kubeconfig = one_context.copy(access, "shell.kubeconfig")
    folder = runtime.folder() / "bin"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, path in programs.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(path)
    env = _environment(folder, kubeconfig, cluster.name, access.extra)
    return _started(env, cluster.name, folder)


def _environment(folder: Path, kubeconfig: Path, cluster: str, extra: Mapping[str, str]) -> dict[str, str]:
    """The person's own, without what could lead kubectl or helm elsewhere."""
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    env = process.inherited(**{**extra, "KUBECONFIG": str(kubeconfig), "PATH": path, "HUBFLEET_CLUSTER": cluster})
    return {name: value for name, value in env.items() if not name.startswith("HELM_KUBE")}


def _started(env: dict[str, str], cluster: str, folder: Path) -> Shell:
    """The shell with its prompt. Each has its own way to get one after the person's own settings are read."""
    program = env.get("SHELL") or "/bin/sh"
    program = program if shutil.which(program) else "/bin/sh"
    prompt = f"[{cluster}] "
    path = f"PATH={shlex.quote(str(folder))}:$PATH"
    own = f"KUBECONFIG={shlex.quote(env['KUBECONFIG'])}"
    name = Path(program).name
    if name == "bash":
        file = runtime.write(
            "bashrc", f'[ -r ~/.bashrc ] && . ~/.bashrc\n{path}\n{own}\nPS1={shlex.quote(prompt)}"$PS1"\n'
        )
        return Shell((program, "--rcfile", str(file), "-i"), env)
    if name == "zsh":
        home = shlex.quote(env.get("ZDOTDIR") or str(Path.home()))
        theirs = f"ZDOTDIR={home}\n[ -r $ZDOTDIR/.zshrc ] && . $ZDOTDIR/.zshrc\n"
        file = runtime.write(".zshrc", f'{theirs}{path}\n{own}\nPROMPT={shlex.quote(prompt)}"$PROMPT"\n')
        return Shell((program, "-i"), env | {"ZDOTDIR": str(file.parent)})
    if name == "fish":
        renamed = "functions --copy fish_prompt hubfleet_prompt"
        drawn = f"function fish_prompt; echo -n {shlex.quote(prompt)}; hubfleet_prompt; end"
        return Shell((program, "--interactive", "--init-command", f"{renamed}; {drawn}"), env)
    file = runtime.write("shrc", f"{path}\n{own}\nPS1={shlex.quote(prompt + '$ ')}\n")
    return Shell((program, "-i"), env | {"ENV": str(file)})


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the shell and clean up; Ctrl-C is the shell's business alone."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    def ignore(_number: int, _: FrameType | None) -> None:
        return

    kept = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    signal.signal(signal.SIGINT, ignore)
    try:
        yield
    finally:
        for each, before in kept.items():
            signal.signal(each, before)
