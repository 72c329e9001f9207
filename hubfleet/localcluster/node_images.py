"""The images on the real node: ours that it needs to start, and those that people bring."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import oci, pause
from hubfleet.localcluster.settings import Settings, load
from hubfleet.process import Run, environment, run

PAUSE = "hubfleet.local/pause:1"
_NAMESPACE = "k8s.io"  # containerd's namespace for Kubernetes
_IMPORT_SECONDS = 900.0


def coredns_image(version: str) -> str:
    """The reference of the image made of the coredns program."""
    return f"hubfleet.local/coredns:{version}"


def references(folder: Path, run: Run = run) -> tuple[str, ...]:
    """References of the images that are there, sorted; without containerd's own names by digest."""
    settings = _settings(folder)
    if not settings.real:
        return ()
    listed = run([*ctr(settings), "images", "ls", "-q"], timeout=60).stdout.split()
    return tuple(sorted(each for each in listed if not each.startswith("sha256:")))


def take(folder: Path, archive: Path, run: Run = run) -> None:
    """Import an archive. Simulated nodes need no images: nothing to do."""
    settings = _settings(folder)
    if settings.real:
        run([*ctr(settings), "images", "import", archive], env=environment(), timeout=_IMPORT_SECONDS)


def own(settings: Settings, coredns: Path, coredns_version: str, run: Run = run) -> None:
    """Make sure that the node has the images that it can not start without."""
    there = references(settings.folder, run)
    missing = []
    if PAUSE not in there:
        missing.append(oci.Image(PAUSE, "pause", pause.program(platform.machine())))
    if coredns_image(coredns_version) not in there:
        missing.append(oci.Image(coredns_image(coredns_version), "coredns", coredns.read_bytes()))
    if not missing:
        return
    archive = settings.folder / "own-images.tar"
    try:
        oci.pack(missing, archive)
        take(settings.folder, archive, run)
    finally:
        archive.unlink(missing_ok=True)


def _settings(folder: Path) -> Settings:
    settings = load(folder)
    if settings is None or (settings.real and not settings.socket.exists()):
        raise HubfleetError("the local cluster does not run", where=str(folder), next_step="./inv local-up")
    return settings


def ctr(settings: Settings) -> list[str]:
    """The words that every call of ctr begins with."""
    found = shutil.which("ctr", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise HubfleetError("ctr is missing; it comes with containerd", next_step="./inv doctor")
    return [found, "--address", str(settings.socket), "--namespace", _NAMESPACE]
