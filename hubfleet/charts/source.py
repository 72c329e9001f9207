"""Where a chart that ours depend on comes from: this repository, a place on this machine, or its publisher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["embedded", "path", "upstream"]
DEPENDENCY = "jupyterhub"
OF_HUBS = (DEPENDENCY, "jupyterhub-home-nfs")


@dataclass(frozen=True)
class ChartSource:
    """One choice of a chart: one of those of hubs, or one of those that a cluster's support is made of.

    Args:
        kind: `embedded` is helm/jupyterhub of this repository, `path` a packaged chart or its folder, `upstream`
            a chart repository or registry.
        path: the chart of the kinds embedded and path.
        version: what the chart must say it is; empty: whatever it says.
        repository: `https://` of a chart repository, or `oci://`, for upstream.
        digest: `sha256:...` of the packaged chart; required for upstream.
        unpinned: do without the digest of an upstream chart: for trying things out, never for people's hubs.
        name: the chart's own.
    """

    kind: Kind
    path: Path | None = None
    version: str = ""
    repository: str = ""
    digest: str = ""
    unpinned: bool = False
    name: str = DEPENDENCY

    @classmethod
    def of(
        cls,
        root: Path,
        *,
        source: str,
        version: str = "",
        repository: str = "",
        digest: str = "",
        name: str = DEPENDENCY,
    ) -> ChartSource:
        """The choice that an entry below `charts` of fleet.yaml or of a cluster means.

        Args:
            root: the repository.
            source: `embedded`, `upstream`, or a path (relative ones are relative to the repository).
            version: see the class; the embedded chart has a version of its own.
            repository: see the class.
            digest: see the class; the embedded chart is reviewed with this repository and has none.
            name: see the class.
        """
        if source == "embedded":
            return cls("embedded", root / "helm" / name, name=name)
        if source == "upstream":
            return cls("upstream", None, version, repository, digest, name=name)
        return cls("path", root / Path(source).expanduser(), version, "", digest, name=name)

    def __str__(self) -> str:
        if self.kind == "upstream":
            return f"{self.name} {self.version} of {self.repository}"
        return str(self.path)

    @property
    def key(self) -> str:
        """Where fleet.yaml and a cluster's cluster.yaml say it."""
        return f"charts.{self.name}" if self.name in OF_HUBS else f"charts.support.{self.name}"
