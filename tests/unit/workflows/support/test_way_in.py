"""Whether people can come in, judged from what the API says."""

from __future__ import annotations

from typing import Any

import pytest

from hubfleet.workflows.support.check import Way, addresses, hosts


def ingress(namespace: str, *names: str, kind: str = "local") -> dict[str, Any]:
    rules = [{"host": name} if name else {} for name in names]
    return {"metadata": {"namespace": namespace}, "spec": {"ingressClassName": kind, "rules": rules}}


def test_the_names_are_those_of_hubs_of_the_cluster_and_of_its_class() -> None:
    listed = [
        ingress("demo", "demo.localhost", "alias.localhost", ""),
        ingress("retired", "old.localhost"),
        ingress("staging", "staging.localhost", kind="traefik"),
    ]
    assert hosts(listed, {"demo", "staging"}, "local") == ["alias.localhost", "demo.localhost"]


@pytest.mark.parametrize(("status", "is_open"), [(200, True), (302, True), (503, True), (404, False), (0, False)])
def test_a_way_is_open_when_the_hub_answers_and_not_the_ingress(status: int, is_open: bool) -> None:
    assert Way("demo.localhost", status).open is is_open


def balancer(*given: dict[str, str]) -> dict[str, Any]:
    return {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": list(given)} if given else {}}}


def test_a_load_balancer_is_waited_for_until_it_has_an_address_or_a_name() -> None:
    assert addresses([balancer()]) == ([], True)
    assert addresses([balancer({"ip": "192.0.2.1"})]) == (["192.0.2.1"], False)
    assert addresses([balancer({"hostname": "lb.example.org"})]) == (["lb.example.org"], False)


def test_without_a_load_balancer_nothing_is_waited_for() -> None:
    assert addresses([{"spec": {"type": "ClusterIP"}}]) == ([], False)
