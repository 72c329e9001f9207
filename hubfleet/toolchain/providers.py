"""Terraform's providers, built where the registry that has them can not be reached but Go's modules can.

It takes minutes, so nothing builds them by itself: `nox -s providers` does. They land in a filesystem mirror in the
cache (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror).
"""

from __future__ import annotations

import platform
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hubfleet import paths, process
from hubfleet.process import Run
from hubfleet.toolchain.catalogue import Module, Tool
from hubfleet.toolchain.golang import install_module
from hubfleet.toolchain.slot import fill

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Provider:
    """A provider of hashicorp, and the Go module it is.

    The modules' newer versions carry no tag that Go takes for one (their paths lack the major version), so that Go
    knows a version by its commit (https://go.dev/ref/mod#pseudo-versions).

    Args:
        name: as in `hashicorp/<name>`.
        version: what terraform is told that it is.
        commit: Go's name of the version.
        seconds: a cold build on 2 cores.
    """

    name: str
    version: str
    commit: str
    seconds: int

    @property
    def program(self) -> str:
        """Name of the program, which is the module's too."""
        return f"terraform-provider-{self.name}"

    @property
    def path(self) -> Path:
        """Where the program is in the mirror, once it is built."""
        machine = platform.machine()
        place = f"{sys.platform}_{_ARCHITECTURES.get(machine, machine)}"
        folder = mirror() / "registry.terraform.io" / "hashicorp" / self.name / self.version / place
        return folder / f"{self.program}_v{self.version}"


PROVIDERS = (
    Provider("azurerm", "5.2.0", "1.44.1-0.20260824201233-fae580791926", seconds=450),
    # Two days after 8.0.0: no commit of a release is to be had from every proxy of Go's modules.
    Provider("google", "8.0.0", "1.20.1-0.20260828184646-f3721fb45fa3", seconds=210),
)
"""What terraform/azure and terraform/gcp are checked against. AWS's is on the registry alone."""


def mirror() -> Path:
    """The filesystem mirror in the cache."""
    return paths.cache() / "terraform-mirror"


def build(provider: Provider, go: Path, say: Callable[[str], None], run: Run = process.run) -> Path:
    """Build a provider into the mirror, unless it is there.

    Args:
        provider: one of PROVIDERS.
        go: the Go program.
        say: told what is done.
        run: the process door.

    Returns:
        The provider's program.
    """
    program, name = provider.path, provider.program
    module = Module((f"github.com/hashicorp/{name}",), seconds=provider.seconds)

    def make(target: Path) -> None:
        say(f"{name} {provider.version}: building, about {provider.seconds} s on 2 cores")
        install_module(go, Tool(name, (name,), ()), module, provider.commit, target, say, run)
        (target / name).rename(target / program.name)

    fill(program.parent, make, is_there=program.is_file, say=say, stop=threading.Event())
    return program
