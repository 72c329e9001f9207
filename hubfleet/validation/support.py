"""What is wrong with the support of clusters: its files, its chart's schema, and what comes of rendering it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubfleet.charts import ChartSource, package_support, support_sources
from hubfleet.errors import HubfleetError
from hubfleet.fleet.keypath import dotted
from hubfleet.fleet.secretfile import placeholders
from hubfleet.fleet.support import NAME, VALUES, has_support, read_support
from hubfleet.process import ProcessFailed
from hubfleet.validation.chart_keys import own_findings
from hubfleet.validation.finding import Finding
from hubfleet.validation.helm_errors import helm_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hubfleet.fleet.generated import ImageReference
    from hubfleet.fleet.model import Cluster, Fleet
    from hubfleet.fleet.resolve import Resolved
    from hubfleet.tools.helm import Helm

RULE = "render-support"


@dataclass(frozen=True)
class SupportRenderer:
    """Renders helm/support.

    Args:
        cache: where charts are packaged to.
        helm: the program, on no cluster.
        images: references of our own images, for the local cluster's ingress.
    """

    cache: Path
    helm: Helm
    images: ImageReference | None = None
    _troubles: dict[ChartSource, HubfleetError | None] = field(default_factory=dict, repr=False, compare=False)

    def trouble(self, root: Path, source: ChartSource) -> HubfleetError | None:
        """Why a chart can not be had, looked up once; None where it can."""
        if source not in self._troubles:
            self._troubles[source] = self._looked_up(root, source)
        return self._troubles[source]

    def _looked_up(self, root: Path, source: ChartSource) -> HubfleetError | None:
        if source.kind == "upstream" and not source.digest:
            what = f"{source} has no pinned digest, so it is not downloaded"
            return HubfleetError(what, next_step=f"set {source.key}.digest")
        try:
            package_support(root, [source], self.cache, helm=self.helm)
        except ProcessFailed:
            return HubfleetError(
                f"{source} can not be downloaded", next_step=f"set {source.key}.source to a copy of it"
            )
        except HubfleetError as error:
            return error
        return None


def support_findings(fleet: Fleet, clusters: Sequence[Cluster], renderer: SupportRenderer | None) -> Iterator[Finding]:
    """Every mistake in the support of these clusters; those that declare none have none.

    Args:
        fleet: the fleet.
        clusters: those that are looked at.
        renderer: renders it with helm; None: only the files are read.
    """
    schema = fleet.root / "helm" / NAME / "values.schema.json"
    for cluster in clusters:
        if not has_support(cluster):
            continue
        images = renderer.images if renderer else None
        resolved, errors = read_support(fleet, cluster, secrets=placeholders, images=images)
        found = [*errors, *resolved.warnings]
        if schema.is_file():
            compiled = json.loads(schema.read_text(encoding="utf-8"))
            found += [each for layer in resolved.layers for each in own_findings(layer, compiled)]
        yield from found
        if renderer is not None and not any(each.severity == "error" for each in found):
            yield from _rendering(fleet.root, cluster, resolved, renderer)


def _rendering(root: Path, cluster: Cluster, resolved: Resolved, renderer: SupportRenderer) -> Iterator[Finding]:
    """What helm says. A chart that can not be had is told, and the rest is rendered without it."""
    try:
        sources = support_sources(root, cluster, resolved.values)
        missing = {source: error for source in sources if (error := renderer.trouble(root, source)) is not None}
        for source, error in missing.items():
            yield _not_there(cluster, resolved, source, error)
        there = [source for source in sources if source not in missing]
        chart = package_support(root, there, renderer.cache, helm=renderer.helm)
        renderer.helm.template(chart.path, NAME, NAME, resolved.values)
    except ProcessFailed as failed:
        for refusal in helm_errors(failed.completed.stderr):
            hint = f"said by {refusal.template}" if refusal.template else "said by the chart's schema"
            at = _place(cluster, resolved, refusal.path)
            yield Finding(*at, dotted(refusal.path), refusal.text, hint, RULE)
    except HubfleetError as error:
        yield Finding(*_place(cluster, resolved, ()), "", error.what, error.next_step, RULE)


def _not_there(cluster: Cluster, resolved: Resolved, source: ChartSource, error: HubfleetError) -> Finding:
    what = f"{error.what} ({error.where})" if error.where else error.what
    hint = error.next_step or f"set {source.key}.source to a packaged chart"
    at = _place(cluster, resolved, (source.name,))
    return Finding(*at, source.name, f"rendered without it: {what}", hint, "chart-missing", "warning")


def _place(cluster: Cluster, resolved: Resolved, path: tuple[str | int, ...]) -> tuple[str, int]:
    """Where a value is set; for what nobody sets, the file where it would be."""
    for depth in range(len(path), 0, -1):
        found = [each for each in resolved.origins(path[:depth]) if each.effect != "overridden"]
        if found:
            return found[-1].file, found[-1].line
    return f"clusters/{cluster.name}/{VALUES}", 0
