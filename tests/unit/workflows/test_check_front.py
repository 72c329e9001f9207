"""The visitor's check, against what real hubs and proxies answered.

`check_cases/*.json` were recorded from JupyterHub 5.5.4 and configurable-http-proxy in each state, with
`hubfleet.workflows.checks.front`'s own request; a transport that gives these answers takes their place here.
"""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from hubfleet.runs import Run
from hubfleet.workflows.checks import front
from hubfleet.workflows.checks.deadline import Deadline
from hubfleet.workflows.checks.result import CheckFailed, Steps

CASES = Path(__file__).parent / "check_cases"
HUB = "http://127.0.0.1:18400"


def recorded(name: str) -> httpx.MockTransport:
    answers = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))

    def answer(request: httpx.Request) -> httpx.Response:
        known = answers.get(request.url.raw_path.decode())
        if known is None:
            raise AssertionError(f"nobody may be asked for {request.url}")
        if not known["status"]:
            raise httpx.ConnectError(known["text"])
        headers = {"content-type": "text/html" if known["html"] else "application/json"}
        headers |= {"location": known["location"]} if known["location"] else {}
        headers |= {"x-jupyterhub-version": "5.5.4"} if known["by_hub"] else {}
        return httpx.Response(known["status"], headers=headers, text=known["text"])

    return httpx.MockTransport(answer)


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(Run("r", "check-hub", "local/demo", tmp_path, "somebody", "", ""))


def look(monkeypatch: pytest.MonkeyPatch, steps: Steps, transport: httpx.BaseTransport, seconds: float = 0.0) -> None:
    real = httpx.Client
    monkeypatch.setattr(front.httpx, "Client", lambda **settings: real(**settings, transport=transport))
    front.check_front(steps, HUB, Deadline.within(seconds))


def test_a_healthy_hub_passes_with_what_was_seen(monkeypatch: pytest.MonkeyPatch, steps: Steps) -> None:
    look(monkeypatch, steps, recorded("healthy"))
    assert [(step.ok, step.detail) for step in steps.done] == [(True, "JupyterHub 5.5.4"), (True, "/hub/login")]


def test_the_check_stops_at_the_login_page_and_does_not_follow_it_to_the_provider(
    monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    look(monkeypatch, steps, recorded("auto-login"))
    assert steps.done[-1].detail == "/hub/login → login.example.org"


@pytest.mark.parametrize(
    ("case", "symptom", "says"),
    [
        ("proxy-down", "proxy-unreachable", "the proxy can not be reached"),
        ("no-route", "no-route", "has no route to the hub"),
        ("hub-down", "hub-unreachable", "it can not reach the hub"),
        ("another-server", "not-the-hub", "something other than the hub answers"),
        ("login-broken", "login-broken", "/hub/login?next=%2Fhub%2F answers 500"),
        ("nobody-may-log-in", "login-broken", "answers 403"),
        ("front-elsewhere", "redirect-wrong", "college.example.org"),
    ],
)
def test_each_trouble_has_its_own_name(
    monkeypatch: pytest.MonkeyPatch, steps: Steps, case: str, symptom: str, says: str
) -> None:
    with pytest.raises(CheckFailed, match=r".") as failure:
        look(monkeypatch, steps, recorded(case))
    assert failure.value.symptom == symptom
    assert says in failure.value.what
    assert not steps.done[-1].ok


def test_a_hub_that_comes_up_while_it_is_asked_passes(monkeypatch: pytest.MonkeyPatch, steps: Steps) -> None:
    down, up = recorded("hub-down"), recorded("healthy")
    asked: list[str] = []

    def later(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return (down if len(asked) < 3 else up).handler(request)

    look(monkeypatch, steps, httpx.MockTransport(later), seconds=5.0)
    assert all(step.ok for step in steps.done)
    assert asked.count("/hub/api") == 3


def test_a_circle_of_redirects_ends(monkeypatch: pytest.MonkeyPatch, steps: Steps) -> None:
    def circle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/hub/api":
            return httpx.Response(200, headers={"x-jupyterhub-version": "5"}, text='{"version": "5"}')
        return httpx.Response(302, headers={"x-jupyterhub-version": "5", "location": "/hub/home"})

    with pytest.raises(CheckFailed, match="in a circle"):
        look(monkeypatch, steps, httpx.MockTransport(circle))
