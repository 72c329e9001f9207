"""Where the charts of one hub come from."""

from __future__ import annotations

from pathlib import Path

from hubfleet.charts.home_server import NAME
from hubfleet.charts.source import DEPENDENCY, ChartSource
from hubfleet.errors import HubfleetError
from hubfleet.fleet import Hub
from hubfleet.fleet.model import ChartPin


def jupyterhub_source(root: Path, pin: ChartPin) -> ChartSource:
    """The JupyterHub chart that a pin means."""
    return _source(root, DEPENDENCY, pin)


def home_server_source(root: Path, hub: Hub) -> ChartSource | None:
    """The chart that serves a hub's homes from its own disk; None where nobody does.

    Raises:
        HubfleetError: it is to come from where it can not.
    """
    pin = hub.home_server
    if pin is not None and pin.source == "embedded":
        raise HubfleetError(
            f"there is no embedded chart of {NAME}",
            where=f"charts.{NAME}.source",
            next_step="upstream, or the path of a packaged chart",
        )
    return _source(root, NAME, pin) if pin else None


def _source(root: Path, name: str, pin: ChartPin) -> ChartSource:
    return ChartSource.of(
        root, source=pin.source, version=pin.version, repository=pin.repository, digest=pin.digest, name=name
    )
