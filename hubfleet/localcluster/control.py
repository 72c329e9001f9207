"""The control plane's programs and their options. Everything listens on 127.0.0.1, behind certificates.

The controller manager and the scheduler open no port at all. Pods reach the API server through
`api-door`, which listens on the pod bridge's own address (the API server can listen on one address).
"""

from __future__ import annotations

from hubfleet.localcluster.daemons import Daemon
from hubfleet.localcluster.programs import Programs
from hubfleet.localcluster.settings import Settings

PROVISIONER = "hubfleet.io/directory"
# The default of 20 calls a second would make hundreds of simulated hubs wait for nothing.
_QUICK = {"kube-api-qps": 300, "kube-api-burst": 600}


def etcd(settings: Settings, programs: Programs) -> Daemon:
    pki, client = settings.pki / "etcd", f"https://127.0.0.1:{settings.etcd_port}"
    peer = f"https://127.0.0.1:{settings.etcd_peer_port}"
    return daemon(settings, programs, "etcd", {
        "name": settings.node, "data-dir": settings.folder / "etcd",
        "listen-client-urls": client, "advertise-client-urls": client,
        "listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "initial-cluster": f"{settings.node}={peer}",
        "cert-file": pki / "server.crt", "key-file": pki / "server.key",
        "client-cert-auth": "true", "trusted-ca-file": pki / "ca.crt",
        "peer-cert-file": pki / "peer.crt", "peer-key-file": pki / "peer.key",
        "peer-client-cert-auth": "true", "peer-trusted-ca-file": pki / "ca.crt",
        "log-level": "warn",
    })  # fmt: skip


def api_server(settings: Settings, programs: Programs) -> Daemon:
    pki = settings.pki
    return daemon(settings, programs, "kube-apiserver", {
        "bind-address": "127.0.0.1", "secure-port": settings.port, "advertise-address": settings.node_address,
        "tls-cert-file": pki / "apiserver.crt", "tls-private-key-file": pki / "apiserver.key",
        "client-ca-file": pki / "ca.crt", "anonymous-auth": "false", "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction", "allow-privileged": "true", "profiling": "false",
        "etcd-servers": f"https://127.0.0.1:{settings.etcd_port}", "etcd-cafile": pki / "etcd/ca.crt",
        "etcd-certfile": pki / "apiserver-etcd-client.crt", "etcd-keyfile": pki / "apiserver-etcd-client.key",
        "kubelet-client-certificate": pki / "apiserver-kubelet-client.crt",
        "kubelet-client-key": pki / "apiserver-kubelet-client.key",
        "kubelet-certificate-authority": pki / "ca.crt", "kubelet-preferred-address-types": "InternalIP",
        "proxy-client-cert-file": pki / "front-proxy-client.crt",
        "proxy-client-key-file": pki / "front-proxy-client.key",
        "requestheader-client-ca-file": pki / "front-proxy-ca.crt", "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User", "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki / "sa.pub", "service-account-signing-key-file": pki / "sa.key",
        "service-cluster-ip-range": settings.services, "service-node-port-range": "30000-32767",
    })  # fmt: skip


def controller_manager(settings: Settings, programs: Programs) -> Daemon:
    pki = settings.pki
    return daemon(settings, programs, "kube-controller-manager", {
        "kubeconfig": pki / "controller-manager.conf", "secure-port": 0, "leader-elect": "false", "profiling": "false",
        "use-service-account-credentials": "true", "service-account-private-key-file": pki / "sa.key",
        "root-ca-file": pki / "ca.crt", "cluster-name": settings.node,
        "cluster-signing-cert-file": pki / "ca.crt", "cluster-signing-key-file": pki / "ca.key",
        "cluster-cidr": settings.pods, "service-cluster-ip-range": settings.services, "allocate-node-cidrs": "false",
        **_QUICK,
    })  # fmt: skip


def scheduler(settings: Settings, programs: Programs) -> Daemon:
    options = {"kubeconfig": settings.pki / "scheduler.conf", "secure-port": 0, "leader-elect": "false",
               "profiling": "false", **_QUICK}  # fmt: skip
    return daemon(settings, programs, "kube-scheduler", options)


def provisioner(settings: Settings, programs: Programs) -> Daemon:
    return daemon(settings, programs, "hostpath-provisioner", {
        "kubeconfig": settings.pki / "provisioner.conf", "provisioner": PROVISIONER,
        "root": settings.volumes, "trash": settings.folder / "trash",
    })  # fmt: skip


def api_door(settings: Settings, programs: Programs) -> Daemon:
    return daemon(settings, programs, "api-door", {
        "listen": f"{settings.node_address}:{settings.port}", "target": f"127.0.0.1:{settings.port}",
    })  # fmt: skip


def daemon(settings: Settings, programs: Programs, name: str, options: dict[str, object]) -> Daemon:
    """A program of the cluster with these options, in the order given."""
    words = tuple(f"--{option}={value}" for option, value in options.items())
    return Daemon(settings.folder / "bin" / name, words, programs.env, settings.logs / f"{name}.log")
