"""Packaging: the same content is the same package, pins are kept, and nothing half-done is left."""

from __future__ import annotations

import hashlib
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from hubfleet.charts import ChartSource, package
from hubfleet.charts.content import read_folder
from hubfleet.errors import HubfleetError


class PullingHelm:
    """Stands in for helm's `pull`: puts this archive where helm would. It shows nothing of helm's own failures."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[tuple[str, str, str]] = []

    def pull(self, reference: str, version: str, destination: Path, *, repository: str = "") -> Path:
        self.asked.append((reference, version, repository))
        target = destination / "jupyterhub.tgz"
        target.write_bytes(self.content)
        return target


def write_chart(folder: Path, name: str, version: str, **files: str) -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: '5'\n")
    for path, text in {"values.yaml": "a: 1\n", **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def root(tmp_path):
    """A repository with both charts."""
    write_chart(tmp_path / "root/helm/basehub", "basehub", "0.1.0")
    write_chart(tmp_path / "root/helm/jupyterhub", "jupyterhub", "4.0.0-embedded.1")
    return tmp_path / "root"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def archive(tmp_path):
    """A packaged jupyterhub chart."""
    chart = write_chart(tmp_path / "other/jupyterhub", "jupyterhub", "4.3.3")
    target = tmp_path / "jupyterhub-4.3.3.tgz"
    with tarfile.open(target, "w:gz") as tar:
        tar.add(chart, "jupyterhub")
    return target


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def embedded(root: Path) -> ChartSource:
    return ChartSource.of(root, source="embedded", version="9.9.9", digest="sha256:of-another-source")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_package_holds_both_charts_and_says_so(root, cache):
    found = package(root, embedded(root), cache)
    with tarfile.open(found.path) as tar:
        names = set(tar.getnames())
        facts = yaml.safe_load(tar.extractfile("basehub/Chart.yaml"))
    assert {
        "basehub/values.yaml",
        "basehub/charts/jupyterhub/Chart.yaml",
        "basehub/charts/jupyterhub/values.yaml",
    } <= names
    assert found.version == facts["version"] == "0.1.0+jupyterhub.4.0.0-embedded.1"
    assert facts["dependencies"] == [{"name": "jupyterhub", "version": "4.0.0-embedded.1", "repository": ""}]
    assert (found.name, found.kind, found.app_version) == ("basehub", "embedded", "5")


def test_nothing_is_written_to_the_tree(root, cache):
    before = tree(root)
    package(root, embedded(root), cache)
    assert tree(root) == before


def test_equal_content_is_an_equal_archive_wherever_and_whenever_it_is_made(root, cache, tmp_path, monkeypatch):
    first = package(root, embedded(root), cache)
    for path in root.rglob("*.yaml"):
        path.touch()
    monkeypatch.setattr("time.time", lambda: 1_000_000_000.0)
    second = package(root, embedded(root), tmp_path / "another-cache")
    assert first.digest == second.digest
    assert first.path.read_bytes() == second.path.read_bytes()


@pytest.mark.parametrize("changed", ["basehub/values.yaml", "jupyterhub/values.yaml"])
def test_any_change_is_another_package(root, cache, changed):
    before = package(root, embedded(root), cache)
    (root / "helm" / changed).write_text("a: 2\n")
    after = package(root, embedded(root), cache)
    assert before.digest != after.digest
    assert before.path != after.path


def test_the_second_call_writes_nothing(root, cache):
    path = package(root, embedded(root), cache).path
    path.write_bytes(b"seen")
    assert package(root, embedded(root), cache).path.read_bytes() == b"seen"


def test_many_at_once_leave_one_whole_package(root, cache):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: package(root, embedded(root), cache), range(24)))
    assert len({each.path for each in found}) == 1
    assert [path.name for path in found[0].path.parent.iterdir()] == [found[0].path.name]
    with tarfile.open(found[0].path) as tar:
        assert "basehub/Chart.yaml" in tar.getnames()


def test_what_plain_helm_leaves_in_the_tree_is_not_packaged(root, cache):
    before = package(root, embedded(root), cache).digest
    write_chart(root / "helm/basehub/charts/jupyterhub", "jupyterhub", "1.0.0")
    (root / "helm/basehub/Chart.lock").write_text("x")
    assert package(root, embedded(root), cache).digest == before


def test_helmignore_is_followed(tmp_path):
    ignored = "# comment\n*.md\n/tests/\ndocs/*.txt\n"
    kept, left_out = (
        ["docs/a.yaml", "deep/tests/b.yaml"],
        ["README.md", "tests/a.yaml", "docs/a.txt", "__pycache__/c.pyc", ".hid"],
    )
    files = {".helmignore": ignored} | dict.fromkeys([*kept, *left_out], "")
    chart = write_chart(tmp_path / "chart", "x", "1.0.0", **files)
    assert set(read_folder(chart)) == {"Chart.yaml", "values.yaml", *kept}


def test_a_packaged_chart_is_taken_as_it_is(root, cache, archive):
    source = ChartSource.of(root, source=str(archive), version="4.3.3", digest=sha(archive.read_bytes()))
    found = package(root, source, cache)
    with tarfile.open(found.path) as tar:
        assert tar.extractfile("basehub/charts/jupyterhub.tgz").read() == archive.read_bytes()
    assert (found.version, found.kind) == ("0.1.0+jupyterhub.4.3.3", "path")


def test_a_path_may_be_relative_to_the_repository(root, cache):
    write_chart(root / "mirror/jupyterhub", "jupyterhub", "4.3.1")
    assert package(root, ChartSource.of(root, source="mirror/jupyterhub"), cache).version.endswith("4.3.1")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"version": "4.3.2"}, "this chart is version 4.3.3, and 4.3.2 is pinned"),
        ({"digest": "sha256:" + "0" * 64}, "the chart is not what was pinned"),
    ],
)
def test_what_is_not_pinned_is_refused(root, cache, archive, source, message):
    with pytest.raises(HubfleetError, match=message):
        package(root, ChartSource.of(root, source=str(archive), **source), cache)
    assert not cache.exists()


def test_a_folder_can_not_keep_a_digest(root, cache):
    source = ChartSource.of(root, source="helm/jupyterhub", digest="sha256:" + "0" * 64)
    with pytest.raises(HubfleetError, match="can not be compared with a digest"):
        package(root, source, cache)


def test_what_is_no_such_chart_is_refused(root, cache, tmp_path):
    (tmp_path / "text.tgz").write_text("no archive")
    (tmp_path / "empty").mkdir()
    cases = {
        str(tmp_path / "nothing.tgz"): "there is no such chart",
        str(tmp_path / "text.tgz"): "this is no packaged chart",
        str(tmp_path / "empty"): "this folder is no helm chart",
        str(root / "helm/basehub"): "this chart is basehub, and not jupyterhub",
    }
    for source, message in cases.items():
        with pytest.raises(HubfleetError, match=message):
            package(root, ChartSource.of(root, source=source), cache)


def test_an_archive_without_chart_yaml_is_refused(root, cache, tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("jupyterhub/values.yaml"), io.BytesIO())
    with pytest.raises(HubfleetError, match=r"no readable Chart\.yaml"):
        package(root, ChartSource.of(root, source=str(tmp_path / "a.tgz")), cache)


def upstream(root: Path, digest: str, repository: str = "https://charts.example.org") -> ChartSource:
    return ChartSource.of(root, source="upstream", version="4.3.3", repository=repository, digest=digest)


def test_the_upstream_chart_is_downloaded_once(root, cache, archive):
    helm = PullingHelm(archive.read_bytes())
    source = upstream(root, sha(archive.read_bytes()))
    first, second = package(root, source, cache, helm=helm), package(root, source, cache)
    assert first == second
    assert helm.asked == [("jupyterhub", "4.3.3", "https://charts.example.org")]


def test_an_oci_registry_is_asked_by_address(root, cache, archive):
    helm = PullingHelm(archive.read_bytes())
    package(root, upstream(root, sha(archive.read_bytes()), "oci://ghcr.example/charts/"), cache, helm=helm)
    assert helm.asked == [("oci://ghcr.example/charts/jupyterhub", "4.3.3", "")]


def test_a_wrong_digest_leaves_nothing_behind(root, cache, archive):
    with pytest.raises(HubfleetError, match="not what was pinned") as caught:
        package(root, upstream(root, "sha256:" + "0" * 64), cache, helm=PullingHelm(archive.read_bytes()))
    assert sha(archive.read_bytes()) in caught.value.evidence
    assert tree(cache) == {}


def test_without_a_pin_it_is_refused_and_says_what_is_there(root, cache, archive):
    with pytest.raises(HubfleetError, match="no pinned digest") as caught:
        package(root, upstream(root, ""), cache, helm=PullingHelm(archive.read_bytes()))
    assert sha(archive.read_bytes()) in caught.value.evidence
    assert tree(cache) == {}


def test_what_was_damaged_in_the_cache_is_downloaded_again(root, cache, archive):
    helm = PullingHelm(archive.read_bytes())
    source = upstream(root, sha(archive.read_bytes()))
    package(root, source, cache, helm=helm)
    kept = next((cache / "charts/upstream").rglob("*.tgz"))
    kept.write_bytes(b"damaged")
    package(root, source, cache, helm=helm)
    assert kept.read_bytes() == archive.read_bytes()


def test_without_helm_the_download_says_how_to_get_it(root, cache):
    with pytest.raises(HubfleetError) as caught:
        package(root, upstream(root, "sha256:" + "0" * 64), cache)
    assert caught.value.next_step == "./inv tools-install"


def test_a_cache_that_can_not_be_written_is_an_error_of_ours(root, tmp_path):
    (tmp_path / "cache").write_text("a file is in the way")
    with pytest.raises(HubfleetError, match="can not be written"):
        package(root, embedded(root), tmp_path / "cache")
