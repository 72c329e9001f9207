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


def test_a_kernel_that_is_not_heard_is_told_from_a_slow_cell():
    with pytest.raises(NotebookFailed, match="output did not come through") as caught:
        UserServer("http://hub/user/ada", "token", timeout=0.05)._await_output(LateSubscription(10**9))
    assert caught.value.where == "http://hub/user/ada"
