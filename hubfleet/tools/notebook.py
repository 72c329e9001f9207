"""Running code and reading files in a user's server, through the hub's proxy, as the user's browser does.

Kernels: jupyter-kernel-client's websocket. Given a token, it would put it into the websocket's address, which
JupyterHub 5 refuses and logs would keep; so the token goes into a header.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from hubfleet.errors import HubfleetError

_NOT_FOUND = 404
_CONNECT_SECONDS = 10.0
_DISCONNECT_SECONDS = 2.0
_NUDGE_SECONDS = 0.5
_SILENT_SECONDS = 15.0
_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class NotebookFailed(HubfleetError):
    """The user's server, or its kernel, did not do what it was asked."""


class KernelSilent(NotebookFailed):
    """A kernel that was started is not heard, or not any more. Another one may be."""


@dataclass(frozen=True)
class Cell:
    """A cell that was run: what it printed; where it raised, the error's name and message."""

    printed: str
    error: str = ""


class UserServer:
    """A user's running server.

    Args:
        url: where it answers through the proxy, such as `http://127.0.0.1:30080/user/ada`.
        token: with the scope access:servers.
        timeout: seconds without an answer after which a call fails.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 30.0) -> None:
        self.url = url
        self._headers = {"Authorization": f"token {token}"}
        self._timeout = timeout

    def read_text(self, path: str) -> str | None:
        """A file's text through the contents API, by its path below the server's root; None: no such file."""
        answer = self._call("GET", f"api/contents/{quote(path)}", params={"type": "file", "format": "text"})
        return None if answer is None else str(answer.json()["content"])

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """A Python kernel of this server, for the time of a block.

        Raises:
            NotebookFailed: there is none, or it can not be connected to. KernelSilent: it is not heard.
        """
        answer = self._call("POST", "api/kernels", json={"name": self._python()})
        if answer is None:
            raise NotebookFailed("the user's server has no kernels", where=self.url)
        path = f"api/kernels/{answer.json()['id']}"
        try:
            client = self._connected(f"{self.url}/{path}/channels")
            try:
                self._await_output(client)
                yield Kernel(client, self.url)
            finally:
                _disconnect(client)
        finally:
            self._call("DELETE", path)

    def _await_output(self, client: Any) -> None:
        seconds = min(_SILENT_SECONDS, self._timeout)
        if not output_comes_through(client, seconds):
            raise KernelSilent(
                f"the kernel's output did not come through within {seconds:.0f} s",
                where=self.url,
                evidence="it was asked for its version again and again",
                next_step="look whether the kernel died: its memory limit, and the log of the user's pod",
            )

    def _python(self) -> str:
        answer = self._call("GET", "api/kernelspecs")
        specs = answer.json()["kernelspecs"] if answer else {}
        languages = {name: each["spec"].get("language", "").lower() for name, each in specs.items()}
        python = sorted((name for name, language in languages.items() if language == "python"), reverse=True)
        if not python:
            raise NotebookFailed(
                "the user's image has no Python kernel, so that no cell can be run",
                where=self.url,
                evidence=f"kernels: {', '.join(sorted(languages)) or 'none'}",
            )
        return "python3" if "python3" in python else python[0]

    def _connected(self, address: str) -> Any:
        from jupyter_kernel_client import KernelWebSocketClient

        client = KernelWebSocketClient(
            address.replace("http", "ws", 1), timeout=min(_CONNECT_SECONDS, self._timeout), headers=self._headers
        )
        client.start_channels()
        if not client.connection_ready.is_set():
            _disconnect(client)
            raise NotebookFailed(
                f"no websocket to the kernel within {_CONNECT_SECONDS:.0f} s",
                where=address,
                next_step="look at what stands between: an ingress or proxy that does not pass websockets on",
            )
        return client

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response | None:
        address = f"{self.url}/{path}"
        try:
            answer = httpx.request(
                method, address, headers=self._headers, timeout=self._timeout, trust_env=False, **arguments
            )
        except httpx.TransportError as trouble:
            evidence = f"{type(trouble).__name__}: {trouble}"
            raise NotebookFailed("the user's server does not answer", where=address, evidence=evidence) from trouble
        if answer.status_code == _NOT_FOUND:
            return None
        if answer.is_error:
            evidence = f"{answer.status_code} {answer.reason_phrase}: {answer.text[:300]}"
            raise NotebookFailed("the user's server refused", where=f"{method} {address}", evidence=evidence)
        return answer


def output_comes_through(client: Any, seconds: float) -> bool:
    """Ask the kernel for its version until its output comes through, or the time is over.

    A kernel's output (iopub) is published to whoever has subscribed by then. jupyter-server waits for the subscription
    of a new websocket except where it sees the kernel busy, and a kernel that starts is busy for a moment: a quick
    cell's output, its end included, would be lost (`nudge` in jupyter_server/services/kernels/connection/channels.py).
    """
    asked: set[str] = set()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        asked.add(client.kernel_info())
        if _heard(client, asked, time.monotonic() + _NUDGE_SECONDS):
            return True
    return False


def _heard(client: Any, asked: set[str], until: float) -> bool:
    """Whether output that belongs to one of these requests arrives before a point of the monotonic clock."""
    while (left := until - time.monotonic()) > 0:
        try:
            message = client.get_iopub_msg(timeout=left)
        except queue.Empty:
            return False
        if message["parent_header"].get("msg_id") in asked:
            return True
    return False


def _disconnect(client: Any) -> None:
    """Close the websocket, and let its thread see that before the socket is gone: else the thread waits 10 s."""
    opened = client.kernel_socket.sock if client.kernel_socket else None
    if opened is not None and opened.sock is not None:
        with contextlib.suppress(OSError):
            opened.sock.shutdown(socket.SHUT_RDWR)
        if client.connection_thread is not None:
            client.connection_thread.join(timeout=_DISCONNECT_SECONDS)
    client.stop_channels()


class Kernel:
    """A kernel that is connected."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def run(self, code: str, *, timeout: float) -> Cell:
        """Run a cell.

        Raises:
            KernelSilent: it did not end within `timeout` seconds, or the connection was lost.
        """
        printed: list[str] = []
        errors: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["header"]["msg_type"] == "stream":
                printed.append(content["text"])
            if message["header"]["msg_type"] == "error":
                errors.append(_TERMINAL_COLOURS.sub("", f"{content['ename']}: {content['evalue']}"))

        started = time.monotonic()
        try:
            self._client.execute_interactive(code, allow_stdin=False, timeout=timeout, output_hook=hear)
        except (TimeoutError, RuntimeError) as trouble:
            seconds = time.monotonic() - started
            raise KernelSilent(
                f"a cell did not end after {seconds:.0f} s", where=self._url, evidence=str(trouble)
            ) from trouble
        return Cell("".join(printed), "\n".join(errors))
