"""What a deploy of support checks before it calls itself done: that the way in is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from hubfleet.errors import HubfleetError
from hubfleet.fleet.support import ingress_port
from hubfleet.tools.kubernetes import Kube, NotFound
from hubfleet.workflows.support.target import SupportTarget

_POLL_SECONDS = 0.2
_LOCAL_SECONDS, _CLOUD_SECONDS = 20.0, 300.0
_NO_ROUTE = 404


class NotOpen(HubfleetError):
    """People can not come in."""


@dataclass(frozen=True)
class Way:
    """One hub's way in.

    Args:
        host: the name that people type.
        status: what the ingress answers; 0: it does not.
    """

    host: str
    status: int

    @property
    def open(self) -> bool:
        """Whether a hub answered: the ingress itself says 404 to names that it does not know."""
        return self.status not in (0, _NO_ROUTE)


def check_way_in(target: SupportTarget, say: Callable[[str], None]) -> None:
    """Look that people can come in: on this machine by each hub's name, in a cloud that there is an address.

    Raises:
        NotOpen: the ingress does not answer, or not for a hub that is deployed with it.
    """
    if target.has_local_ingress:
        _every_hub_answers(target, say)
    elif target.asks("traefik.enabled") is True:
        _has_an_address(target.kube, target.namespace, say)


def hosts(ingresses: list[Mapping[str, Any]], namespaces: set[str], class_name: str) -> list[str]:
    """The names that these Ingress objects of hubs ask for, sorted."""
    return sorted({
        rule["host"]
        for each in ingresses
        if each["metadata"]["namespace"] in namespaces and each["spec"].get("ingressClassName") == class_name
        for rule in each["spec"].get("rules") or []
        if rule.get("host")
    })  # fmt: skip


def _every_hub_answers(target: SupportTarget, say: Callable[[str], None]) -> None:
    listed = target.kube.list_json("/apis/networking.k8s.io/v1/ingresses", "list the ways in")
    running = {hub.namespace for hub in target.cluster.hubs if hub.state != "retired"}
    wanted = hosts(listed, running, str(target.asks("local.ingress.className")))
    end = time.monotonic() + _LOCAL_SECONDS
    while True:
        ways = [_asked(ingress_port(target.cluster), host) for host in wanted or ["localhost"]]
        shut = [way for way in ways if not way.open] if wanted else [way for way in ways if not way.status]
        if not shut:
            say(f"open for {', '.join(wanted)}" if wanted else "it answers; no hub uses it yet")
            return
        if time.monotonic() > end:
            told = "\n".join(f"{way.host}: {way.status or 'no answer'}" for way in shut)
            raise NotOpen("hubs can not be reached by their names", where=target.url, evidence=told)
        time.sleep(_POLL_SECONDS)


def _asked(port: int, host: str) -> Way:
    try:
        with httpx.Client(timeout=5, trust_env=False) as http:
            return Way(host, http.get(f"http://127.0.0.1:{port}/hub/api", headers={"Host": host}).status_code)
    except httpx.HTTPError:
        return Way(host, 0)


def _has_an_address(kube: Kube, namespace: str, say: Callable[[str], None]) -> None:
    """A cloud takes a minute or two to make a load balancer."""
    end = time.monotonic() + _CLOUD_SECONDS
    said = ""
    while True:
        found, waiting = addresses(_services(kube, namespace))
        if found:
            say(f"people come in at {', '.join(found)}")
            return
        if not waiting:
            return  # no load balancer is asked for: something else leads people in
        if not said:
            said = "waiting for the cloud's load balancer"
            say(said)
        if time.monotonic() > end:
            next_step = f"kubectl -n {namespace} describe service"
            raise NotOpen("the cloud gave no address to the ingress", where=namespace, next_step=next_step)
        time.sleep(_POLL_SECONDS * 10)


def addresses(services: list[Mapping[str, Any]]) -> tuple[list[str], bool]:
    """The addresses of load balancers among these Services, and whether one still waits for its own."""
    wanted = [each for each in services if each["spec"].get("type") == "LoadBalancer"]
    given = [(each.get("status", {}).get("loadBalancer", {}).get("ingress") or []) for each in wanted]
    found = sorted(str(one.get("ip") or one.get("hostname")) for each in given for one in each)
    return found, any(not each for each in given)


def _services(kube: Kube, namespace: str) -> list[Any]:
    try:
        return kube.list_json(f"/api/v1/namespaces/{namespace}/services", "list support's services")
    except NotFound:
        return []
