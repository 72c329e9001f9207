"""What a deploy decides, for every state a release can be in."""

from __future__ import annotations

import pytest

from hubfleet.tools.releases import Release
from hubfleet.workflows.deploy.plan import decide

SAME = {"digest": "abc", "revision": "3", "verified": "3"}


def release(status: str = "deployed", last: int = 3, **labels: str) -> Release:
    return Release("demo", "demo", 3, status, "", labels, last)


@pytest.mark.parametrize(
    ("found", "force", "action"),
    [
        (None, False, "install"),
        (release(**SAME), False, "skip"),
        (release(**SAME), True, "upgrade"),
        (release(**{**SAME, "digest": "old"}), False, "upgrade"),
        (release(**{**SAME, "revision": "2"}), False, "upgrade"),
        (release(**{**SAME, "verified": "2"}), False, "upgrade"),
        (release(), False, "upgrade"),
        (release("failed", **SAME), False, "upgrade"),
        (release("pending-upgrade", last=2, **SAME), False, "repair-upgrade"),
        (release("pending-rollback", last=2), False, "repair-upgrade"),
        (release("pending-install", last=0), False, "repair-install"),
        (release("uninstalling"), False, "refuse"),
        (release("uninstalled"), False, "install"),
    ],
)
def test_decision(found: Release | None, force: bool, action: str) -> None:
    decision = decide("abc", found, force=force)
    assert decision.action == action
    assert decision.why
