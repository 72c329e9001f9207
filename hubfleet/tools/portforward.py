"""kubectl port-forward: a service of any cluster as an address on this machine, for the time of a block."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError

_FORWARDING = re.compile(r"^Forwarding from 127\.0\.0\.1:(\d+) ->")
_POLL_SECONDS = 0.01


class NoForwarding(HubfleetError):
    """kubectl could not connect to a pod behind the service."""


@contextmanager
def forwarded(
    kubectl: Path, env: Mapping[str, str], context: str, namespace: str, service: str, *, port: str, timeout: float
) -> Iterator[str]:
    """Reach a service's port through the API server.

    kubectl chooses a running pod of the service when it starts, and keeps to it: after the pod is gone, forward anew.

    Args:
        kubectl: the program.
        env: its environment, with KUBECONFIG.
        context: which context of the kubeconfig; empty: the current one.
        namespace: of the service.
        service: its name.
        port: its port, by number or name.
        timeout: seconds to wait until it listens.

    Yields:
        The address, such as `http://127.0.0.1:40123`. Only this machine can reach it.

    Raises:
        NoForwarding: there is no such service, it has no running pod, or it took too long.
    """
    argv: list[str | Path] = [kubectl, *(["--context", context] if context else []), "--namespace", namespace]
    argv += ["port-forward", "--address", "127.0.0.1", f"service/{service}", f":{port}"]
    lines: list[str] = []
    listening = threading.Event()

    def hear(line: str) -> None:
        lines.append(line)
        if _FORWARDING.match(line):
            listening.set()

    with process.running(argv, env=env, on_line=hear) as alive:
        ends = time.monotonic() + timeout
        while not listening.wait(_POLL_SECONDS) and alive() and time.monotonic() < ends:
            continue
        if not listening.is_set():
            raise _refused(namespace, service, lines, timeout if alive() else 0.0)
        yield _address(lines)


def _address(lines: list[str]) -> str:
    ports = [found[1] for line in lines if (found := _FORWARDING.match(line))]
    return f"http://127.0.0.1:{ports[0]}"


def _refused(namespace: str, service: str, lines: list[str], waited: float) -> NoForwarding:
    why = f"kubectl said nothing for {waited:.0f} s" if waited and not lines else "\n".join(lines[-5:])
    return NoForwarding(
        f"service {service} can not be reached",
        where=f"kubectl port-forward --namespace {namespace} service/{service}",
        evidence=why,
        next_step=f"kubectl --namespace {namespace} get pods,endpointslices",
    )
