"""How programs reach a cluster: a kubeconfig, a context, and what their environment needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hubfleet import process
from hubfleet.tools.kubernetes import Kube


@dataclass(frozen=True)
class Access:
    """One cluster, reachable.

    Args:
        cluster: its name in `clusters/`.
        kubeconfig: the file that says how; never the user's own copy changed.
        context: which of its contexts; empty: the current one.
        extra: further environment variables that an authentication plugin needs.
    """

    cluster: str
    kubeconfig: Path
    context: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def kube(self) -> Kube:
        """The cluster's API."""
        return Kube(self.kubeconfig, self.context, self.cluster)

    @property
    def env(self) -> dict[str, str]:
        """The environment for kubectl and helm: this cluster and no other."""
        return process.environment(KUBECONFIG=str(self.kubeconfig), HELM_KUBECONTEXT=self.context, **self.extra)
