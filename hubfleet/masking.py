"""What must never be shown: values are registered once, when they are read, and hidden everywhere.

Every way out (console, logs, journal, errors) calls `masked`. A registry for the whole process is
right here: a secret stays a secret whichever thread or workflow is about to print it.
"""

from __future__ import annotations

import base64
import threading

HIDDEN = "•••••"
_SHORTEST = 4
_hidden: set[str] = set()
_lock = threading.Lock()


def hide(*values: str) -> None:
    """Hide these values, and their base64 forms, from now on.

    Values shorter than 4 characters are left alone: hiding `1` would hide every digit one.
    Each line of a multi-line value is hidden on its own, because output is masked line by line.
    """
    forms: set[str] = set()
    for value in values:
        for part in {value, *value.splitlines()}:
            if len(part.strip()) >= _SHORTEST:
                forms.add(part)
                forms.add(base64.b64encode(part.encode()).decode())
    with _lock:
        _hidden.update(forms)


def masked(text: str) -> str:
    """The text with every hidden value replaced; longest first, so that no tail is left over."""
    with _lock:
        known = sorted((value for value in _hidden if value in text), key=len, reverse=True)
    for value in known:
        text = text.replace(value, HIDDEN)
    return text
