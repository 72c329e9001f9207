"""The hub as a visitor meets it: its API answers, and its front page leads to a login page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from hubfleet.workflows.checks.deadline import Deadline
from hubfleet.workflows.checks.result import CheckFailed, Saying, Steps

_ANSWER_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_MOST_REDIRECTS = 6
_PROXY = "configurable-http-proxy"  # names itself at the foot of its error pages
_OK, _NOT_FOUND, _SERVER_ERROR = 200, 404, 500


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    Args:
        status: HTTP status; 0: no answer.
        by_hub: the hub answered, not only the proxy: it names its version in every answer.
        location: where it redirects to; empty: it does not.
        html: it is a web page.
        text: the beginning of what it says; for status 0, why there was no answer.
    """

    status: int
    by_hub: bool = False
    location: str = ""
    html: bool = False
    text: str = ""


def check_front(steps: Steps, base_url: str, deadline: Deadline) -> None:
    """Ask for the API and the front page until both are right, or the time is over.

    Args:
        steps: where it is written down.
        base_url: where the proxy answers, such as `http://127.0.0.1:30080`.
        deadline: until when a failure is tried again.

    Raises:
        CheckFailed: the last failure, told apart by its symptom.
    """
    with httpx.Client(timeout=_ANSWER_SECONDS, trust_env=False) as http:
        with steps.step("the hub's API answers") as say:
            say(_until(deadline, lambda: _api(http, base_url), say))
        with steps.step("the front page leads to the login page") as say:
            say(_until(deadline, lambda: _login(http, base_url), say))


def judge_api(answer: Answer) -> str:
    """What the answer of `/hub/api` means.

    Returns:
        The hub's version.

    Raises:
        CheckFailed: it does not mean that the hub is well.
    """
    if answer.status == 0:
        raise CheckFailed("the proxy can not be reached", "proxy-unreachable", evidence=answer.text)
    if not answer.by_hub:
        if answer.status == _NOT_FOUND and _PROXY in answer.text:
            raise CheckFailed("the proxy answers, and has no route to the hub", "no-route", evidence=answer.text)
        if answer.status < _SERVER_ERROR:
            raise CheckFailed(f"something other than the hub answers ({answer.status})", "not-the-hub",
                              evidence=answer.text)  # fmt: skip
        raise CheckFailed(
            f"the proxy answers {answer.status}: it can not reach the hub", "hub-unreachable", evidence=answer.text
        )
    if answer.status != _OK or '"version"' not in answer.text:
        raise CheckFailed(f"the hub's API answers {answer.status}", "hub-unhealthy", evidence=answer.text)
    return answer.text.split('"version":')[1].strip(' "}')


def judge_redirect(path: str, answer: Answer) -> str:
    """Where the visitor goes from here.

    Args:
        path: what was asked for.
        answer: what came.

    Returns:
        The next address; empty where the login page is reached, or the identity provider takes over.

    Raises:
        CheckFailed: a healthy hub does not answer so.
    """
    at_login = path.startswith("/hub/login")
    if answer.status == 0 or not answer.by_hub:
        judge_api(answer)
    if answer.location:
        return "" if at_login else answer.location
    if answer.status >= _SERVER_ERROR or (at_login and not (answer.status == _OK and answer.html)):
        symptom = "login-broken" if at_login else "hub-unhealthy"
        raise CheckFailed(f"{path} answers {answer.status}", symptom, evidence=answer.text)
    if not at_login:
        raise CheckFailed(
            f"{path} answers {answer.status} and does not lead to the login page", "redirect-wrong",
            evidence=answer.text,
        )  # fmt: skip
    return ""


def _api(http: httpx.Client, base_url: str) -> str:
    return f"JupyterHub {judge_api(_ask(http, base_url, '/hub/api'))}"


def _login(http: httpx.Client, base_url: str) -> str:
    """Follow the redirects as a browser does, but never beyond the login page.

    With some authenticators the next address makes a user, or leads to somebody else's site.
    """
    path, seen = "/", ["/"]
    while len(seen) <= _MOST_REDIRECTS:
        answer = _ask(http, base_url, path)
        onward = judge_redirect(path, answer)
        if not onward:
            shown = urlsplit(path).path
            beyond = urlsplit(answer.location).netloc or answer.location
            return f"{shown} → {beyond}" if beyond else shown
        path = _path_on_hub(onward, base_url, seen)
        seen.append(path)
    raise CheckFailed("the front page redirects in a circle", "redirect-wrong", evidence=" → ".join(seen))


def _path_on_hub(location: str, base_url: str, seen: list[str]) -> str:
    target = urlsplit(urljoin(f"{base_url}{seen[-1]}", location))
    if target.netloc != urlsplit(base_url).netloc:
        raise CheckFailed(
            f"{seen[-1]} redirects to another address, {target.scheme}://{target.netloc}", "redirect-wrong",
            evidence=" → ".join([*seen, location]),
        )  # fmt: skip
    return f"{target.path}?{target.query}" if target.query else target.path


def _ask(http: httpx.Client, base_url: str, path: str) -> Answer:
    try:
        got = http.get(f"{base_url}{path}")
    except httpx.TransportError as trouble:
        return Answer(0, text=f"{type(trouble).__name__}: {trouble}")
    return Answer(
        got.status_code, "x-jupyterhub-version" in got.headers, got.headers.get("location", ""),
        got.headers.get("content-type", "").startswith("text/html"), got.text[:400],
    )  # fmt: skip


def _until(deadline: Deadline, attempt: Callable[[], str], say: Saying) -> str:
    """Try until it works. The pauses grow; the last try is made when the time is over."""
    pause = _FIRST_PAUSE
    while True:
        last = deadline.left == 0
        try:
            return attempt()
        except CheckFailed as trouble:
            if last:
                raise
            say(f"{trouble.what}; trying for {deadline.left:.0f} s more")
        time.sleep(min(pause, deadline.left))
        pause = min(pause * 2, _LONGEST_PAUSE)
