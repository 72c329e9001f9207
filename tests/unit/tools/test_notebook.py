"""A kernel's first output may be lost: nothing runs before output comes through.

The client is a fake of jupyter-kernel-client's: a kernel to which the server subscribes only after some requests.
"""

import itertools
import queue

import pytest

from hubfleet.tools import notebook
from hubfleet.tools.notebook import NotebookFailed


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
    notebook._await_output(client, 30, "http://hub/user/ada")
    assert client.asked == lost + 1


def test_a_kernel_that_stays_silent_is_told_from_a_slow_cell():
    with pytest.raises(NotebookFailed, match="output did not come through") as caught:
        notebook._await_output(LateSubscription(10**9), 0.05, "http://hub/user/ada")
    assert "http://hub/user/ada" in str(caught.value.where)
    assert "times" in caught.value.evidence
