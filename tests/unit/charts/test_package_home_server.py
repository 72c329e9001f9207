"""The part of basehub for homes on a hub's own disk: in the package of hubs that have one, and no trace in others."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
import yaml

from hubfleet.charts import ChartSource, home_server_source, package, package_with_home_server
from hubfleet.charts.content import read_folder
from hubfleet.charts.home_server import NAME, without_home_server
from hubfleet.errors import HubfleetError
from hubfleet.fleet import load_fleet
from tests.integration.charts.home_server_chart import written

ROOT = Path(__file__).parents[3]
WHOLE = read_folder(ROOT / "helm/basehub")


def embedded(root: Path) -> ChartSource:
    return ChartSource.of(root, source="embedded")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a small basehub that has the part, and a jupyterhub chart."""
    home = tmp_path / "root/helm/basehub"
    (home / "templates/home-server").mkdir(parents=True)
    (home / "templates/home-server/it.yaml").write_text("# one\n")
    (home / "Chart.yaml").write_text("apiVersion: v2\nname: basehub\nversion: 0.1.0\n")
    (home / "values.yaml").write_text(f"a: 1\n\n# About it.\n# More.\n{NAME}:\n  b: 2\n\n  c: 3\n\n# After.\nd: 4\n")
    schema = {"properties": {"a": {}, NAME: {}, "d": {}}}
    (home / "values.schema.json").write_text(json.dumps(schema, indent=2) + "\n")
    other = tmp_path / "root/helm/jupyterhub"
    other.mkdir()
    (other / "Chart.yaml").write_text("apiVersion: v2\nname: jupyterhub\nversion: 4.0.0\n")
    return tmp_path / "root"


def test_other_hubs_have_nothing_of_it() -> None:
    left = without_home_server(WHOLE)
    assert {name for name in WHOLE if name not in left} == {
        f"templates/home-server/{name}.yaml" for name in ("checks", "service", "volume")
    }
    assert [name for name, content in left.items() if name != "Chart.yaml" and b"home-nfs" in content] == []


def test_what_is_left_is_what_it_was_and_nothing_else_is_cut() -> None:
    left = without_home_server(WHOLE)
    for name, parse in {"values.yaml": yaml.safe_load, "values.schema.json": json.loads}.items():
        before, after = parse(WHOLE[name]), parse(left[name])
        (before.get("properties") or before).pop(NAME)
        assert after == before
    assert WHOLE["values.yaml"].startswith(left["values.yaml"])
    assert left["values.yaml"].endswith(b"timeout: 3600\n")


def test_a_block_in_the_middle_goes_with_its_comment_and_leaves_its_neighbours(root: Path) -> None:
    left = without_home_server(read_folder(root / "helm/basehub"))
    assert left["values.yaml"].decode() == "a: 1\n# After.\nd: 4\n"


@pytest.mark.parametrize("file", ["values.yaml", "values.schema.json", "templates/home-server/it.yaml"])
def test_a_change_of_the_part_moves_only_hubs_that_have_it(root: Path, tmp_path: Path, file: str) -> None:
    def digests() -> tuple[str, str]:
        plain = package(root, embedded(root), tmp_path / "cache")
        return plain.digest, package_with_home_server(root, embedded(root), None, tmp_path / "cache").digest

    before = digests()
    path = root / "helm/basehub" / file
    path.write_text(path.read_text().replace("b: 2", "b: 3").replace(f'"{NAME}": {{}}', f'"{NAME}": {{"x": 1}}')
                    .replace("# one", "# two"))  # fmt: skip
    after = digests()
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


def test_the_package_has_the_chart_and_the_condition_that_turns_it_on(root: Path, tmp_path: Path) -> None:
    server = ChartSource.of(root, source=str(written(tmp_path)), name=NAME)
    found = package_with_home_server(root, embedded(root), server, tmp_path / "cache")
    with tarfile.open(found.path) as tar:
        facts = yaml.safe_load(tar.extractfile("basehub/Chart.yaml") or b"")
        names = set(tar.getnames())
    assert facts["dependencies"] == [
        {"name": "jupyterhub", "version": "4.0.0", "repository": ""},
        {"name": NAME, "version": "1.2.0", "repository": "", "condition": f"{NAME}.enabled"},
    ]
    assert f"basehub/charts/{NAME}/values.yaml" in names
    assert "basehub/templates/home-server/it.yaml" in names


def test_an_unpinned_chart_says_where_its_pin_belongs() -> None:
    source = ChartSource.of(ROOT, source="upstream", version="1.2.0", repository="oci://charts.example.org", name=NAME)
    assert source.key == f"charts.{NAME}"


def test_where_the_chart_of_a_hub_comes_from(tmp_path: Path) -> None:
    cluster = load_fleet(ROOT / "tests/examples/valid/own-disks").cluster("north")
    found = home_server_source(tmp_path, cluster.hub("lab"))
    assert found is not None
    assert (found.kind, found.version, found.repository) == ("upstream", "1.2.0", "oci://charts.example.org/home-nfs")
    assert home_server_source(tmp_path, cluster.hub("lab-staging")) is None


def test_there_is_no_embedded_one(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    example = ROOT / "tests/examples/valid/own-disks"
    (tmp_path / "clusters").symlink_to(example / "clusters")
    fleet.write_text((example / "fleet.yaml").read_text().replace("{version: 1.2.0,", "{source: embedded,"))
    with pytest.raises(HubfleetError, match="no embedded chart of jupyterhub-home-nfs"):
        home_server_source(tmp_path, load_fleet(tmp_path).cluster("north").hub("lab"))
