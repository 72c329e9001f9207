"""A kernel that is not heard gets one successor, and that is said. The server is a fake that counts its kernels."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from hubfleet.tools.notebook import Cell, KernelSilent, NotebookFailed
from hubfleet.workflows.checks.result import CheckFailed
from hubfleet.workflows.checks.user import UserCheck


class Server:
    """Its first kernels fail in this way; those after them answer."""

    def __init__(self, *failures):
        self._failures = list(failures)
        self.kernels = 0

    @contextmanager
    def kernel(self):
        self.kernels += 1
        yield SimpleNamespace(run=self._run)

    def _run(self, code, *, timeout):
        if self._failures:
            raise self._failures.pop(0)
        return Cell("42\n")


@pytest.fixture
def check():
    return UserCheck(steps=None, api=None, cleaner=None, name="hubfleet-check-0")


def test_a_silent_kernel_has_a_successor_and_it_is_said(check):
    said, server = [], Server(KernelSilent("a cell did not end after 20 s"))
    assert check._printed(server, "print(42)", said.append) == "42\n"
    assert server.kernels == 2
    assert said == check.messages
    assert said[0].startswith("a cell did not end after 20 s: another kernel is tried (ipykernel 7.0 to 7.3")


def test_two_silent_kernels_are_a_failure(check):
    server = Server(KernelSilent("first"), KernelSilent("second"))
    with pytest.raises(CheckFailed, match="second"):
        check._printed(server, "print(42)", lambda _: None)


def test_what_is_no_silence_is_not_tried_again(check):
    server = Server(NotebookFailed("the user's image has no Python kernel"))
    with pytest.raises(CheckFailed, match="no Python kernel"):
        check._printed(server, "print(42)", lambda _: None)
    assert server.kernels == 1
