"""A chart that one of ours is packaged with, from wherever it comes, checked against its pins."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hubfleet.charts.content import Files, chart_yaml, digest, metadata, read_folder, unwritable
from hubfleet.charts.source import ChartSource
from hubfleet.errors import HubfleetError
from hubfleet.tools.helm import Helm


@dataclass(frozen=True)
class Dependency:
    """A chart, ready to be put below `charts/`.

    Args:
        version: the chart's version.
        app_version: of what it installs.
        files: by their path below `charts/`.
    """

    version: str
    app_version: str
    files: Files


def find_dependency(source: ChartSource, cache: Path, helm: Helm | None) -> Dependency:
    """The chart that a source means.

    Raises:
        HubfleetError: it is not there, is no such chart, or is not what was pinned.
    """
    if source.kind == "upstream":
        return _packaged(_download(source, cache, helm), source)
    path = source.path or Path()
    if path.is_dir():
        return _folder(path, source)
    if not path.is_file():
        raise HubfleetError(
            "there is no such chart",
            where=str(path),
            next_step="name a packaged chart (.tgz), a chart's folder, embedded or upstream",
        )
    return _packaged(path, source)


def _folder(path: Path, source: ChartSource) -> Dependency:
    if source.digest:
        raise HubfleetError(
            "a chart's folder can not be compared with a digest",
            where=str(path),
            next_step=f"pack it (helm package), or leave out {_pin(source)}",
        )
    files = read_folder(path)
    return _dependency(files, {f"{source.name}/{name}": content for name, content in files.items()}, path, source)


def _packaged(path: Path, source: ChartSource) -> Dependency:
    try:
        content = path.read_bytes()
    except OSError as trouble:
        raise HubfleetError("the chart can not be read", where=str(path), evidence=str(trouble)) from trouble
    _compare(digest(content), source)
    found = chart_yaml(content, path)
    return _dependency(found, {f"{source.name}.tgz": content}, path, source)


def _dependency(described: Files, files: Files, path: Path, source: ChartSource) -> Dependency:
    facts = metadata(described, path)
    name, version = str(facts["name"]), str(facts["version"])
    if name != source.name:
        raise HubfleetError(f"this chart is {name}, and not {source.name}", where=str(path))
    if source.version and version.removeprefix("v") != source.version:  # some publishers write v1.2.3
        raise HubfleetError(
            f"this chart is version {version}, and {source.version} is pinned",
            where=str(path),
            next_step=f"pin version {version}, or name the chart of {source.version}",
        )
    return Dependency(version, str(facts.get("appVersion", "")), files)


def _compare(found: str, source: ChartSource) -> None:
    if source.digest and found != source.digest:
        raise HubfleetError(
            "the chart is not what was pinned",
            where=str(source),
            evidence=f"pinned {source.digest}\nfound  {found}",
            next_step=f"find out why it changed; if that is right, review it and change {_pin(source)}",
        )


def _download(source: ChartSource, cache: Path, helm: Helm | None) -> Path:
    """The packaged chart in the cache; downloaded when it is not there yet, kept only when it is what was pinned."""
    kept = cache / "charts" / "upstream" / (source.digest.removeprefix("sha256:") or "unpinned")
    target = kept / f"{source.name}-{source.version}.tgz"
    if source.digest and target.is_file() and digest(target.read_bytes()) == source.digest:
        return target
    if helm is None:
        raise HubfleetError("the chart has to be downloaded, and helm is missing", where=str(source),
                            next_step="./inv tools-install")  # fmt: skip
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".chart-", dir=cache) as folder:
            archive = _pull(source, helm, Path(folder))
            _check_download(archive, source)
            kept.mkdir(parents=True, exist_ok=True)
            archive.replace(target)
    except OSError as trouble:
        raise unwritable("the downloaded chart", target, trouble) from trouble
    return target


def _check_download(archive: Path, source: ChartSource) -> None:
    found = digest(archive.read_bytes())
    if not source.digest and not source.unpinned:
        raise HubfleetError(
            "the chart has no pinned digest, so nothing says that it is the right one",
            where=str(source),
            evidence=f"what is there now: {found}",
            next_step=f"compare it with what its publisher says, then write it to {_pin(source)}",
        )
    _compare(found, source)


def _pull(source: ChartSource, helm: Helm, folder: Path) -> Path:
    if not source.version or not source.repository:
        raise HubfleetError(
            "the upstream chart needs a repository and a version",
            where=str(source),
            next_step=f"set repository and version of {source.key} in fleet.yaml",
        )
    if source.repository.startswith("oci://"):
        return helm.pull(f"{source.repository.rstrip('/')}/{source.name}", source.version, folder)
    return helm.pull(source.name, source.version, folder, repository=source.repository)


def _pin(source: ChartSource) -> str:
    return f"{source.key}.digest of fleet.yaml, or of the cluster's cluster.yaml"
