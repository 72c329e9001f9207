"""Fleet"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.cli.base import SELECT_HELP, say, task

if TYPE_CHECKING:
    from pathlib import Path

    from hubfleet.fleet.explain import Explained
    from hubfleet.fleet.generated import ImageReference
    from hubfleet.fleet.resolve import Resolved


@task(help={"select": SELECT_HELP, "json": "print JSON"}, iterable=["select"])
def list_hubs(c: Any, select: list[str], json: bool = False) -> None:
    """List the hubs, their stage and state, and where they are written."""
    from hubfleet import fleet as fleets
    from hubfleet import paths

    targets = fleets.select(fleets.load_fleet(paths.repository()), select)
    columns = ("cluster", "hub", "state", "stage", "use case", "access", "domain", "namespace", "written in")
    rows = [
        (cluster.name, hub.name, hub.state, hub.stage, hub.use_case, hub.access, hub.domain, hub.namespace, hub.at)
        for cluster, hub in targets
    ]
    if json:
        names = [column.replace(" ", "_") for column in columns]
        say.data({"hubs": [dict(zip(names, (str(cell) for cell in row), strict=True)) for row in rows]})
        return
    say.table("Hubs", columns, rows)


@task(
    help={
        "key": "such as singleuser.memory.limit; without it, every value that is set",
        "jupyterhub_chart": "a chart (package or folder) whose defaults to show, for hubs on the upstream chart",
        "json": "print JSON",
    },
    positional=["cluster", "hub"],
)
def explain_hub(c: Any, cluster: str, hub: str, key: str = "", jupyterhub_chart: str = "", json: bool = False) -> None:
    """Show a hub's values, each with the file and line that set it."""
    from pathlib import Path

    from hubfleet import paths
    from hubfleet.fleet import defaults, load_fleet
    from hubfleet.fleet.explain import explain, explain_all
    from hubfleet.fleet.resolve import resolve
    from hubfleet.fleet.secretfile import placeholders

    fleet = load_fleet(paths.repository())
    found = fleet.cluster(cluster)
    one = found.hub(hub)
    resolved = resolve(fleet, found, one, secrets=placeholders, images=_images(fleet.root))
    for warning in resolved.warnings:
        say.warn(str(warning))
    if not key:
        _show_all(f"{cluster}/{hub}", resolved, list(explain_all(resolved)), json)
        return
    chart = Path(jupyterhub_chart) if jupyterhub_chart else defaults.chart_path(fleet.root, one.chart.source)
    if chart is None:
        say.info(
            f"The defaults of the upstream chart {one.chart.version} are not on this machine: --jupyterhub-chart PATH"
        )
    _show(f"{cluster}/{hub}", explain(resolved, defaults.chart_layers(fleet.root, chart), key), json)


def _images(root: Path) -> ImageReference | None:
    """Names of our own images; a tree of configuration alone has none, and its hubs name theirs."""
    from hubfleet.images.source import reference

    return (lambda name: reference(root, name)) if (root / "images").is_dir() else None


def _show(title: str, explained: Explained, as_json: bool) -> None:
    """One key: its layers, lowest first."""
    from hubfleet.fleet.explain import shown

    origins = [(each.layer.kind, each.at, shown(each), each.effect) for each in explained.origins]
    if as_json:
        names = ("layer", "at", "value", "effect")
        listed = [dict(zip(names, origin, strict=True)) | {"at": str(origin[1])} for origin in origins]
        say.data({"hub": title, "key": explained.key, "value": explained.value, "origins": listed})
        return
    rows = [(kind, at, _text(value), _EFFECTS[effect]) for kind, at, value, effect in origins]
    say.table(f"{title}: {explained.key}", ("layer", "written in", "value", ""), rows)
    say.info(f"{explained.key} = {_text(explained.value)}")


def _show_all(title: str, resolved: Resolved, values: list[Explained], as_json: bool) -> None:
    """Every value with the place that counts, below a list of the layers."""
    from hubfleet.fleet.layers import leaves

    layers = [(each.kind, each.file, sum(1 for _ in leaves(each.values))) for each in resolved.layers]
    rows = [(each.key, _text(each.value), each.origins[-1].layer.kind, each.origins[-1].at) for each in values]
    if as_json:
        listed = [dict(zip(("layer", "file", "values"), layer, strict=True)) for layer in layers]
        found = [
            {"key": each.key, "value": each.value, "layer": row[2], "at": str(row[3])}
            for each, row in zip(values, rows, strict=True)
        ]
        say.data({"hub": title, "layers": listed, "values": found})
        return
    say.table(f"{title}: layers, lowest first", ("layer", "file", "values"), layers)
    say.table(f"{title}: values", ("key", "value", "layer", "written in"), rows)


_EFFECTS = {"counts": "← counts", "merged": "← merged", "overridden": "overridden"}


def _text(value: Any) -> str:
    """A value on one line, as JSON, so that the text `1` and the number 1 look different."""
    import json

    return json.dumps(value, ensure_ascii=False, default=str)
