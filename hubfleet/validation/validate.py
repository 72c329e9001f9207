"""All that is wrong with a fleet, at once: files by their schemas, rules, the charts' schemas, rendering."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from hubfleet.fleet.load import read_fleet
from hubfleet.fleet.resolve import read_values
from hubfleet.fleet.secretfile import placeholders
from hubfleet.masking import hide
from hubfleet.validation import rules
from hubfleet.validation.chart_keys import layer_findings, schemas_of
from hubfleet.validation.report import Report, grouped
from hubfleet.validation.rules.files import reads_outside
from hubfleet.validation.rules.secrets import secrets_of
from hubfleet.validation.scope import Scope, scope_of
from hubfleet.validation.support import SupportRenderer, support_findings
from hubfleet.validation.tree import Tree
from hubfleet.validation.values import HubValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from hubfleet.fleet.generated import ImageReference
    from hubfleet.fleet.load import Reading
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.rendering import Rendered
    from hubfleet.validation.rule import Rule

_NAMES = {rule.name for rule in rules.OF_VALUES}
Named = tuple[str, "Finding"]


class Renderer(Protocol):
    """Renders hubs with helm."""

    @property
    def images(self) -> ImageReference | None: ...

    @property
    def support(self) -> SupportRenderer: ...

    def render(self, hubs: Sequence[HubValues]) -> Rendered: ...


def inspect(
    root: Path, select: Sequence[str] = (), *, renderer: Renderer | None = None, today: date | None = None
) -> Report:
    """Look at a fleet, or a part of it. Needs no network, no cluster and no key; changes nothing.

    Args:
        root: the repository.
        select: words as in --select; none: everything.
        renderer: renders the hubs with helm; None: they are not rendered.
        today: decides what is past; default: the clock's day in UTC.

    Raises:
        WrongUsage: an unknown name in `select`.
    """
    day = today or datetime.now(UTC).date()
    reading = read_fleet(root)
    tree = Tree(root, day, dict(reading.documents))
    scope = scope_of(tree, reading, select)
    hubs, of_hubs = _hubs(tree, reading, scope, renderer)
    of_hubs += [(_label(hub), finding) for hub in hubs for rule in _rules_for(hub) for finding in rule(hub)]
    of_hubs += _chart_keys(root, hubs)
    of_files = _of_files(tree, reading)
    rendered = renderer.render(_renderable(hubs, of_hubs)) if renderer else None
    of_hubs += rendered.findings if rendered else []
    of_files |= set(_of_support(reading, scope, renderer))
    found = {finding for finding in of_files if scope.has(finding)}
    found.update(grouped(_news(of_hubs, of_files)))
    clusters = scope.whole | {cluster.name for cluster, _ in scope.hubs}
    count = rendered.hubs if rendered else None
    return Report(tuple(sorted(found)), len(clusters), len(scope.hubs), len(tree.all_documents), count)


def validate(root: Path, select: Sequence[str] = (), *, renderer: Renderer | None = None) -> list[Finding]:
    """The findings alone; see `inspect`."""
    return list(inspect(root, select, renderer=renderer).findings)


def _news(of_hubs: Sequence[Named], of_files: set[Finding]) -> Iterator[Named]:
    """What hubs add to the findings of files: not the same once more, in other words or from another check."""
    missing = {(finding.file, "missing-file") for finding in of_files if finding.rule == "missing-file"}
    lines = {(finding.file, finding.line) for finding in of_files if finding.rule == "homes-shared"}
    by_rules = {(finding.file, finding.line, finding.path) for _, finding in of_hubs if finding.rule in _NAMES}
    for hub, finding in of_hubs:
        vague = (finding.file, finding.rule) in missing or (
            finding.rule == "no-homes" and (finding.file, finding.line) in lines
        )
        twice = finding.rule == "wrong-type" and (finding.file, finding.line, finding.path) in by_rules
        if finding not in of_files and not vague and not twice:
            yield hub, finding


def _of_files(tree: Tree, reading: Reading) -> set[Finding]:
    """What is wrong in files, whichever hubs they belong to. Secrets that are found there are hidden from now on."""
    found = set(reading.findings)
    for rule in rules.OF_TREE:
        found.update(rule(tree))
    for document in tree.all_documents:
        found.update(document.warnings)
        hide(*(value for _, value, _ in secrets_of(document)))
    return found | set(tree.troubles)


def _of_support(reading: Reading, scope: Scope, renderer: Renderer | None) -> Iterator[Finding]:
    if reading.fleet is not None:
        chosen = scope.whole | {cluster.name for cluster, _ in scope.hubs}
        clusters = [each for each in reading.fleet.clusters if not scope.words or each.name in chosen]
        yield from support_findings(reading.fleet, clusters, renderer.support if renderer else None)


def _hubs(tree: Tree, reading: Reading, scope: Scope, renderer: Renderer | None) -> tuple[list[HubValues], list[Named]]:
    """The hubs whose values can be made, without the retired ones; and what keeps the others from it."""
    made: list[HubValues] = []
    found: list[Named] = []
    if reading.fleet is None:
        return made, found
    outside = {entry.where() for entry in tree.hubs if reads_outside(entry.cluster, entry)}
    for cluster, hub in scope.hubs:
        if f"{cluster.name}/{hub.name}" in outside:
            continue
        label = f"{cluster.name}/{hub.name}"
        resolved, errors = read_values(
            reading.fleet,
            cluster,
            hub,
            secrets=placeholders,
            images=renderer.images if renderer else None,
            today=tree.today,
        )
        found += [(label, finding) for finding in (*errors, *resolved.warnings)]
        if hub.state != "retired":
            made.append(HubValues(cluster, hub, resolved, complete=not errors))
    return made, found


def _rules_for(hub: HubValues) -> list[Rule[HubValues]]:
    return [rule for rule in rules.OF_VALUES if hub.complete or not rule.needs_all]


def _chart_keys(root: Path, hubs: Sequence[HubValues]) -> Iterator[Named]:
    """Each layer is checked once for each chart it is for, however many hubs share it."""
    known: dict[tuple[str, str, object], list[Finding]] = {}
    for hub in hubs:
        schemas = schemas_of(root, hub.hub.chart)
        for layer in hub.resolved.layers:
            key = (layer.kind, layer.file, schemas)
            if key not in known:
                known[key] = layer_findings(layer, schemas)
            yield from ((_label(hub), finding) for finding in known[key])


def _renderable(hubs: Sequence[HubValues], found: Sequence[Named]) -> list[HubValues]:
    """Hubs without errors so far: rendering the others would only say the same less clearly."""
    wrong = {label for label, finding in found if finding.severity == "error"}
    return [hub for hub in hubs if hub.complete and _label(hub) not in wrong]


def _label(hub: HubValues) -> str:
    return f"{hub.cluster.name}/{hub.hub.name}"
