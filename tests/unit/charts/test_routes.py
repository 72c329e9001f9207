"""The local ingress's own program: from Ingress objects and Services to the proxy's routes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[3] / "helm/support/files/routes.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("support_routes", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ingress(namespace: str, host: str = "demo.localhost", created: str = "2026-01-01", **more: Any) -> dict[str, Any]:
    port = more.pop("port", {"name": "http"})
    path = {"path": more.pop("path", "/"), "backend": {"service": {"name": "proxy-public", "port": port}}}
    rule = {"http": {"paths": [path]}} | ({"host": host} if host else {})
    return {
        "metadata": {"namespace": namespace, "name": "jupyterhub", "creationTimestamp": created},
        "spec": {"ingressClassName": "local", "rules": [rule], **more},
    }


def service(namespace: str, address: str) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80}, {"name": "metrics", "port": 9000}]
    return {
        "metadata": {"namespace": namespace, "name": "proxy-public"},
        "spec": {"clusterIP": address, "ports": ports},
    }


SERVICES = [service("demo", "10.0.0.1"), service("other", "10.0.0.2")]


@pytest.mark.parametrize(
    ("written", "route", "target"),
    [
        ({}, "/demo.localhost", "http://10.0.0.1:80"),
        ({"port": {"number": 9000}}, "/demo.localhost", "http://10.0.0.1:9000"),
        ({"path": "/jupyter/"}, "/demo.localhost/jupyter", "http://10.0.0.1:80"),
    ],
)
def test_a_rule_is_a_route_to_its_service(program: ModuleType, written: Any, route: str, target: str) -> None:
    assert program.routes([ingress("demo", **written)], SERVICES, "local") == ({route: target}, [])


def test_what_is_for_another_class_is_left_alone(program: ModuleType) -> None:
    assert program.routes([ingress("demo", ingressClassName="traefik")], SERVICES, "local") == ({}, [])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"host": ""}, "demo/jupyterhub: a rule has no host"),
        ({"port": {"name": "https"}}, "demo/jupyterhub: a rule has no service proxy-public and port"),
    ],
)
def test_what_can_not_be_done_is_said_and_spoils_nothing_else(program: ModuleType, written: Any, said: str) -> None:
    found, troubles = program.routes([ingress("demo", **written), ingress("other", "o.localhost")], SERVICES, "local")
    assert found == {"/o.localhost": "http://10.0.0.2:80"}
    assert troubles == [said]


def test_a_name_that_two_ask_for_stays_with_the_older(program: ModuleType) -> None:
    two = [ingress("other", created="2026-02-01"), ingress("demo", created="2026-01-01")]
    found, troubles = program.routes(two, SERVICES, "local")
    assert found == {"/demo.localhost": "http://10.0.0.1:80"}
    assert troubles == ["other/jupyterhub: /demo.localhost is an older Ingress's"]


def test_routes_that_moved_are_set_again_and_those_that_went_are_removed(program: ModuleType) -> None:
    there = {"/a": "http://1:80", "/b": "http://2:80", "/c": "http://3:80"}
    wanted = {"/a": "http://1:80", "/b": "http://9:80"}
    assert program.differences(there, wanted) == ({"/b": "http://9:80"}, ["/c"])
