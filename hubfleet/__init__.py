"""Run independent JupyterHubs for many communities."""

__version__ = "0.1.0"
