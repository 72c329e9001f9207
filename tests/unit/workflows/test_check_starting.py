"""What a starting server says: each thing once, and an image that does not come is waited for half a minute at most."""

from __future__ import annotations

import inspect

import pytest

from hubfleet.tools.jupyterhub import Progress
from hubfleet.workflows.checks.result import CheckFailed
from hubfleet.workflows.checks.starting import Starting
from hubfleet.workflows.checks.user import UserDeadlines

AWAY = (
    '[Warning] Failed to pull image "hubfleet.local/user:nothere": failed to resolve reference '
    '"hubfleet.local/user:nothere": failed to do request: Head "https://hubfleet.local/v2/user/manifests/nothere": '
    "dial tcp: lookup hubfleet.local: no such host"
)
PATIENCE = "Server launch is taking longer than expected. Please be patient! Current time spent waiting: {} seconds."


class Start:
    """A start whose clock is set by hand; `at` hears a message at a second."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.said: list[str] = []
        self.messages: list[str] = []
        self.starting = Starting(self.messages, self.said.append, lambda: self.clock)

    def at(self, second: float, message: str = "") -> None:
        self.clock = second
        self.starting.hear(Progress(30, message))


def test_a_registry_that_does_not_answer_gets_half_a_minute_and_then_the_cause_is_told() -> None:
    start = Start()
    start.at(1, f"2026-11-26T02:00:01Z {AWAY}")
    start.at(1, "2026-11-26T02:00:01Z [Warning] Error: ErrImagePull")
    start.at(16, f"2026-11-26T02:00:16Z {AWAY}")
    start.at(20)
    with pytest.raises(CheckFailed, match=r"hubfleet\.local/user:nothere can not be pulled: its registry does not"):
        start.at(30)


def test_a_registry_that_answers_again_is_forgiven() -> None:
    start = Start()
    start.at(1, AWAY)
    start.at(17, '[Normal] Successfully pulled image "hubfleet.local/user:nothere" in 3.2s')
    start.at(300)
    start.at(301, AWAY)
    start.at(310)


def test_an_image_that_is_not_there_is_not_waited_for() -> None:
    start = Start()
    start.at(1, AWAY)
    with pytest.raises(CheckFailed, match="does not exist in its registry"):
        start.at(2, '[Warning] Failed to pull image "hubfleet.local/user:nothere": not found')


def test_what_is_said_again_and_again_is_told_once_a_minute_and_kept_once() -> None:
    start = Start()
    for second in range(60, 250, 10):
        start.at(second, PATIENCE.format(second))
        start.at(second, f"2026-11-26T02:00:{second % 60:02}Z [Normal] Pulling image a:1")
    assert start.said[::2] == [PATIENCE.format(each) for each in (60, 120, 180, 240)]
    assert len(start.messages) == 2


def test_three_tasks_give_a_server_the_time_that_their_help_names() -> None:
    from hubfleet.cli.base import TIMEOUT_HELP
    from hubfleet.cli.check import check_hub
    from hubfleet.cli.hubs import deploy_hub
    from hubfleet.cli.upgrade import upgrade_hub

    assert TIMEOUT_HELP.endswith(f"default: {UserDeadlines.start:.0f}")
    for each in (check_hub, deploy_hub, upgrade_hub):
        assert inspect.signature(each.body).parameters["timeout"].default == UserDeadlines.start
