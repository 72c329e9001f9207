"""Whether a registry can be reached is known in three seconds at most."""

import threading
import time

import pytest

from hubfleet.images.registry import host, reachable


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.example.org/a/b:1", "registry.example.org"),
        ("localhost/a", "localhost"),
        ("example:5000/a", "example:5000"),
        ("someone/a:1", host("a")),
        ("debian:bookworm", host("a")),
    ],
)
def test_the_host_is_the_one_that_docker_would_ask(image, expected):
    assert host(image) == expected


@pytest.mark.parametrize(("status", "expected"), [(200, True), (401, True), (403, False), (404, False), (502, False)])
def test_a_registry_answers_or_wants_a_token(status, expected):
    asked = []
    assert reachable("registry.example.org/a", lambda url: asked.append(url) or status) is expected
    assert asked == ["https://registry.example.org/v2/"]


def test_no_answer_is_no():
    def fail(url):
        raise ConnectionRefusedError(url)

    assert not reachable("a", fail)


def test_a_name_that_is_looked_up_for_ever_is_not_waited_for():
    never, started = threading.Event(), time.monotonic()
    try:
        assert not reachable("a", lambda _: never.wait(20) or 200, seconds=0.1)
        assert time.monotonic() - started < 5
    finally:
        never.set()
