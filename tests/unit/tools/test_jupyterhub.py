"""What the hub tells of a starting server. The hub is a fake: it answers with what a real one streams."""

from __future__ import annotations

import httpx

from hubfleet.tools.jupyterhub import HubApi

BEGINNING = 'data: {"progress": 0, "message": "Server requested"}\n\n'
END = 'data: {"progress": 100, "message": "Server ready", "ready": true}\n\n'


def api(*answers: str) -> HubApi:
    """A hub whose stream ends after each answer but the last."""
    left = list(answers)
    made = HubApi("http://hub.test", "a-token-of-nobody")
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=left.pop(0)))
    made._http = httpx.Client(base_url="http://hub.test/hub/api", transport=transport)
    return made


def test_time_that_passes_in_silence_is_told() -> None:
    told = [each.message for each in api(f"{BEGINNING}\n\n\n{END}").progress("ada", timeout=5)]
    assert (told[0], told[-1]) == ("Server requested", "Server ready")
    assert told[1:-1] == [""] * 4


def test_a_new_connection_tells_nothing_twice() -> None:
    told = list(api(BEGINNING + "\n\n", BEGINNING + END).progress("ada", timeout=5))
    assert [each.message for each in told if each.message] == ["Server requested", "Server ready"]
    assert told[-1].ready
