"""One engineer at a time: a Kubernetes Lease for each hub, so that it holds across machines.

The Lease says who, which run, since when. It is renewed while the work goes on and taken over, with a word, when it
has not been renewed for its duration, or when its holder was a process of this machine that has ended. Times are
compared by the server's clock: our machines' clocks may differ.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hubfleet.errors import HubfleetError, Refused
from hubfleet.runs.alone import holder_is_gone, holding
from hubfleet.runs.run import Run
from hubfleet.tools.kubernetes import Conflict, Kube, NotFound

NAMESPACE = "hubfleet"
DURATION_SECONDS = 60
_RENEW_SECONDS = 15.0
_MOMENT_SECONDS = 2.0


@dataclass(frozen=True)
class Holder:
    """Who has the lock: person and run, when it was last renewed, and whether that is too long ago."""

    name: str
    renewed: datetime
    expired: bool


@contextmanager
def locked(kube: Kube, name: str, run: Run) -> Iterator[None]:
    """Hold the Lease `name` while the block runs.

    Raises:
        Refused: somebody else holds it; says who, which run, and since when.
    """
    with holding(run):
        _take(kube, name, run)
        stop = threading.Event()
        renewer = threading.Thread(target=_renew, args=(kube, name, run, stop), daemon=True)
        renewer.start()
        try:
            yield
        finally:
            stop.set()
            renewer.join(timeout=20)
            _release(kube, name, run)


def holder(kube: Kube, name: str) -> Holder | None:
    """Who holds the Lease now; None where nobody does."""
    try:
        lease, now = _read(kube, name)
    except NotFound:
        return None
    return _holder(lease, now)


def _take(kube: Kube, name: str, run: Run) -> None:
    try:
        lease, now = _read(kube, name)
    except NotFound:
        _create(kube, name, run)
        return
    current = _holder(lease, now)
    others = current is not None and not current.expired and current.name != _identity(run)
    gone = others and current is not None and _gone(run, current)
    if current and others and not gone:
        raise Refused(
            f"{name} is being worked on by somebody else",
            where=f"lease {NAMESPACE}/{name}",
            evidence=f"held by {current.name}, renewed {(now - current.renewed).seconds} s ago",
            next_step=f"wait, or talk to them; it is free {DURATION_SECONDS} s after their hubfleet has gone",
        )
    if current and current.name != _identity(run):
        with run.step("take over the lock") as step:
            why = "whose process has ended" if gone else f"not renewed since {current.renewed:%H:%M:%S} UTC"
            step.say(f"from {current.name}, {why}")
            if gone:
                time.sleep(_MOMENT_SECONDS)  # what it had started is ended by the kernel, and needs a moment for that
    _replace(kube, lease | {"spec": _spec(run, now)}, name)


def _gone(run: Run, current: Holder) -> bool:
    return holder_is_gone(run.folder.parent / current.name.rpartition(" ")[2])


def _read(kube: Kube, name: str) -> tuple[dict[str, Any], datetime]:
    with kube.errors(f"read the lock {name}"):
        response = kube.http.get(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{name}")
        kube.raise_for(response)
        return response.json(), parsedate_to_datetime(response.headers["date"])


def _create(kube: Kube, name: str, run: Run) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name},
        "spec": _spec(run, datetime.now(UTC)),
    }  # fmt: skip
    with kube.errors(f"take the lock {name}"):
        response = kube.http.post(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases", json=lease)
        kube.raise_for(response)
    # The server's clock is known only now; a machine whose clock is wrong must not hold a lock that is born expired.
    _, now = fresh = _read(kube, name)
    _replace(kube, fresh[0] | {"spec": _spec(run, now)}, name)


def _replace(kube: Kube, lease: dict[str, Any], name: str) -> None:
    with kube.errors(f"take the lock {name}"):
        response = kube.http.put(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{name}", json=lease)
        kube.raise_for(response)


def _renew(kube: Kube, name: str, run: Run, stop: threading.Event) -> None:
    """Renew until told to stop. A renewal that fails is tried again: the Lease outlives three of them."""
    while not stop.wait(_RENEW_SECONDS):
        try:
            lease, now = _read(kube, name)
            if lease["spec"].get("holderIdentity") == _identity(run):
                lease["spec"]["renewTime"] = _micro(now)
                _replace(kube, lease, name)
        except HubfleetError as trouble:
            run.record("said", "lock", text=f"the lock could not be renewed: {trouble.what}")


def _release(kube: Kube, name: str, run: Run) -> None:
    try:
        lease, _ = _read(kube, name)
        if lease["spec"].get("holderIdentity") == _identity(run):
            _replace(kube, lease | {"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}, name)
    except (NotFound, Conflict):
        return
    except HubfleetError as trouble:
        run.record("said", "lock", text=f"the lock was not given back, it expires by itself: {trouble.what}")


def _holder(lease: dict[str, Any], now: datetime) -> Holder | None:
    spec = lease.get("spec") or {}
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return None
    renewed = datetime.fromisoformat(spec["renewTime"])
    expired = (now - renewed).total_seconds() > spec.get("leaseDurationSeconds", DURATION_SECONDS)
    return Holder(spec["holderIdentity"], renewed, expired)


def _spec(run: Run, now: datetime) -> dict[str, Any]:
    return {
        "holderIdentity": _identity(run), "leaseDurationSeconds": DURATION_SECONDS,
        "acquireTime": _micro(now), "renewTime": _micro(now),
    }  # fmt: skip


def _identity(run: Run) -> str:
    return f"{run.operator}, {run.workflow}, run {run.id}"


def _micro(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
