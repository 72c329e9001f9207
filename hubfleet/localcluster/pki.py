"""Keys and certificates, all made by kubeadm's phases; and when to make them anew.

A set lives in a folder of its own, `pki-<time>`, and `pki` links to the one that counts. A new set is
made whole and then linked, so an interruption leaves the old one. Because the daemons' options name
the folder, a new set makes `local-up` restart them. The authorities and the key of the service
accounts go over from set to set: what they signed stays valid.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from hubfleet.localcluster.settings import Settings, write
from hubfleet.process import Run, environment, run

VALID_DAYS = 365
RENEW_DAYS = 30
_KEPT = (
    "ca.crt", "ca.key", "sa.key", "sa.pub", "front-proxy-ca.crt", "front-proxy-ca.key", "etcd/ca.crt", "etcd/ca.key",
)  # fmt: skip
_USERS = {
    "kube-proxy": "system:kube-proxy",
    "provisioner": "hubfleet:provisioner",
    "kwok": "hubfleet:kwok",
}
_DAY = 86_400
_FORM = "1"  # of a set; another one makes new sets of certificates for clusters that exist


@dataclass(frozen=True)
class Made:
    """What a set of certificates was made for, and when (seconds since 1970)."""

    addresses: tuple[str, ...]
    time: float


def ensure(settings: Settings, kubeadm: Path, version: str, run: Run = run, now: float | None = None) -> bool:
    """Have a set of certificates that fits; True when a new one was made.

    Args:
        settings: what the certificates are for.
        kubeadm: the program.
        version: of Kubernetes, without v.
        run: the door to programs.
        now: seconds since 1970, for tests.
    """
    moment = time.time() if now is None else now
    before = settings.folder / "pki"
    if fits(_read(before), addresses(settings), moment):
        return False
    name = f"pki-{int(moment * 1000)}"
    fresh = settings.folder / name
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    _keep(before, fresh)
    _make(settings, fresh, kubeadm, version, run)
    write(fresh / "made.json", json.dumps({"addresses": addresses(settings), "time": moment}))
    _point(settings.folder / "pki", name)
    _point(settings.folder / "admin.conf", "pki/admin.conf")
    for old in settings.folder.glob("pki-*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
    return True


def fits(made: Made | None, wanted: tuple[str, ...], now: float) -> bool:
    """Whether the set is for these addresses, and valid for some time yet. A clock that went back makes a new one."""
    if made is None or made.addresses != wanted:
        return False
    age_days = (now - made.time) / _DAY
    return 0 <= age_days < VALID_DAYS - RENEW_DAYS


def addresses(settings: Settings) -> tuple[str, ...]:
    """What is written into certificates and kubeconfigs; another of these makes a new set."""
    return (_FORM, f"127.0.0.1:{settings.port}", settings.node_address, settings.services, settings.node)


def configuration(settings: Settings, folder: Path, version: str) -> str:
    """kubeadm's configuration (https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/)."""
    documents = (
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "InitConfiguration",
            "nodeRegistration": {"name": settings.node, "criSocket": f"unix://{settings.socket}"},
            "localAPIEndpoint": {"advertiseAddress": settings.node_address, "bindPort": settings.port},
        },
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "ClusterConfiguration",
            "clusterName": "local",
            "kubernetesVersion": f"v{version}",
            "certificatesDir": str(folder),
            "certificateValidityPeriod": f"{VALID_DAYS * 24}h",
            "caCertificateValidityPeriod": f"{10 * VALID_DAYS * 24}h",
            "encryptionAlgorithm": "ECDSA-P256",
            "controlPlaneEndpoint": f"127.0.0.1:{settings.port}",
            "apiServer": {"certSANs": ["127.0.0.1", "localhost"]},
            "networking": {"serviceSubnet": settings.services, "podSubnet": settings.pods},
        },
    )
    return "---\n".join(json.dumps(document, indent=1) + "\n" for document in documents)  # JSON is YAML


def _make(settings: Settings, folder: Path, kubeadm: Path, version: str, run: Run) -> None:
    config = folder / "kubeadm.yaml"
    write(config, configuration(settings, folder, version))
    env = environment()
    run([kubeadm, "init", "phase", "certs", "all", "--config", config], env=env, timeout=60)
    run(
        [kubeadm, "init", "phase", "kubeconfig", "all", "--config", config, "--kubeconfig-dir", folder],
        env=env,
        timeout=60,
    )
    for name, user in _USERS.items():
        made = run([kubeadm, "kubeconfig", "user", "--config", config, "--client-name", user], env=env, timeout=60)
        write(folder / f"{name}.conf", made.stdout)
    for name in ("controller-manager", "scheduler"):
        _rewrite(folder / f"{name}.conf", f"https://127.0.0.1:{settings.port}")
    _rewrite(folder / "admin.conf", f"https://127.0.0.1:{settings.port}", context="local")


def _rewrite(kubeconfig: Path, server: str, context: str = "") -> None:
    """Two things that kubeadm does otherwise.

    It gives the controller manager and the scheduler the address that is meant for pods. And people, and
    clusters/local, name the context `local`, not kubernetes-admin@local.
    """
    import yaml

    content = yaml.safe_load(kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = server
    if context:
        content["contexts"][0]["name"] = content["current-context"] = context
    write(kubeconfig, yaml.safe_dump(content))


def _keep(before: Path, fresh: Path) -> None:
    for name in _KEPT:
        if (before / name).is_file():
            (fresh / name).parent.mkdir(exist_ok=True)
            shutil.copy2(before / name, fresh / name)


def _read(folder: Path) -> Made | None:
    try:
        found = json.loads((folder / "made.json").read_text())
        return Made(tuple(found["addresses"]), float(found["time"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _point(link: Path, target: str) -> None:
    draft = link.with_name(f".{link.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
