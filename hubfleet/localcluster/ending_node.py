"""Ending what runs in pods, and removing what the real node put on the machine."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import groups, identity, iptables, mounts, network, node, node_images, preflight
from hubfleet.localcluster.identity import PROC, Process
from hubfleet.localcluster.settings import Settings
from hubfleet.process import Run, run

Say = Callable[[str], None]

_GRACE_SECONDS = 10.0
_SHIM_SOCKETS = Path("/run/containerd/s")  # containerd's own constant, shared by all containerds
_CNI_RESULTS = Path("/var/lib/cni/results")  # libcni's
_LOG_LINKS = Path("/var/log/containers")  # the kubelet's
_DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")  # the kubelet's
_CTR_SECONDS = 60.0


def end_pods(settings: Settings, say: Say, run: Run = run) -> None:
    """End all pods' processes, politely first, then their shims; forget the containers, keep the images.

    The kubelet is gone by now, so nobody starts them again; the API server still runs, so a hub can say
    goodbye to it.
    """
    inside = groups.members(settings)
    polite = [each for each in inside if not deaf(each)]
    left = identity.end(polite, _GRACE_SECONDS)
    for each in groups.members(settings):
        identity.send(each, signal.SIGKILL)
    left += identity.wait_gone(groups.members(settings), 5.0)
    if left:
        raise HubfleetError("processes of pods could not be ended", where=f"process {left[0].pid}: {left[0].argv[0]}")
    if inside:
        say(f"ended {len(inside)} processes of pods")
    _forget_containers(settings, run)
    identity.end(shims(settings, identity.processes()), 2.0)


def shims(settings: Settings, among: Iterable[Process]) -> list[Process]:
    """The shims of our containerd: they carry its socket's address."""
    address = str(settings.socket)
    return [each for each in among if Path(each.argv[0]).name.startswith("containerd-shim") and address in each.argv]


def deaf(process: Process) -> bool:
    """Whether SIGTERM does nothing: the first process of a pid namespace without a handler (pid_namespaces(7))."""
    try:
        status = (PROC / str(process.pid) / "status").read_text()
    except OSError:
        return False
    return parse_deaf(status)


def parse_deaf(status: str) -> bool:
    """The same out of the text of /proc/PID/status."""
    inner = re.search(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(inner and caught and inner[1] == "1" and not int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def clean(settings: Settings, say: Say) -> None:
    """Remove mounts, interfaces, rules, groups and files, and put the kernel's settings back."""
    places = [settings.run, settings.folder / "kubelet", settings.folder / "containerd"]
    left = mounts.unmount(places)
    if left:
        raise HubfleetError("could not be unmounted", where=", ".join(left), next_step="./inv local-down again")
    network.remove_interfaces(settings)
    # The chains named KUBE-* are kube-proxy's, whoever's it is.
    iptables.remove(settings, node.network_name(settings), kubernetes=preflight.stranger(settings) is None)
    groups.remove(settings)
    _remove_files(settings)
    note = network.restore_kernel(network.before_file(), lambda: network.forwarders(settings))
    if note:
        say(note)


def shim_socket(settings: Settings, container: str) -> Path:
    """Where containerd puts a shim's socket (SocketAddress in runtime/v2/shim/util_unix.go)."""
    digest = hashlib.sha256(f"{settings.socket}/k8s.io/{container}".encode()).hexdigest()
    return _SHIM_SOCKETS / digest


def _forget_containers(settings: Settings, run: Run) -> None:
    """So that the next start finds no traces of containers whose processes and networks are gone."""
    if not settings.socket.exists():
        return
    command = node_images.ctr(settings)
    for kind in ("tasks", "containers"):
        listed = run([*command, kind, "ls", "-q"], timeout=_CTR_SECONDS, ok=range(256))
        if listed.returncode == 0 and listed.stdout.split():
            force = ["-f"] if kind == "tasks" else []
            run([*command, kind, "rm", *force, *listed.stdout.split()], timeout=_CTR_SECONDS, ok=range(256))


def _remove_files(settings: Settings) -> None:
    """What the programs keep in places that they do not let one choose."""
    for each in cni_results(settings, _listed(_CNI_RESULTS)):
        each.unlink(missing_ok=True)
    for each in _listed(_LOG_LINKS):
        if each.is_symlink() and each.readlink().is_relative_to(settings.folder):
            each.unlink(missing_ok=True)
    for each in _listed(settings.run / "containerd/io.containerd.runtime.v2.task/k8s.io"):
        shim_socket(settings, each.name).unlink(missing_ok=True)
    (_DEVICE_PLUGINS / "kubelet.sock").unlink(missing_ok=True)  # of our kubelet: `up` refuses beside another one
    shutil.rmtree(settings.run, ignore_errors=True)
    for empty in (_SHIM_SOCKETS, _SHIM_SOCKETS.parent, _DEVICE_PLUGINS, _DEVICE_PLUGINS.parent, _LOG_LINKS):
        with contextlib.suppress(OSError):
            empty.rmdir()


def cni_results(settings: Settings, files: list[Path]) -> list[Path]:
    """libcni's notes about our containers: of our network, and of the loopback interface of the same containers."""
    prefix = f"{node.network_name(settings)}-"
    ours = {each.name.removeprefix(prefix).split("-")[0] for each in files if each.name.startswith(prefix)}
    loopbacks = {f"cni-loopback-{container}-lo" for container in ours}
    return [each for each in files if each.name.startswith(prefix) or each.name in loopbacks]


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
