"""For all tests: programs that they start can be interrupted, however the tests themselves were started.

A shell starts jobs in the background with SIGINT ignored, nohup with SIGHUP ignored; programs inherit that, and Python
then leaves both ignored. A handler of Python's is not inherited.
"""

from __future__ import annotations

import signal
import threading


def pytest_configure() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)
