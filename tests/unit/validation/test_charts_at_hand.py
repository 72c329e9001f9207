"""Which chart a hub with a file server of its own is rendered with, and what is said where the server's is missing."""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from hubfleet.fleet import load_fleet
from hubfleet.fleet.model import ChartPin
from hubfleet.fleet.resolve import resolve
from hubfleet.fleet.secretfile import placeholders
from hubfleet.tools.helm import Helm
from hubfleet.validation.charts_at_hand import ChartsAtHand
from hubfleet.validation.rendering import NoCluster
from hubfleet.validation.values import HubValues
from tests.integration.charts.home_server_chart import NAME, written

ROOT = Path(__file__).parents[3]
UPSTREAM = ChartPin("1.2.0", repository="oci://charts.example.org/home-nfs")


@pytest.fixture
def charts(tmp_path: Path) -> ChartsAtHand:
    """The repository's charts, with no helm to download others."""
    return ChartsAtHand(ROOT, tmp_path / "cache", Helm(Path("/no/helm"), NoCluster()))


def hub(tmp_path: Path, pin: ChartPin, name: str = "lab") -> HubValues:
    shutil.copytree(ROOT / "tests/examples/valid/own-disks", tmp_path / "fleet", dirs_exist_ok=True)
    fleet = load_fleet(tmp_path / "fleet")
    cluster = fleet.cluster("north")
    it = cluster.hub(name)
    values = resolve(fleet, cluster, it, secrets=placeholders)
    return HubValues(cluster, replace(it, home_server=pin if it.home_server else None), values)


def names(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        return set(tar.getnames())


def test_with_the_chart_nothing_is_said(charts: ChartsAtHand, tmp_path: Path) -> None:
    found, said = charts.chart_for(hub(tmp_path, ChartPin("", str(written(tmp_path)))))
    assert said == []
    assert found is not None
    assert f"basehub/charts/{NAME}/Chart.yaml" in names(found.path)


@pytest.mark.parametrize(
    ("pin", "severity", "words"),
    [
        (UPSTREAM, "warning", "has no pinned digest"),
        (ChartPin("", "not/there.tgz"), "error", "there is no such chart"),
        (ChartPin("", "embedded"), "error", "no embedded chart"),
    ],
)
def test_without_it_all_else_is_rendered_and_that_is_said(
    charts: ChartsAtHand, tmp_path: Path, pin: ChartPin, severity: str, words: str
) -> None:
    found, said = charts.chart_for(hub(tmp_path, pin))
    assert [(each.severity, each.rule, each.path) for each in said] == [(severity, "chart-missing", f"charts.{NAME}")]
    assert words in said[0].message
    assert found is not None
    assert "basehub/templates/home-server/service.yaml" in names(found.path)
    assert f"basehub/charts/{NAME}/Chart.yaml" not in names(found.path)


def test_a_hub_that_serves_nothing_gets_the_chart_without_it(charts: ChartsAtHand, tmp_path: Path) -> None:
    found, said = charts.chart_for(hub(tmp_path, UPSTREAM, "lab-staging"))
    assert said == []
    assert found is not None
    assert not [name for name in names(found.path) if "home-server" in name]
