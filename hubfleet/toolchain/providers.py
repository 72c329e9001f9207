"""Terraform's azurerm provider, built where the registry that has it can not be reached but Go's modules can.

It takes 7.5 minutes on 2 cores, so nothing builds it by itself: `nox -s providers` does. It lands in a filesystem
mirror in the cache (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror).
"""

from __future__ import annotations

import platform
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from hubfleet import paths, process
from hubfleet.process import Run
from hubfleet.toolchain.catalogue import Module, Tool
from hubfleet.toolchain.golang import install_module
from hubfleet.toolchain.slot import fill

AZURERM = "5.2.0"
"""The version that terraform/azure was validated against."""

# The module's newer versions carry no tag that Go takes for one: this is the commit of v5.2.0.
_MODULE_VERSION = "1.44.1-0.20260824201233-fae580791926"
_MODULE = Module(("github.com/hashicorp/terraform-provider-azurerm",), seconds=450)
_PROGRAM = "terraform-provider-azurerm"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def mirror() -> Path:
    """The filesystem mirror in the cache."""
    return paths.cache() / "terraform-mirror"


def build_azurerm(go: Path, say: Callable[[str], None], run: Run = process.run) -> Path:
    """Build the azurerm provider into the mirror, unless it is there.

    Args:
        go: the Go program.
        say: told what is done.
        run: the process door.

    Returns:
        The provider.
    """
    machine = platform.machine()
    platform_name = f"{sys.platform}_{_ARCHITECTURES.get(machine, machine)}"
    folder = mirror() / "registry.terraform.io" / "hashicorp" / "azurerm" / AZURERM / platform_name
    program = folder / f"{_PROGRAM}_v{AZURERM}"
    tool = Tool(_PROGRAM, (_PROGRAM,), ())

    def make(target: Path) -> None:
        say(f"{_PROGRAM} {AZURERM}: building, about {_MODULE.seconds} s on 2 cores")
        install_module(go, tool, _MODULE, _MODULE_VERSION, target, say, run)
        (target / _PROGRAM).rename(target / program.name)

    fill(folder, make, is_there=program.is_file, say=say, stop=threading.Event())
    return program
