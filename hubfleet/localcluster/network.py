"""The machine's side of the pods' network: the bridge, the kernel's settings, and putting them back.

The kernel's settings belong to the whole machine (or network namespace, which can hold one real cluster).
What they were before is kept in /run/hubfleet, and put back, unless something else needs them by now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubfleet.errors import HubfleetError
from hubfleet.localcluster.settings import Settings, write
from hubfleet.process import Run, run

SYSCTL = Path("/proc/sys")
RUN = Path("/run/hubfleet")
_FORWARDING = "net/ipv4/ip_forward"
_BRIDGES = "net/bridge/bridge-nf-call-iptables"
# We need these three. The kubelet sets the others by itself (pkg/kubelet/cm: expected kernel flags).
NEEDED = {_FORWARDING: "1", _BRIDGES: "1", "net/ipv4/conf/all/route_localnet": "1"}
_KUBELETS = (
    "vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)  # fmt: skip


def before_file() -> Path:
    """Where the kernel's settings from before are kept, for this network namespace."""
    return RUN / f"kernel-{Path('/proc/self/ns/net').stat().st_ino}.json"


def set_kernel(before: Path, sysctl: Path = SYSCTL, run: Run = run) -> None:
    """Keep what the kernel's settings are, once, then set those that pods need.

    Raises:
        HubfleetError: the kernel has no such setting, or it can not be changed here.
    """
    if not (sysctl / _BRIDGES).exists():
        run(["modprobe", "--all", "br_netfilter", "overlay"], timeout=60, ok=range(256))
    if _boot() != _kept(before).get("boot"):
        now = {name: _value(sysctl, name) for name in (*NEEDED, *_KUBELETS) if (sysctl / name).exists()}
        write(before, json.dumps({"boot": _boot(), "values": now}))
    for name, value in NEEDED.items():
        if not (sysctl / name).exists():
            raise HubfleetError(
                f"the kernel has no {name.replace('/', '.')}",
                next_step="modprobe br_netfilter; or ./inv local-up --simulated 3, which needs none of it",
            )
        if _value(sysctl, name) != value:
            _set(sysctl, name, value)


def restore_kernel(before: Path, others: Callable[[], str], sysctl: Path = SYSCTL) -> str:
    """Put the kernel's settings back.

    Args:
        before: the file that keeps them.
        others: says who else forwards packets on this machine; empty: nobody.
        sysctl: the kernel's folder of settings.

    Returns:
        A line about what was left as it is; empty: everything is as it was.
    """
    kept = _kept(before)
    values = kept.get("values", {}) if kept.get("boot") == _boot() else {}
    shared = [name for name in (_FORWARDING, _BRIDGES) if name in values and _value(sysctl, name) != values[name]]
    user = others() if shared else ""
    for name, value in values.items():
        if not (user and name in shared) and (sysctl / name).exists() and _value(sysctl, name) != value:
            _set(sysctl, name, value)
    before.unlink(missing_ok=True)
    return f"net.ipv4.ip_forward stays on, because {user} needs it" if user else ""


def make_bridge(settings: Settings, run: Run = run) -> None:
    """Have the bridge that pods hang on, with the node's address, and a route to services.

    kube-proxy turns a service's address into a pod's, but only for packets that have somewhere to go: a
    machine without a default route (offline) would not send them.
    """
    name = settings.bridge
    if not _link(name, run):
        run(["ip", "link", "add", "name", name, "type", "bridge"], timeout=30)
    prefix = settings.pods.split("/")[1]
    run(["ip", "addr", "replace", f"{settings.node_address}/{prefix}", "dev", name], timeout=30)
    run(["ip", "link", "set", name, "up"], timeout=30)
    run(["ip", "route", "replace", settings.services, "dev", name], timeout=30)


def remove_interfaces(settings: Settings, run: Run = run) -> None:
    """Remove the bridge, and the host's ends of pods' interfaces that still hang on it."""
    if not _link(settings.bridge, run):
        return
    hanging = json.loads(run(["ip", "-json", "link", "show", "master", settings.bridge], timeout=30).stdout or "[]")
    for each in (*(one["ifname"] for one in hanging if one), settings.bridge):
        run(["ip", "link", "delete", each], timeout=30, ok=(0, 1))


def routes(run: Run = run) -> list[str]:
    """Where this machine's routes lead, without the default route and the pods' bridges of hubfleet."""
    listed = json.loads(run(["ip", "-json", "-4", "route", "show"], timeout=30).stdout or "[]")
    return [
        each["dst"] for each in listed if re.match(r"\d", each.get("dst", "")) and "hubfleet" not in each.get("dev", "")
    ]


def forwarders(settings: Settings, run: Run = run) -> str:
    """Another network of containers or virtual machines on this machine: a bridge that is not ours. Empty: none."""
    listed = json.loads(run(["ip", "-json", "link", "show", "type", "bridge"], timeout=30).stdout or "[]")
    return ", ".join(each["ifname"] for each in listed if each and each["ifname"] != settings.bridge)


def _link(name: str, run: Run) -> bool:
    return run(["ip", "link", "show", name], timeout=30, ok=(0, 1)).returncode == 0


def _value(sysctl: Path, name: str) -> str:
    return (sysctl / name).read_text().strip()


def _set(sysctl: Path, name: str, value: str) -> None:
    try:
        (sysctl / name).write_text(value)
    except OSError as trouble:
        raise HubfleetError(
            f"the kernel did not take {name.replace('/', '.')} = {value}",
            evidence=str(trouble),
            next_step="./inv local-up --simulated 3 needs none of it",
        ) from None


def _kept(before: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(before.read_text()))
    except (OSError, ValueError):
        return {}


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
