"""Packaging support: only what the cluster turns on is sought, pinned and packed."""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from hubfleet.charts import ChartSource, package_support, support_sources
from hubfleet.errors import HubfleetError
from hubfleet.fleet import load_fleet

ROOT = Path(__file__).resolve().parents[3]


def tiny(folder: Path, name: str, version: str) -> Path:
    """A chart of one ConfigMap: it stands in for a publisher's chart and installs nothing of it."""
    target = folder / f"{name}.tgz"
    chart = folder / name
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
    (chart / "templates/it.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Chart.Name }}\n")
    with tarfile.open(target, "w:gz") as tar:
        tar.add(chart, name)
    return target


def source(name: str, path: Path, **pins: str) -> ChartSource:
    return ChartSource.of(ROOT, source=str(path), name=name, **pins)


def facts(archive: Path) -> dict[str, object]:
    with tarfile.open(archive) as tar:
        file = tar.extractfile("support/Chart.yaml")
        assert file
        return yaml.safe_load(file)


def test_with_nothing_turned_on_nothing_is_sought(tmp_path: Path) -> None:
    found = package_support(ROOT, [], tmp_path)
    assert facts(found.path)["dependencies"] == []
    assert (found.name, found.kind) == ("support", "embedded")


def test_what_is_turned_on_is_in_it_with_the_condition_that_helm_asks_for(tmp_path: Path) -> None:
    chart = tiny(tmp_path, "cert-manager", "v1.21.2")  # this publisher writes a v
    found = package_support(ROOT, [source("cert-manager", chart, version="1.21.2")], tmp_path / "cache")
    assert facts(found.path)["dependencies"] == [
        {"repository": "", "condition": "cert-manager.enabled", "name": "cert-manager", "version": "v1.21.2"}
    ]
    with tarfile.open(found.path) as tar:
        assert "support/charts/cert-manager.tgz" in tar.getnames()


def test_another_version_is_another_package(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    digests = {
        package_support(ROOT, [source("traefik", tiny(tmp_path / name, "traefik", version))], tmp_path / "cache").digest
        for name, version in (("one", "1.0.0"), ("two", "1.0.1"))
    }
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        ({"version": "9.9.9"}, "this chart is version 41.6.1, and 9.9.9 is pinned"),
        ({"digest": "sha256:" + "0" * 64}, "the chart is not what was pinned"),
    ],
)
def test_what_is_not_what_was_pinned_is_refused_and_names_the_pin(
    tmp_path: Path, pins: dict[str, str], said: str
) -> None:
    chart = tiny(tmp_path, "traefik", "41.6.1")
    with pytest.raises(HubfleetError, match=said) as caught:
        package_support(ROOT, [source("traefik", chart, **pins)], tmp_path / "cache")
    if "digest" in pins:
        assert "charts.support.traefik.digest" in caught.value.next_step


def test_a_right_digest_is_taken(tmp_path: Path) -> None:
    chart = tiny(tmp_path, "traefik", "41.6.1")
    digest = f"sha256:{hashlib.sha256(chart.read_bytes()).hexdigest()}"
    assert package_support(ROOT, [source("traefik", chart, digest=digest)], tmp_path / "cache").kind == "path"


def test_every_part_of_the_chart_is_pinned_in_fleet_yaml() -> None:
    declared = yaml.safe_load((ROOT / "helm/support/Chart.yaml").read_text())["dependencies"]
    pins = load_fleet(ROOT).settings.support
    assert {each["name"] for each in declared} == set(pins)
    for each in declared:
        assert each["repository"] == pins[each["name"]].repository
        assert each["condition"] == f"{each['name']}.enabled"


def test_a_cluster_takes_the_fleets_pins_and_may_have_a_mirror() -> None:
    cluster = load_fleet(ROOT).cluster("example-gcp")
    values = {"traefik": {"enabled": True}, "grafana": {"enabled": False}, "prometheus": {}}
    (found,) = support_sources(ROOT, cluster, values)
    assert (found.kind, found.version) == ("upstream", cluster.support["traefik"].version)
    mirrored = replace(cluster.support["traefik"], source="/mirror/traefik.tgz")
    (found,) = support_sources(ROOT, replace(cluster, support={"traefik": mirrored}), values)
    assert (found.kind, str(found.path)) == ("path", "/mirror/traefik.tgz")
    assert found.digest == cluster.support["traefik"].digest


def test_a_part_has_no_embedded_chart() -> None:
    cluster = load_fleet(ROOT).cluster("example-gcp")
    wrong = replace(cluster.support["traefik"], source="embedded")
    with pytest.raises(HubfleetError, match="no embedded chart of traefik"):
        support_sources(ROOT, replace(cluster, support={"traefik": wrong}), {"traefik": {"enabled": True}})
