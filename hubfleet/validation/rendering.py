"""Renders hubs with helm, as many at a time as the machine has cores, and looks at what comes out."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubfleet.fleet.keypath import dotted
from hubfleet.fleet.layers import merge
from hubfleet.process import ProcessFailed, environment
from hubfleet.validation import objects
from hubfleet.validation.charts_at_hand import ChartsAtHand
from hubfleet.validation.finding import Finding
from hubfleet.validation.helm_errors import helm_errors
from hubfleet.validation.support import SupportRenderer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hubfleet.charts import PackagedChart
    from hubfleet.fleet.generated import ImageReference
    from hubfleet.tools.helm import Helm
    from hubfleet.validation.objects import ObjectName
    from hubfleet.validation.values import HubValues

RULE = "render"
Named = tuple[str, Finding]


@dataclass(frozen=True)
class NoCluster:
    """The environment of helm where it only renders: no cluster, and nothing that one short process does not need.

    One process runs per core, so each gets one; collecting garbage would cost a tenth of its time to save
    a tenth of its 57 MB.
    """

    @property
    def env(self) -> dict[str, str]:
        return environment(KUBECONFIG=os.devnull, GOMAXPROCS="1", GOGC="off")


@dataclass(frozen=True)
class Rendered:
    """What came of rendering.

    Args:
        findings: with the name of the hub that each is about.
        hubs: how many were rendered.
    """

    findings: list[Named]
    hubs: int


@dataclass
class Renderer:
    """Renders hubs with the charts that they are pinned to.

    Args:
        root: the repository.
        cache: where charts are packaged to.
        helm: the program, on no cluster.
        images: references of our own images for the embedded chart.
        chart: a JupyterHub chart to use in place of the upstream one (a path); None: the pinned ones.
    """

    root: Path
    cache: Path
    helm: Helm
    images: ImageReference | None = None
    chart: Path | None = None

    @cached_property
    def _charts(self) -> ChartsAtHand:
        return ChartsAtHand(self.root, self.cache, self.helm, self.chart)

    @property
    def support(self) -> SupportRenderer:
        """The same for the support of clusters."""
        return SupportRenderer(self.cache, self.helm, self.images)

    def render(self, hubs: Sequence[HubValues]) -> Rendered:
        """Render hubs whose values have no errors of their own.

        Where the upstream chart can not be had, a hub is rendered with the embedded one, and a warning says so.
        """
        found: list[Named] = []
        work: list[tuple[HubValues, PackagedChart]] = []
        for hub in hubs:
            chart, missing = self._charts.chart_for(hub)
            found += [(_label(hub), each) for each in missing]
            if chart is not None:
                work.append((hub, chart))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            answers = list(pool.map(lambda each: self._one(*each), work))
        rendered: list[tuple[HubValues, list[ObjectName]]] = []
        for (hub, _), (made, findings) in zip(work, answers, strict=True):
            found += [(_label(hub), each) for each in findings]
            rendered.append((hub, made))
        return Rendered(found + list(_shared(rendered)), len(work))

    def _one(self, hub: HubValues, chart: PackagedChart) -> tuple[list[ObjectName], list[Finding]]:
        """The objects of one hub, and what is wrong with them."""
        it = hub.hub
        try:
            text = self.helm.template(chart.path, it.release, it.namespace, _values(hub, chart))
            made = objects.names(text, it.namespace)
        except ProcessFailed as failed:
            return [], list(_refusals(hub, failed.completed.stderr))
        except ValueError as error:
            return [], [_at_hub(hub, str(error))]
        return made, [_at_hub(hub, each) for each in objects.troubles(made, it.namespace)]


def _values(hub: HubValues, chart: PackagedChart) -> dict[str, Any]:
    """The hub's values; on a stand-in chart with images that it asks for and the hub's own chart brings along."""
    if chart.kind != "embedded" or hub.hub.chart.source == "embedded":
        return hub.resolved.values
    image = {"image": {"name": "stand-in", "tag": "0"}}
    below = {"hub": image, "singleuser": image, "proxy": {"chp": image}}
    return merge({"jupyterhub": below}, hub.resolved.values)


def _refusals(hub: HubValues, stderr: str) -> Iterator[Finding]:
    for error in helm_errors(stderr):
        file, line = hub.place(error.path) if error.path else (hub.hub.at.file, hub.hub.at.line)
        hint = f"said by {error.template}" if error.template else "said by the chart's schema"
        yield Finding(file, line, dotted(error.path), error.text, hint, RULE)


def _shared(rendered: Sequence[tuple[HubValues, Iterable[ObjectName]]]) -> Iterator[Named]:
    """Objects of the whole cluster that two hubs would both own."""
    owners: dict[tuple[str, ObjectName], list[HubValues]] = defaultdict(list)
    for hub, made in rendered:
        for each in objects.of_cluster(made):
            owners[hub.cluster.name, each].append(hub)
    for (_, each), hubs in sorted(owners.items(), key=lambda item: item[0]):
        for hub in hubs[1:]:
            other = hubs[0].hub.name
            yield _label(hub), _at_hub(hub, f"{each} belongs to the whole cluster, and the hub {other} makes it too")


def _at_hub(hub: HubValues, message: str) -> Finding:
    return Finding(hub.hub.at.file, hub.hub.at.line, "", message, "", RULE)


def _label(hub: HubValues) -> str:
    return f"{hub.cluster.name}/{hub.hub.name}"
