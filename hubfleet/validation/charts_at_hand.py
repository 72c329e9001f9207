"""The charts to render hubs with: the pinned ones where they can be had, and else what comes nearest, with a word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubfleet.charts import ChartSource, home_server_source, jupyterhub_source, package, package_with_home_server
from hubfleet.errors import HubfleetError
from hubfleet.fleet.model import ChartPin
from hubfleet.validation.chart_keys import layer_findings, schemas_of
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from hubfleet.charts import PackagedChart
    from hubfleet.fleet.model import Hub
    from hubfleet.tools.helm import Helm
    from hubfleet.validation.values import HubValues

_Charts = tuple[ChartSource, ChartSource | None, bool]


@dataclass
class ChartsAtHand:
    """Packages charts, each once.

    Args:
        root: the repository.
        cache: where charts are packaged to.
        helm: downloads them.
        chart: a JupyterHub chart to use in place of the upstream one (a path); None: the pinned ones.
    """

    root: Path
    cache: Path
    helm: Helm
    chart: Path | None = None
    _packages: dict[_Charts, PackagedChart | HubfleetError] = field(default_factory=dict)

    def chart_for(self, hub: HubValues) -> tuple[PackagedChart | None, list[Finding]]:
        """The chart to render a hub with, and what is to be said where it is not the pinned one."""
        server, missing = self._server(hub.hub)
        pin = hub.hub.chart
        own = self._package(self._jupyterhub(pin), server, hub.hub)
        if not isinstance(own, HubfleetError):
            return own, missing
        if pin.source != "upstream":
            return None, [*missing, _trouble(own, "error", "")]
        stand_in = self._package(ChartSource.of(self.root, source="embedded"), server, hub.hub)
        if isinstance(stand_in, HubfleetError) or not _fits_embedded(self.root, hub):
            return None, [*missing, _trouble(own, "warning", "not rendered: ")]
        return stand_in, [*missing, _trouble(own, "warning", "rendered with the embedded chart instead: ")]

    def _server(self, hub: Hub) -> tuple[ChartSource | None, list[Finding]]:
        """The chart of the hub's own file server; where it can not be had, all else is rendered without it."""
        try:
            source = home_server_source(self.root, hub)
        except HubfleetError as error:
            return None, [_without(error, "error")]
        if source is None:
            return None, []
        tried = self._package(ChartSource.of(self.root, source="embedded"), source, hub)
        if not isinstance(tried, HubfleetError):
            return source, []
        return None, [_without(tried, "warning" if source.kind == "upstream" else "error")]

    def _jupyterhub(self, pin: ChartPin) -> ChartSource:
        if self.chart is not None and pin.source == "upstream":
            return ChartSource.of(self.root, source=str(self.chart))
        return jupyterhub_source(self.root, pin)

    def _package(self, source: ChartSource, server: ChartSource | None, hub: Hub) -> PackagedChart | HubfleetError:
        """The packaged chart, or why there is none."""
        wanted = (source, server, hub.home_server is not None)
        if wanted not in self._packages:
            try:
                self._packages[wanted] = self._packaged(*wanted)
            except HubfleetError as error:
                self._packages[wanted] = error
        return self._packages[wanted]

    def _packaged(self, source: ChartSource, server: ChartSource | None, serves: bool) -> PackagedChart:
        for each in (source, server):
            if each and each.kind == "upstream" and not each.digest:
                given = ", or give the chart: --jupyterhub-chart PATH" if each is source else ""
                raise HubfleetError(
                    f"{each} has no pinned digest, so it is not downloaded", next_step=f"set {each.key}.digest{given}"
                )
        if not serves:
            return package(self.root, source, self.cache, helm=self.helm)
        return package_with_home_server(self.root, source, server, self.cache, helm=self.helm)


def _fits_embedded(root: Path, hub: HubValues) -> bool:
    schemas = schemas_of(root, ChartPin("", "embedded"))
    return not any(layer_findings(layer, schemas) for layer in hub.resolved.layers)


def _trouble(error: HubfleetError, severity: str, did: str) -> Finding:
    hint = error.next_step or "give it with --jupyterhub-chart PATH"
    return _finding("jupyterhub", f"{did}{_words(error)}", hint, severity)


def _without(error: HubfleetError, severity: str) -> Finding:
    name = "jupyterhub-home-nfs"
    message = f"rendered without the server of the homes: {_words(error)}"
    return _finding(name, message, error.next_step or f"set charts.{name}.source to a packaged chart", severity)


def _words(error: HubfleetError) -> str:
    return f"{error.what} ({error.where})" if error.where else error.what


def _finding(chart: str, message: str, hint: str, severity: str) -> Finding:
    if severity == "warning":
        return Finding("fleet.yaml", 0, f"charts.{chart}", message, hint, "chart-missing", "warning")
    return Finding("fleet.yaml", 0, f"charts.{chart}", message, hint, "chart-missing")
