"""Which charts a cluster's support is made of, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubfleet.charts.source import ChartSource
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Cluster
from hubfleet.fleet.support import turned_on


def support_sources(root: Path, cluster: Cluster, values: Mapping[str, Any]) -> list[ChartSource]:
    """The charts that these values of a cluster's support turn on.

    Raises:
        HubfleetError: one of them is to come from where it can not.
    """
    return [_source(root, cluster, name) for name in turned_on(cluster, values)]


def _source(root: Path, cluster: Cluster, name: str) -> ChartSource:
    pin = cluster.support[name]
    if pin.source == "embedded":
        raise HubfleetError(
            f"there is no embedded chart of {name}",
            where=f"charts.support.{name}.source",
            next_step="upstream, or the path of a packaged chart",
        )
    return ChartSource.of(
        root, source=pin.source, name=name, version=pin.version, repository=pin.repository, digest=pin.digest
    )
