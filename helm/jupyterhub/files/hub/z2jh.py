"""Reads the chart's values inside the hub. A hub's own code imports it: `z2jh.get_config("custom.x")`.

The functions, and where the files are, are those of zero-to-jupyterhub, so that the same code runs on both charts.
"""

import os
from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path("/usr/local/etc/jupyterhub")
_REQUIRED = object()


@lru_cache
def _values():
    return yaml.safe_load((FOLDER / "secret" / "values.yaml").read_text(encoding="utf-8")) or {}


def get_config(key, default=None):
    """The value at a dotted key, such as `singleuser.memory.limit`; the default where there is none."""
    found = _values()
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return default
        found = found[part]
    return found


def set_config_if_not_none(section, trait, key):
    """Set a trait to the value at a key, unless that is null."""
    value = get_config(key)
    if value is not None:
        setattr(section, trait, value)


def get_secret_value(key, default=_REQUIRED):
    """The text of a key of Secret `hub`."""
    path = FOLDER / "secret" / key
    if path.is_file():
        return path.read_text(encoding="utf-8")
    if default is _REQUIRED:
        raise KeyError(f"Secret hub has no key {key}")
    return default


def get_name(name):
    """The full name of one of the chart's objects."""
    return (FOLDER / "config" / name).read_text(encoding="utf-8")


def get_name_env(name, suffix=""):
    """An environment variable that Kubernetes sets for a Service: get_name_env("proxy-api", "_SERVICE_PORT")."""
    return os.environ[(get_name(name) + suffix).upper().replace("-", "_")]
