"""Which JupyterHub chart a hub runs on, and basehub packaged with it."""

from hubfleet.charts.package import PackagedChart, package
from hubfleet.charts.source import ChartSource

__all__ = ["ChartSource", "PackagedChart", "package"]
