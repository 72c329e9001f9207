"""Our charts packaged with those they depend on: basehub with the JupyterHub chart, support with its parts."""

from hubfleet.charts.package import PackagedChart, package, package_support
from hubfleet.charts.source import ChartSource
from hubfleet.charts.support import support_sources

__all__ = ["ChartSource", "PackagedChart", "package", "package_support", "support_sources"]
