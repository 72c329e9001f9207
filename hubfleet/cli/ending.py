"""A cancelled job (SIGTERM) and a lost terminal (SIGHUP) end a task as Ctrl-C does: what was begun is undone first."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Make both signals interrupt the block, once; later ones change nothing, so that undoing comes to its end.

    Only Ctrl-C itself counts a second time: a person gives it, where a job's runner sends one signal after the other.
    What was set to be ignored (nohup) stays ignored. Does nothing outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if number == signal.SIGHUP:
            _leave_terminal()
        if not interrupted or number == signal.SIGINT:
            interrupted = True
            signal.default_int_handler(number, frame)

    kept: dict[int, Any] = {}
    for number in (signal.SIGINT, *_SIGNALS):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            kept[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for restored, handler in kept.items():
            signal.signal(restored, handler)


def _leave_terminal() -> None:
    """Nobody reads it any more, and writing to it fails: the run's journal and logs go on."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        if os.isatty(descriptor):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)
