"""The first screen of the README: the demo's hub, a person who logs in, and the commands that come next."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]


@pytest.fixture(scope="module")
def ready(place: Place) -> dict[str, str]:
    """What `./inv demo` says when it is run again."""
    found: dict[str, str] = place.json("demo")
    return found


def test_the_second_demo_changes_nothing(place: Place, ready: dict[str, str]) -> None:
    revision = place.hub("demo")["revision"]
    again = place.json("demo")
    assert again["deployed"]["action"] == "skip"
    assert (again["password"], place.hub("demo")["revision"]) == (ready["password"], revision)
    assert "docker" not in place.inv("demo").stderr, "the node has the images: no daemon is started for nothing"


def test_a_person_can_log_in_with_what_was_printed(ready: dict[str, str]) -> None:
    assert login(ready, ready["user"], ready["password"]).has_redirect_location
    assert login(ready, ready["user"], "wrong").status_code == 403


def test_a_stranger_can_not_log_in(ready: dict[str, str]) -> None:
    assert login(ready, "mallory", ready["password"]).status_code == 403


def test_the_login_page_names_the_community(ready: dict[str, str]) -> None:
    page = httpx.get(base(ready) + "/hub/login").text
    assert "Demo Hub" in page
    assert "Demo College" in page


def test_status_has_what_programs_read(place: Place) -> None:
    found = place.hub("demo")
    assert {"cluster", "hub", "state", "revision", "chart", "url", "in_sync"} <= found.keys()
    assert (found["state"], found["in_sync"], found["url"]) == ("deployed", True, "http://demo.localhost:30080/")


def test_the_commands_of_the_readme_do_what_they_say(place: Place) -> None:
    """Those that neither start nor end the cluster: the fixture `place` did the first, and does the second."""
    text = place.file("README.md").read_text()
    block = re.search(r"## Then\n```sh\n(.*?)```", text, re.DOTALL)
    assert block
    commands = [line.partition("#")[0].strip() for line in block[1].splitlines()]
    chosen = [command for command in commands if command and "local-down" not in command]
    assert len(chosen) >= 6
    for command in chosen:
        words = shlex.split(command)[1:]
        place.inv(*words)


def test_no_secret_is_in_the_journals(place: Place, ready: dict[str, str]) -> None:
    secrets = [ready["password"], *place.kube.get_secret("demo", "hub").values()]
    secrets = [value for value in secrets if 12 <= len(value) <= 200]
    assert secrets
    for file in place.file(".hubfleet").rglob("*"):
        if file.is_file():
            text = file.read_text(errors="replace")
            assert not [value for value in secrets if value in text], file.name


def base(ready: dict[str, str]) -> str:
    """The hub's address without its name: `*.localhost` is for browsers, not for every resolver."""
    return ready["url"].replace("demo.localhost", "127.0.0.1").rstrip("/")


def login(ready: dict[str, str], user: str, password: str) -> httpx.Response:
    with httpx.Client(base_url=base(ready)) as http:
        page = http.get("/hub/login")
        data = {"username": user, "password": password, "_xsrf": http.cookies["_xsrf"]}
        assert page.status_code == 200
        return http.post("/hub/login", data=data, params={"_xsrf": http.cookies["_xsrf"]})
