"""What a chart renders, as objects: with real helm, and with zero-to-jupyterhub's chart where it is at hand.

HUBFLEET_UPSTREAM_CHART=<packaged chart or folder of zero-to-jupyterhub> renders the same values with it too.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubfleet.charts import ChartSource, package
from hubfleet.errors import HubfleetError
from hubfleet.process import ProcessFailed
from hubfleet.toolchain import tool
from hubfleet.tools.helm import Helm

ROOT = Path(__file__).resolve().parents[3]
UPSTREAM = "HUBFLEET_UPSTREAM_CHART"
IMAGES = {
    "hub": {"image": {"name": "local/hub", "tag": "h"}},
    "proxy": {"chp": {"image": {"name": "local/proxy", "tag": "p"}}},
    "singleuser": {"image": {"name": "local/user", "tag": "u"}},
}


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Maps merge, everything else replaces."""
    result = deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


class Objects:
    """What a chart rendered, by kind and name."""

    def __init__(self, manifests: str) -> None:
        self.all = [each for each in yaml.safe_load_all(manifests) if each]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found = [each for each in self.all if (each["kind"], each["metadata"]["name"]) == (kind, name)]
        assert len(found) == 1, f"{kind}/{name}: {len(found)} of them"
        return found[0]

    def names(self, kind: str) -> set[str]:
        return {each["metadata"]["name"] for each in self.all if each["kind"] == kind}

    def pod(self, deployment: str) -> dict[str, Any]:
        return self.get("Deployment", deployment)["spec"]["template"]

    def container(self, deployment: str) -> dict[str, Any]:
        return self.pod(deployment)["spec"]["containers"][0]

    def secret(self, name: str) -> dict[str, str]:
        found = self.get("Secret", name)
        data = {key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()}
        return data | found.get("stringData", {})

    def hub_values(self) -> dict[str, Any]:
        return yaml.safe_load(self.secret("hub")["values.yaml"])


@pytest.fixture(scope="session")
def merge() -> Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]:
    """A function that lays values over values."""
    return merged


@pytest.fixture(scope="session")
def images() -> dict[str, Any]:
    """Images, which hubfleet sets from what it built."""
    return IMAGES


@pytest.fixture(scope="session")
def objects() -> type[Objects]:
    """What a chart rendered, by kind and name."""
    return Objects


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def helm() -> Helm:
    try:
        return Helm(tool("helm", ROOT))
    except HubfleetError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{missing.what}: {missing.next_step}")


@pytest.fixture(scope="session")
def packaged(tmp_path_factory) -> Callable[[str], Path]:
    cache = tmp_path_factory.mktemp("cache")
    return lambda source: package(ROOT, ChartSource.of(ROOT, source=source), cache).path


@pytest.fixture
def embedded(helm, packaged) -> Callable[..., Objects]:
    """Render basehub with the embedded chart: values below `jupyterhub`, and those beside it."""

    def render(values: dict[str, Any] | None = None, **beside: Any) -> Objects:
        whole = {"jupyterhub": merged(IMAGES, values or {}), **beside}
        return Objects(helm.template(packaged("embedded"), "demo", "space", whole))

    return render


@pytest.fixture
def refused(embedded) -> Callable[..., str]:
    """What helm says to values that it does not take."""

    def refusal(values: dict[str, Any] | None = None, **beside: Any) -> str:
        with pytest.raises(ProcessFailed) as caught:
            embedded(values, **beside)
        return caught.value.evidence

    return refusal


@pytest.fixture(params=["embedded", "upstream"])
def either(request, helm, packaged) -> Callable[[dict[str, Any]], Objects]:
    """Render with each of the two charts; upstream where it is at hand."""
    source = "embedded" if request.param == "embedded" else os.environ.get(UPSTREAM, "")
    if not source:
        pytest.skip(f"{UPSTREAM} names no chart of zero-to-jupyterhub")
    return lambda values: Objects(helm.template(packaged(source), "demo", "space", values))
