"""The Kubernetes API, through lightkube, with errors that say what to do.

A call costs 2-10 ms where kubectl as a process costs 100 ms.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hubfleet.errors import HubfleetError

if TYPE_CHECKING:
    from lightkube import Client

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409
_NEXT = {
    _UNAUTHORIZED: "the login of this kubeconfig has expired or was never valid here: log in again",
    _FORBIDDEN: "ask whoever runs the cluster for the right that is named; `kubectl auth whoami` says who you are",
}
_AWAY = (502, 503, 504)  # a load balancer before the API server, or the server while it starts


class Unreachable(HubfleetError):
    """The API server does not answer."""


class Forbidden(HubfleetError):
    """The API server knows us and does not allow it, or does not know us."""


class NotFound(HubfleetError):
    """There is no such object."""


class Conflict(HubfleetError):
    """Somebody else changed or made the object first."""


def in_cluster(step: str, cluster: str) -> str:
    """A next step whose kubectl command is said with the shell in which kubectl knows the cluster."""
    before, kubectl, rest = step.partition("kubectl ")
    return f"{before}./inv cluster-shell {cluster}, then {kubectl}{rest}" if kubectl and cluster else step


@dataclass(frozen=True)
class Kube:
    """One cluster's API.

    Args:
        kubeconfig: the file that says how to reach it.
        context: which of its contexts; empty: the file's current one.
        name: what people call the cluster, for messages.
    """

    kubeconfig: Path
    context: str = ""
    name: str = ""

    @cached_property
    def client(self) -> Client:
        """A lightkube client that fails after 15 s without an answer. Wrap its calls in `errors()`."""
        import httpx2
        from lightkube import Client, KubeConfig
        from lightkube.core.exceptions import ConfigError

        if not self.kubeconfig.is_file():
            raise Unreachable(f"there is no kubeconfig {self.kubeconfig}", where=f"cluster {self.name}")
        try:
            config = KubeConfig.from_file(str(self.kubeconfig)).get(context_name=self.context or None)
            return Client(config=config, timeout=httpx2.Timeout(15.0, connect=5.0), field_manager="hubfleet")
        except ConfigError as trouble:
            where = f"{self.kubeconfig}, context {self.context or '(current)'}"
            raise Unreachable(str(trouble), where=where) from trouble

    def close(self) -> None:
        """Close the connections, where there are any."""
        if "client" in self.__dict__:
            self.client.close()

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Turn what lightkube and the network raise into our errors.

        Args:
            doing: what is being done, for the message: `list pods of demo`.

        Raises:
            NotFound, Conflict, Forbidden, Unreachable, HubfleetError: as the name says.
        """
        import httpx2
        from lightkube.core.exceptions import ApiError, ConfigError

        try:
            yield
        except ConfigError as trouble:  # a credential plugin that failed: lightkube has what it said
            raise Forbidden(
                f"there is no login to cluster {self.name or self.context}",
                where=f"while trying to {doing}, with {self.kubeconfig}",
                evidence=str(trouble).strip(),
                next_step="log in as docs/cloud-accounts.md says",
            ) from trouble
        except ApiError as trouble:
            self._refused(trouble, doing)
        except json.JSONDecodeError as trouble:
            raise Unreachable(
                f"what answers for cluster {self.name or self.context} is no Kubernetes API",
                where=f"while trying to {doing}, with {self.kubeconfig}",
                evidence=trouble.doc[:300],
                next_step="look at what stands between: a proxy, a login page of a network",
            ) from trouble
        except httpx2.HTTPError as trouble:
            raise Unreachable(
                f"the Kubernetes API of cluster {self.name or self.context} does not answer",
                where=f"while trying to {doing}, with {self.kubeconfig}",
                evidence=f"{type(trouble).__name__}: {trouble}",
                next_step="./inv local-up, or check the network and the kubeconfig",
            ) from trouble

    def _refused(self, trouble: Any, doing: str) -> NoReturn:
        kinds: dict[int, type[HubfleetError]] = {
            _UNAUTHORIZED: Forbidden, _FORBIDDEN: Forbidden, _NOT_FOUND: NotFound, _CONFLICT: Conflict,
        }  # fmt: skip
        code = trouble.status.code or trouble.response.status_code
        raise kinds.get(code, Unreachable if code in _AWAY else HubfleetError)(
            f"you may not {doing} (403)" if code == _FORBIDDEN else f"the Kubernetes API refused to {doing} ({code})",
            where=f"cluster {self.name or self.context}, with {self.kubeconfig}",
            evidence=trouble.status.message or str(trouble),
            next_step=_NEXT.get(code, ""),
        ) from trouble

    def version(self) -> str:
        """The server's version, such as `v1.35.4`; also the cheapest proof that it answers."""
        return str(self.get_json("/version", "read the version")["gitVersion"])

    def get_json(self, path: str, doing: str, *, accept: str = "application/json", **query: str) -> Any:
        """GET a path of the API and return the parsed JSON.

        Args:
            path: such as `/api/v1/secrets`.
            doing: what is being done, for the message.
            accept: the content type to ask for, such as the one of PartialObjectMetadataList.
            query: query parameters.
        """
        with self.errors(doing):
            response = self.http.get(path, params=query, headers={"Accept": accept})
            self.raise_for(response)
            return response.json()

    def list_json(self, path: str, doing: str, *, accept: str = "application/json", **query: str) -> list[Any]:
        """The items of a list, as `get_json` reads it. An empty list of the API may be null."""
        return self.get_json(path, doing, accept=accept, **query)["items"] or []

    def get_secret(self, namespace: str, name: str) -> dict[str, str]:
        """A Secret's data, decoded. The caller hides what it takes from it (`masking.hide`)."""
        from lightkube.resources.core_v1 import Secret

        with self.errors(f"read secret {namespace}/{name}"):
            secret = self.client.get(Secret, name, namespace=namespace)
        return {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in (secret.data or {}).items()}

    @cached_property
    def http(self) -> Any:
        """lightkube's own HTTP client: same certificates and tokens, for calls that it has no method for."""
        return self.client._client._client  # noqa: SLF001

    def raise_for(self, response: Any) -> None:
        """Raise what `errors` understands, where the response is a refusal."""
        from lightkube.core.exceptions import ApiError

        if not response.is_error:
            return
        try:
            refused = ApiError(response.request, response)
        except json.JSONDecodeError:  # a kubelet, or a proxy on the way, which says it in plain text
            code = response.status_code
            raise (Unreachable if code in _AWAY else HubfleetError)(
                f"the Kubernetes API of cluster {self.name or self.context} passed on an error ({code})",
                where=f"{response.request.method} {response.request.url}",
                evidence=response.text[:300],
            ) from None
        raise refused
