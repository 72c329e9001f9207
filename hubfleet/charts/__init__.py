"""Our charts packaged with those they depend on: basehub with the JupyterHub chart, support with its parts."""

from hubfleet.charts.hub import home_server_source, jupyterhub_source
from hubfleet.charts.package import PackagedChart, package, package_support, package_with_home_server
from hubfleet.charts.source import ChartSource
from hubfleet.charts.support import support_sources

__all__ = [
    "ChartSource",
    "PackagedChart",
    "home_server_source",
    "jupyterhub_source",
    "package",
    "package_support",
    "package_with_home_server",
    "support_sources",
]
