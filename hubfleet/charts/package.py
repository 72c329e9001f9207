"""basehub, packaged with the JupyterHub chart of one's choice, in the cache, keyed by content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubfleet.charts.content import digest_of, metadata, read_folder, write_archive
from hubfleet.charts.dependency import Dependency, find_dependency
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
        name: basehub.
        version: basehub's, with the JupyterHub chart's as build metadata: `0.1.0+jupyterhub.4.3.3`.
        digest: of all files' content: equal charts have equal digests, on every machine.
        kind: where the JupyterHub chart came from.
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
    folder = root / "helm" / "basehub"
    files = read_folder(folder, without=_VENDORED)
    dependency = find_dependency(source, cache, helm)
    facts = _facts(metadata(files, folder), dependency)
    files["Chart.yaml"] = _yaml(facts)
    files |= {f"charts/{name}": content for name, content in dependency.files.items()}
    digest = digest_of(files)
    name, version = str(facts["name"]), str(facts["version"])
    short = digest.removeprefix("sha256:")[:_DIGEST_IN_PATH]
    target = cache / "charts" / "packaged" / short / f"{name}-{version}.tgz"
    if not target.is_file():
        write_archive(files, name, target)
    return PackagedChart(target, name, version, digest, source.kind, dependency.app_version)


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
