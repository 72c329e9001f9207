"""How a check reaches a hub: directly, or through the API server of any cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.clouds import Access
from hubfleet.tools.kubernetes import NotFound
from hubfleet.tools.portforward import NoForwarding, forwarded
from hubfleet.workflows.checks.deadline import Deadline
from hubfleet.workflows.checks.result import CheckFailed, Saying, Steps

_PORT = "http"
_FORWARD_SECONDS = 10.0
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Site:
    """Where a hub is.

    Args:
        access: to its cluster.
        namespace: the hub's.
        kubectl: finds the program; asked only where the way leads through the API server.
        here: node ports of this cluster answer on this machine's 127.0.0.1, which is quicker.
        base_url: where the hub's proxy answers, such as `http://127.0.0.1:30080`; empty: it is looked for.
    """

    access: Access
    namespace: str
    kubectl: Callable[[], Path]
    here: bool = False
    base_url: str = ""


@contextmanager
def reached(steps: Steps, site: Site, deadline: Deadline) -> Iterator[str]:
    """The proxy's address, for the time of a block."""
    with ExitStack() as opened:
        yield (site.base_url or _direct_or_forwarded(steps, site, opened, deadline)).rstrip("/")


def _direct_or_forwarded(steps: Steps, site: Site, opened: ExitStack, deadline: Deadline) -> str:
    service = _service(site)
    node_port = next((port.get("nodePort") for port in service["spec"]["ports"] if port.get("name") == _PORT), None)
    if site.here and node_port:
        return f"http://127.0.0.1:{node_port}"
    with steps.step("reach the proxy through the cluster") as say:
        return _forwarding(site, opened, service["metadata"]["name"], deadline, say)


def _forwarding(site: Site, opened: ExitStack, service: str, deadline: Deadline, say: Saying) -> str:
    """kubectl port-forward to a running pod of the proxy; tried again while there is none."""
    while True:
        way = forwarded(
            site.kubectl(), site.access.env, site.access.context, site.namespace, service,
            port=_PORT, timeout=_FORWARD_SECONDS,
        )  # fmt: skip
        try:
            return opened.enter_context(way)
        except NoForwarding as trouble:
            if deadline.left == 0:
                raise CheckFailed(
                    "the proxy can not be reached", "proxy-unreachable", where=trouble.where,
                    evidence=trouble.evidence, next_step=trouble.next_step,
                ) from trouble  # fmt: skip
            say(f"no running proxy yet; trying for {deadline.left:.0f} s more")
            time.sleep(min(_PAUSE_SECONDS, deadline.left))


def _service(site: Site) -> dict[str, Any]:
    """The service that visitors come through. With automatic certificates z2jh puts another proxy before it."""
    path = f"/api/v1/namespaces/{site.namespace}/services"
    listed = site.access.kube.get_json(path, "look for the proxy")["items"]
    services = {str(each["metadata"]["name"]): dict(each) for each in listed}
    for name in ("proxy-http", "proxy-public"):
        if name in services:
            return services[name]
    raise NotFound(
        f"there is no JupyterHub in namespace {site.namespace}",
        where=f"cluster {site.access.cluster}",
        evidence=f"no service proxy-public; services: {', '.join(sorted(services)) or 'none'}",
        next_step="./inv deploy-hub, or ./inv status",
    )
