"""From an empty machine to a hub that a person can log in to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from hubfleet import localcluster, toolchain
from hubfleet.errors import Refused
from hubfleet.fleet import load_fleet
from hubfleet.images import delivery
from hubfleet.runs import Run, Step
from hubfleet.workflows import deploy
from hubfleet.workflows.deploy import Deployed, Target
from hubfleet.workflows.deploy.hub import unchanged
from hubfleet.workflows.deploy.target import target_of
from hubfleet.workflows.health import check_after_deploy
from hubfleet.workflows.way_in import PASSWORD_SECRET

CLUSTER, HUB = "local", "demo"
_BASICS = (
    "docker", "dockerd", "mmdebstrap", "containerd", "runc", "cni-plugins", "iptables", "conntrack", "iproute2",
)  # fmt: skip
_BUILT = ("kubernetes", "coredns", "helm")


@dataclass(frozen=True)
class Ready:
    """A hub to try.

    Args:
        url: where it is.
        user: a name to log in with.
        password: generated for this hub, kept in its cluster only.
        forward: the command that makes the URL work, where the cluster is not on this machine; else empty.
    """

    url: str
    user: str
    password: str
    deployed: Deployed
    forward: str = ""


def refuse_unfit() -> None:
    """Raises Refused, with what works instead, where a real node can not run."""
    trouble = ""
    if sys.platform != "linux":
        trouble = "this is not Linux"
    elif os.geteuid() != 0:
        trouble = "you are not root"
    if trouble:
        raise Refused(
            f"the demo's own Kubernetes needs Linux and root, and {trouble}",
            evidence="Two ways fit this machine:\n"
            "  sudo ./inv demo                (on Linux: a Kubernetes of its own, removed by local-down)\n"
            "  ./inv demo --on CONTEXT        (kind, k3d, minikube, Docker Desktop: `kubectl config get-contexts`)",
            next_step="./inv demo --on CONTEXT",
        )


def on_this_machine(run: Run, root: Path) -> Ready:
    """The whole way, on a Kubernetes that hubfleet runs here. What is there already is used as it is.

    Raises:
        Refused: not Linux or not root.
        HubfleetError: a step failed; the next call goes on from there.
    """
    refuse_unfit()
    with run.step("get the system packages") as step:
        toolchain.ensure(_BASICS, root, step.say)
    with run.step("build images, and start Kubernetes") as step:
        _at_once(lambda: _cluster(root, step), lambda: _images(root, step))
    with run.step("load the images into the cluster") as step:
        delivery.load_images(root, (), localcluster, step.say)
    target = deploy.prepare(root, CLUSTER, HUB)
    return _ready(target, _deployed(run, target))


def on_context(run: Run, root: Path, context: str, *, chart: str = "") -> Ready:
    """The same on a Kubernetes that the person has, with the upstream chart and public images.

    Args:
        run: journal.
        root: the repository.
        context: of the person's kubeconfig.
        chart: a JupyterHub chart instead of the upstream one: a path, or `embedded`.
    """
    fleet = load_fleet(root)
    declared = fleet.cluster(CLUSTER)
    cluster = replace(declared, provider="kubeconfig", place={"context": context})
    with run.step("get helm and kubectl") as step:
        toolchain.ensure(("helm", "kubectl"), root, step.say)
    target = target_of(root, fleet, cluster, cluster.hub(HUB), chart=chart or "upstream", unpinned=True)
    deployed = _deployed(run, target)
    forward = f"kubectl --context {context} -n {target.hub.namespace} port-forward svc/proxy-public 8000:http"
    return replace(_ready(target, deployed), url="http://127.0.0.1:8000/", forward=forward)


def _images(root: Path, step: Step) -> None:
    if not delivery.on_nodes(root, localcluster):
        delivery.build_images(root, (), "", step.say)


def _cluster(root: Path, step: Step) -> None:
    toolchain.ensure(_BUILT, root, step.say)
    localcluster.up(root, say=step.say)


def _at_once(*works: Callable[[], object]) -> None:
    """Both to their end, also when one fails: what is built stays built, and the first trouble is told."""
    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        for future in [pool.submit(work) for work in works]:
            future.result()


def _deployed(run: Run, target: Target) -> Deployed:
    result = unchanged(target)
    if result is None:
        return deploy.deploy_hub(run, target, deploy.Options())
    check_after_deploy(run, target, "quick", before={}, after={})
    return result


def _ready(target: Target, deployed: Deployed) -> Ready:
    password = target.kube.get_secret(target.hub.namespace, PASSWORD_SECRET)["password"]
    authenticator = target.plain.values["jupyterhub"]["hub"]["config"].get("Authenticator", {})
    people = sorted(authenticator.get("allowed_users") or target.cluster.admins or ["ada"])
    return Ready(target.url, people[0], password, deployed)
