"""What a starting server says: what of it is told on, and when it means that the server will not start."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hubfleet.tools.jupyterhub import Progress
from hubfleet.workflows.checks.result import CheckFailed
from hubfleet.workflows.dossier.causes import Cause
from hubfleet.workflows.dossier.pulling import hopeless, pull_failed

_SCALING = ("TriggeredScaleUp", "triggered scale-up", "Should schedule on", "nominated")
_KEPT_MESSAGES = 30
_PATIENCE_SECONDS = 25.0  # of a registry that does not answer: the kubelet has tried it twice by then
_AGAIN_SECONDS = 60.0
# KubeSpawner's container is `notebook`. Not waited for: the hub would remove the pod, and with it the reason.
_ENDS_AGAIN = "Back-off restarting failed container notebook"
_PULLED = "Successfully pulled image"
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ")
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass
class Starting:
    """One start of a server.

    Args:
        messages: gets what the spawner said, each thing once; evidence for the dossier.
        say: gets what people should see: each thing when it is new, and then once a minute.
        now: the time in seconds.
    """

    messages: list[str]
    say: Callable[[str], None]
    now: Callable[[], float] = time.monotonic
    _told: dict[str, float] = field(default_factory=dict)
    _failing: tuple[float, Cause] | None = None

    def hear(self, event: Progress) -> None:
        """Take a message; one without a text means that time has passed.

        Raises:
            CheckFailed: the server will not start.
        """
        new = self._keep(event.message)
        if event.failed:
            before = [message for message in self.messages if message != event.message]
            raise CheckFailed(f"the server did not start: {event.message}", "spawn-failed",
                              evidence="\n".join(before[-5:]))  # fmt: skip
        self._give_up_without_image(event.message)
        if _ENDS_AGAIN in event.message:
            raise CheckFailed("the server ends again and again", "spawn-failed", evidence=event.message)
        if new:
            self.say("waiting for a node to be added" if is_scale_up(event.message) else event.message)

    def _keep(self, message: str) -> bool:
        """Whether it should be seen. The same with another time or number of seconds is the same."""
        gist = _NUMBER.sub("#", _TIME.sub("", message))
        if not message or self.now() - self._told.get(gist, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            return False
        if gist not in self._told:
            self.messages.append(message)
            del self.messages[:-_KEPT_MESSAGES]
        self._told[gist] = self.now()
        return True

    def _give_up_without_image(self, message: str) -> None:
        cause = pull_failed(message)
        if cause and (hopeless(cause) or self._failing is None):
            self._failing = (self.now(), cause)
        if _PULLED in message:
            self._failing = None
        if self._failing is None:
            return
        since, cause = self._failing
        if hopeless(cause) or self.now() - since >= _PATIENCE_SECONDS:
            raise CheckFailed(f"the server can not start: {cause}", "spawn-failed", evidence=cause.evidence)


def is_scale_up(message: str) -> bool:
    """Whether a message says that the cluster is about to add a node for the pod.

    The cluster autoscaler's event is TriggeredScaleUp, "pod triggered scale-up: ..."; Karpenter's is Nominated,
    "Pod should schedule on: nodeclaim/...".
    """
    return any(word in message for word in _SCALING)
