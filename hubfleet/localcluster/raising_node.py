"""The real node: the network of pods, the container runtime, the kubelet, names."""

from __future__ import annotations

import dataclasses
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubfleet.localcluster import (
    daemons,
    groups,
    identity,
    iptables,
    mounts,
    network,
    node,
    node_images,
    objects,
    resolve,
)
from hubfleet.localcluster.api import Api
from hubfleet.localcluster.control import api_door
from hubfleet.localcluster.programs import Programs
from hubfleet.localcluster.settings import Settings, write

if TYPE_CHECKING:
    from hubfleet.localcluster.raising import Starter

_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
_SERVING = "kubernetes.io/kubelet-serving"
_FILTERS = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")


def chosen(settings: Settings, *, first: bool) -> Settings:
    """The settings with what this kernel can do.

    Args:
        settings: so far.
        first: nothing was unpacked yet, so the form of the layers is still free to choose.
    """
    variant = iptables.working()
    overlay = mounts.overlay_works(settings.folder) if first else settings.overlay
    return dataclasses.replace(settings, iptables=variant, overlay=overlay)


def prepare(settings: Settings, found: Programs, starter: Starter) -> None:
    """The kernel's settings, the bridge, the rules, the control groups; then containerd and the pods' door."""
    network.set_kernel(network.before_file())
    network.make_bridge(settings)
    if settings.iptables != "iptables":
        _prefer(settings)
    iptables.set_own(settings)
    groups.make(settings)
    settings.run.mkdir(parents=True, exist_ok=True, mode=0o711)
    for name in ("containerd", "kubelet", "volumes", "pod-logs"):
        (settings.folder / name).mkdir(exist_ok=True)
    starter.ensure(node.containerd(settings, found), api_door(settings, found))


def give_images(settings: Settings, root: Path, found: Programs, starter: Starter) -> None:
    """Import the images that the node can not start without, as soon as containerd listens."""
    starter.until("containerd listens", lambda: _listens(settings.socket))
    if found.coredns is not None:
        node_images.own(settings, found.coredns, coredns_version(root))


def run_node(settings: Settings, root: Path, found: Programs, starter: Starter, api: Api) -> None:
    """kubelet and kube-proxy, until the node is Ready, its certificate signed, and names resolve."""
    servers = node.resolvers(node.resolv_files())
    resolv = settings.folder / "config" / "resolv.conf"
    write(resolv, "".join(f"nameserver {each}\n" for each in servers), mode=0o644)
    kubelet = node.kubelet(settings, found, resolv)
    starter.ensure(kubelet, node.kube_proxy(settings, found))
    objects.apply(api, objects.common() + objects.names(settings, coredns_version(root), servers))
    started = _started(kubelet)

    def ready() -> bool:
        approve(api, settings.node)
        return fresh(api.get(f"/api/v1/nodes/{settings.node}") or {}, started)

    starter.until("the node is ready", ready)
    starter.until("the API server reaches the kubelet", lambda: _reaches(api, settings))
    starter.until("names resolve in the cluster", lambda: resolve.resolves(settings.dns_address, resolve.API_NAME))


def approve(api: Api, name: str) -> None:
    """Sign the kubelet's request for a serving certificate; no one else's, and for no other use."""
    listed = api.get(f"{_REQUESTS}?fieldSelector=spec.signerName={_SERVING}") or {}
    for each in listed.get("items", []):
        if wants_approval(each, name):
            each["status"]["conditions"] = [{
                "type": "Approved", "status": "True", "reason": "LocalUp",
                "message": "the kubelet of the local cluster's own node",
            }]  # fmt: skip
            api.replace(f"{_REQUESTS}/{each['metadata']['name']}/approval", each)


def wants_approval(request: dict[str, Any], name: str) -> bool:
    """Whether nobody decided about it yet, and it is our node's."""
    return not request.get("status", {}).get("conditions") and request["spec"]["username"] == f"system:node:{name}"


def fresh(found: dict[str, Any], started: float) -> bool:
    """Whether the node is Ready by its kubelet's word, said since the kubelet started (seconds since 1970).

    A database that was started again still says Ready of a node that went down with the machine.
    """
    for each in found.get("status", {}).get("conditions", []):
        if each["type"] == "Ready":
            said = datetime.fromisoformat(each["lastHeartbeatTime"]).timestamp()
            return each["status"] == "True" and said >= int(started)
    return False


def coredns_version(root: Path) -> str:
    """The pinned version of CoreDNS."""
    import yaml

    return str(yaml.safe_load((root / "fleet.yaml").read_text())["tools"]["coredns"])


def _started(kubelet: daemons.Daemon) -> float:
    alive = daemons.running(kubelet.link)
    return time.time() - identity.seconds_alive(alive[0]) if alive else time.time()


def _reaches(api: Api, settings: Settings) -> bool:
    from hubfleet.errors import HubfleetError

    approve(api, settings.node)
    try:
        return api.text(f"/api/v1/nodes/{settings.node}/proxy/healthz").strip() == "ok"
    except HubfleetError:
        return False


def _listens(path: Path) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _prefer(settings: Settings) -> None:
    """Make kubelet, kube-proxy and CNI call the variant that works; they look for plain names on PATH."""
    for name in _FILTERS:
        family, _, action = name.partition("-")
        target = shutil.which(settings.iptables.replace("iptables", family, 1) + (f"-{action}" if action else ""))
        if target:
            # It decides by the name it is called by what it does, so the link has the plain name.
            daemons.link(settings.folder, name, Path(target))
