"""The real node's programs: containerd, kubelet, kube-proxy, and their configuration.

Facts that shape it, each met on a real machine:
- without CAP_SYS_RESOURCE (containers, some VMs) runc can not lower oom_score_adj and every pod sandbox dies;
- the kubelet collects images when the disk is 85 % full; images that came from no registry would be gone,
  so it never does;
- pressure on the disk must not evict pods either: it would take the running hubs down, delete their images,
  and free nothing of what fills the disk, the homes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubfleet.localcluster.control import daemon
from hubfleet.localcluster.daemons import Daemon
from hubfleet.localcluster.node_images import PAUSE
from hubfleet.localcluster.programs import Programs
from hubfleet.localcluster.settings import Settings, write

_CAP_SYS_RESOURCE = 24  # capabilities(7)
MAX_PODS = 250


def containerd(settings: Settings, programs: Programs) -> Daemon:
    """containerd with its own root, state and socket: a second one, such as Docker's, does not notice."""
    cni = written(settings, "cni", cni_list(settings), folder="net.d", suffix=".conflist")
    config = written(settings, "containerd", containerd_toml(settings, programs, cni.parent))
    return daemon(settings, programs, "containerd", {"config": config, "log-level": "warn"})


def kubelet(settings: Settings, programs: Programs, resolv: Path) -> Daemon:
    config = written(settings, "kubelet", json.dumps(kubelet_config(settings, resolv), indent=1))
    return daemon(settings, programs, "kubelet", {
        "config": config, "kubeconfig": settings.pki / "kubelet.conf", "root-dir": settings.folder / "kubelet",
        "cert-dir": settings.folder / "kubelet-pki",
        "hostname-override": settings.node, "node-ip": settings.node_address,
    })  # fmt: skip


def kube_proxy(settings: Settings, programs: Programs) -> Daemon:
    """iptables mode, because only that one answers NodePorts on 127.0.0.1.

    It can not do without a port for its metrics, but goes on when another program has it.
    """
    return daemon(settings, programs, "kube-proxy", {
        "kubeconfig": settings.pki / "kube-proxy.conf", "proxy-mode": "iptables", "hostname-override": settings.node,
        "cluster-cidr": settings.pods, "nodeport-addresses": "127.0.0.0/8",
        "iptables-min-sync-period": "100ms", "healthz-port": 0, "metrics-bind-address": "127.0.0.1:10249",
        "conntrack-max-per-core": 0, "conntrack-min": 0, "conntrack-tcp-timeout-established": "0s",
        "conntrack-tcp-timeout-close-wait": "0s", "oom-score-adj": -999 if may_raise_priority() else oom_score(),
    })  # fmt: skip


def containerd_toml(settings: Settings, programs: Programs, cni: Path) -> str:
    """Version 2 of the format; containerd 2 reads it too (docs/cri/config.md of containerd)."""
    restrict = "false" if may_raise_priority() else "true"
    return f"""\
version = 2
root = "{settings.folder}/containerd"
state = "{settings.run}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", \
"io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
  address = "{settings.socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = {restrict}
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "{"overlayfs" if settings.overlay else "native"}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
  Root = "{settings.run}/runc"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{programs.cni}"
  conf_dir = "{cni}"
"""


def cni_list(settings: Settings) -> str:
    """One bridge for all pods. Masquerading is ours (`network`), as one rule instead of a chain per pod."""
    plugins = [
        {
            "type": "bridge", "bridge": settings.bridge, "isGateway": True, "isDefaultGateway": True,
            "hairpinMode": True, "ipMasq": False,
            "ipam": {
                "type": "host-local", "dataDir": f"{settings.run}/addresses", "ranges": [[{"subnet": settings.pods}]],
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]  # fmt: skip
    return json.dumps({"cniVersion": "0.4.0", "name": network_name(settings), "plugins": plugins}, indent=1)


def network_name(settings: Settings) -> str:
    """CNI writes it into comments of rules and names of files: that is how ours are found."""
    return f"hubfleet-{settings.id}"


def kubelet_config(settings: Settings, resolv: Path) -> dict[str, Any]:
    """https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "address": settings.node_address, "port": 10250, "readOnlyPort": 0, "healthzPort": 0,
        "authentication": {
            "anonymous": {"enabled": False}, "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(settings.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"}, "serverTLSBootstrap": True, "rotateCertificates": False,
        "clusterDNS": [settings.dns_address], "clusterDomain": "cluster.local", "resolvConf": str(resolv),
        "containerRuntimeEndpoint": f"unix://{settings.socket}",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{settings.cgroup}", "failCgroupV1": False,
        "failSwapOn": False, "makeIPTablesUtilChains": False,
        "oomScoreAdj": -999 if may_raise_priority() else oom_score(),
        "podLogsDir": str(settings.folder / "pod-logs"), "volumePluginDir": str(settings.folder / "volume-plugins"),
        "imageGCHighThresholdPercent": 100, "evictionHard": {"memory.available": "100Mi"},
        "maxPods": MAX_PODS, "serializeImagePulls": False, "nodeStatusUpdateFrequency": "5s",
        "shutdownGracePeriod": "0s", "containerLogMaxSize": "10Mi", "containerLogMaxFiles": 3,
        "localStorageCapacityIsolation": False,
    }  # fmt: skip


def written(settings: Settings, stem: str, text: str, *, folder: str = "", suffix: str = "") -> Path:
    """Keep a configuration in a file named after its content, and no other of that stem."""
    place = settings.folder / "config" / folder
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    file = place / f"{stem}-{digest}{suffix}"
    if not file.exists():
        write(file, text)
    for old in place.glob(f"{stem}-*"):
        if old != file:
            old.unlink(missing_ok=True)
    return file


def may_raise_priority(status: Path = Path("/proc/self/status")) -> bool:
    """Whether processes may be protected from the out-of-memory killer (CAP_SYS_RESOURCE)."""
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status.read_text(), re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> _CAP_SYS_RESOURCE & 1)


def oom_score() -> int:
    """The own value of the caller's process, which its children may keep."""
    return int(Path("/proc/self/oom_score_adj").read_text())


def resolvers(files: Mapping[str, str]) -> list[str]:
    """The name servers that pods can use.

    A server on loopback (systemd-resolved's 127.0.0.53, a local dnsmasq) can not be reached from a pod;
    systemd-resolved keeps the real ones in a file of its own.

    Args:
        files: content of resolv.conf files, the best first.
    """
    for text in files.values():
        servers = re.findall(r"^\s*nameserver\s+(\S+)", text, re.MULTILINE)
        usable = [each for each in servers if not each.startswith("127.") and each != "::1"]
        if usable:
            return usable[:3]
    return []


def resolv_files() -> dict[str, str]:
    """What this machine says about its name servers."""
    found = {}
    for name in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        try:
            found[name] = Path(name).read_text(errors="replace")
        except OSError:
            continue
    return found
