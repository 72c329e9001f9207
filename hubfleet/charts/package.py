"""Our charts, packaged with the charts that they depend on, in the cache, keyed by content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.charts.content import digest_of, metadata, read_folder, write_archive
from hubfleet.charts.dependency import Dependency, find_dependency
from hubfleet.charts.home_server import without_home_server
from hubfleet.charts.source import DEPENDENCY, ChartSource, Kind
from hubfleet.tools.helm import Helm

_DIGEST_IN_PATH = 32
# What plain helm leaves in the tree when somebody uses it there.
_VENDORED = ("/charts", "Chart.lock")


@dataclass(frozen=True)
class PackagedChart:
    """A chart that helm can install.

    Args:
        path: the archive, in the cache.
        name: basehub or support.
        version: basehub's has the JupyterHub chart's as build metadata: `0.1.0+jupyterhub.4.3.3`.
        digest: of all files' content: equal charts have equal digests, on every machine.
        kind: where the charts in it came from; `embedded` where there are none.
        app_version: of the JupyterHub in it.
    """

    path: Path
    name: str
    version: str
    digest: str
    kind: Kind
    app_version: str = ""


def package(root: Path, source: ChartSource, cache: Path, *, helm: Helm | None = None) -> PackagedChart:
    """Package helm/basehub with a JupyterHub chart. When nothing changed this is only hashing.

    Args:
        root: the repository; nothing is written to it.
        source: which JupyterHub chart.
        cache: where the package, and what was downloaded for it, is kept.
        helm: downloads the chart of kind upstream, when it is not in the cache.

    Raises:
        HubfleetError: a chart is not there, is broken, or is not what was pinned.
    """
    files = read_folder(root / "helm" / "basehub", without=_VENDORED)
    return _hub_chart(root, without_home_server(files), source, (), cache, helm)


def package_with_home_server(
    root: Path, source: ChartSource, home_server: ChartSource | None, cache: Path, *, helm: Helm | None = None
) -> PackagedChart:
    """The same for a hub that serves its homes from its own disk.

    Args:
        root: see `package`.
        source: see `package`.
        home_server: the server's chart; None: it is not at hand, and everything else is to be looked at without it.
        cache: see `package`.
        helm: see `package`.

    Raises:
        HubfleetError: a chart is not there, is broken, or is not what was pinned.
    """
    files = read_folder(root / "helm" / "basehub", without=_VENDORED)
    return _hub_chart(root, files, source, (home_server,) if home_server else (), cache, helm)


def _hub_chart(
    root: Path,
    files: dict[str, bytes],
    source: ChartSource,
    others: Sequence[ChartSource],
    cache: Path,
    helm: Helm | None,
) -> PackagedChart:
    folder = root / "helm" / "basehub"
    dependency = find_dependency(source, cache, helm)
    facts = _facts(metadata(files, folder), dependency)
    found = {each.name: find_dependency(each, cache, helm) for each in others}
    facts["dependencies"] += [
        {"name": name, "version": it.version, "repository": "", "condition": f"{name}.enabled"}
        for name, it in found.items()
    ]
    return _packed(files, facts, [dependency, *found.values()], source.kind, cache)


def package_support(
    root: Path, sources: Sequence[ChartSource], cache: Path, *, helm: Helm | None = None
) -> PackagedChart:
    """Package helm/support with those of its charts that a cluster turns on; the others are neither sought nor in it.

    Args:
        root: the repository; nothing is written to it.
        sources: the charts, each with its name in helm/support/Chart.yaml.
        cache: see `package`.
        helm: see `package`.

    Raises:
        HubfleetError: a chart is not there, is broken, or is not what was pinned.
    """
    folder = root / "helm" / "support"
    files = read_folder(folder, without=_VENDORED)
    facts = metadata(files, folder)
    found = {each.name: find_dependency(each, cache, helm) for each in sources}
    declared = {each["name"]: each for each in facts.get("dependencies", ())}
    facts["dependencies"] = [
        {"repository": "", **_condition(declared[name]), "name": name, "version": it.version}
        for name, it in found.items()
    ]
    kind: Kind = "upstream" if any(each.kind == "upstream" for each in sources) else "path" if sources else "embedded"
    return _packed(files, facts, list(found.values()), kind, cache)


def _condition(declared: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in declared.items() if key == "condition"}


def _packed(
    files: dict[str, bytes], facts: dict[str, Any], dependencies: Sequence[Dependency], kind: Kind, cache: Path
) -> PackagedChart:
    files["Chart.yaml"] = _yaml(facts)
    for each in dependencies:
        files |= {f"charts/{name}": content for name, content in each.files.items()}
    digest = digest_of(files)
    name, version = str(facts["name"]), str(facts["version"])
    short = digest.removeprefix("sha256:")[:_DIGEST_IN_PATH]
    target = cache / "charts" / "packaged" / short / f"{name}-{version}.tgz"
    if not target.is_file():
        write_archive(files, name, target)
    return PackagedChart(target, name, version, digest, kind, str(facts.get("appVersion", "")))


def _facts(facts: dict[str, Any], dependency: Dependency) -> dict[str, Any]:
    """basehub's Chart.yaml, with the dependency that it is really packaged with."""
    suffix = re.sub(r"[^0-9A-Za-z.-]", "-", dependency.version)
    return facts | {
        "version": f"{facts['version']}+{DEPENDENCY}.{suffix}",
        "appVersion": dependency.app_version,
        "dependencies": [{"name": DEPENDENCY, "version": dependency.version, "repository": ""}],
    }


def _yaml(facts: dict[str, Any]) -> bytes:
    import yaml

    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True).encode()
