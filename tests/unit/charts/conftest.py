"""The charts' own Python: loaded from helm/, run with a real traitlets configuration and given values."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
HUB_FILES = ROOT / "helm/jupyterhub/files/hub"

Getter = Callable[..., Any]


def load(name: str) -> ModuleType:
    """A module of the embedded chart, by itself: it is not on any path."""
    spec = importlib.util.spec_from_file_location(f"chart_{name}", HUB_FILES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Helm's rule for what tests need: maps merge, everything else replaces."""
    result = deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else deepcopy(value)
    return result


def getter(values: dict[str, Any]) -> Getter:
    """`get_config` over these values."""

    def get_config(key: str, default: Any = None) -> Any:
        found: Any = values
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                return default
            found = found[part]
        return found

    return get_config


@pytest.fixture(scope="session")
def spawner_settings() -> ModuleType:
    """The chart's module of this name."""
    return load("spawner_settings")


@pytest.fixture(scope="session")
def hub_settings() -> ModuleType:
    """The chart's module of this name."""
    return load("hub_settings")


@pytest.fixture(scope="session")
def chart_defaults() -> dict[str, Any]:
    """values.yaml of the embedded chart, with images and with what helm adds."""
    values = yaml.safe_load((ROOT / "helm/jupyterhub/values.yaml").read_text())
    added = {
        "Release": {"Name": "demo", "Namespace": "space"},
        "Chart": {"Name": "jupyterhub", "Version": "1.2.3+x"},
        "singleuser": {"image": {"tag": "one"}},
    }
    return merged(values, added)


@pytest.fixture
def values(chart_defaults: dict[str, Any]) -> Callable[[dict[str, Any]], Getter]:
    """A function from a hub's values to `get_config` with the chart's defaults below them."""
    return lambda above: getter(merged(chart_defaults, above))


@pytest.fixture
def z2jh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The chart's z2jh module, reading from a folder of this test, importable by its name."""
    module = load("z2jh")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setitem(sys.modules, "z2jh", module)
    yield module
    module._values.cache_clear()
