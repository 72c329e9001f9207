"""A kernel's first output may be lost: nothing runs before output comes through.

The client is a fake of jupyter-kernel-client's: a kernel to which the server subscribes only after some requests.
"""

import itertools
import queue

import pytest

from hubfleet.tools import notebook
from hubfleet.tools.notebook import NotebookFailed, UserServer


class LateSubscription:
    """Its output is lost until it has been asked `lost` times; other people's output comes all the time."""

    def __init__(self, lost):
        self._lost = lost
        self._ids = itertools.count()
        self._coming = queue.Queue()
        self.asked = 0

    def kernel_info(self):
        self.asked += 1
        mine = f"request-{next(self._ids)}"
        self._coming.put({"parent_header": {}})
        self._coming.put({"parent_header": {"msg_id": "of somebody else"}})
        if self.asked > self._lost:
            self._coming.put({"parent_header": {"msg_id": mine}})
        return mine

    def get_iopub_msg(self, timeout):
        return self._coming.get(timeout=timeout)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(notebook, "_NUDGE_SECONDS", 0.01)


@pytest.mark.parametrize("lost", [0, 1, 5])
def test_it_asks_until_output_comes_through(lost):
    client = LateSubscription(lost)
    assert notebook.output_comes_through(client, 30)
    assert client.asked == lost + 1


def test_a_connection_that_stays_silent_is_given_up():
    assert not notebook.output_comes_through(LateSubscription(10**9), 0.05)


@pytest.fixture
def server(monkeypatch):
    """A user's server whose connections are fakes; those that were closed are listed."""
    made = UserServer("http://hub/user/ada", "token", timeout=0.5)
    monkeypatch.setattr(notebook, "_SILENT_SECONDS", 0.05)
    closed = []
    monkeypatch.setattr(notebook, "_disconnect", closed.append)
    made.closed = closed
    return made


def test_after_a_silent_connection_another_is_made(server, monkeypatch):
    clients = [LateSubscription(10**9), LateSubscription(0)]
    coming = iter(clients)
    monkeypatch.setattr(server, "_connected", lambda _: next(coming))
    assert server._heard("ws") == (clients[1], 2)
    assert server.closed == clients[:1]


def test_a_kernel_that_no_connection_hears_is_told_with_how_many(server, monkeypatch):
    monkeypatch.setattr(server, "_connected", lambda _: LateSubscription(10**9))
    with pytest.raises(NotebookFailed, match="output did not come through") as caught:
        server._heard("ws://hub/user/ada")
    assert "connections" in caught.value.evidence
    assert len(server.closed) > 1
