"""Reads the fleet: every file is parsed and checked first, all mistakes at once; then dataclasses are built."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubfleet.errors import HubfleetWarning, InvalidConfiguration
from hubfleet.fleet import build, times
from hubfleet.fleet.document import Document, load_yaml
from hubfleet.fleet.model import VALIDATE_NEXT, Fleet, Outputs, count_of
from hubfleet.fleet.schema import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding

FLEET = "fleet.yaml"
CLUSTER = "cluster.yaml"


@dataclass(frozen=True)
class Reading:
    """What could be read, and what is wrong.

    Args:
        fleet: the clusters whose files are right; None when fleet.yaml itself is not.
        findings: errors and warnings of fleet.yaml and of each cluster's cluster.yaml and outputs.yaml.
        documents: what was parsed, by file name.
    """

    fleet: Fleet | None
    findings: tuple[Finding, ...]
    documents: dict[str, Document] = field(repr=False)


def load_fleet(root: Path) -> Fleet:
    """The fleet for work on a part of it: another cluster's mistake stops nobody, and is a HubfleetWarning.

    A cluster whose files are wrong is not among `clusters`: who asks for it by name gets its mistakes. What has to
    see every cluster takes `load_whole_fleet`.

    Args:
        root: the repository.

    Raises:
        InvalidConfiguration: with every mistake in fleet.yaml.
    """
    fleet = read_fleet(root).fleet
    if fleet is None:
        return load_whole_fleet(root)
    if fleet.unread:
        whose = "its" if len(fleet.unread) == 1 else "their"
        message = f"left out, because {whose} files are wrong: {', '.join(fleet.unread)}; ./inv validate shows why"
        warnings.warn(message, HubfleetWarning, 2)
    return fleet


def load_whole_fleet(root: Path) -> Fleet:
    """The fleet with every cluster, for what compares clusters: where a new hub goes, whether a domain is taken.

    Args:
        root: the repository.

    Raises:
        InvalidConfiguration: with every mistake in fleet.yaml, cluster.yaml and outputs.yaml files.
    """
    reading = read_fleet(root)
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    if errors or reading.fleet is None:
        raise InvalidConfiguration(
            f"the configuration has {count_of(len(errors))}", findings=errors, next_step=VALIDATE_NEXT
        )
    return reading.fleet


def read_fleet(root: Path) -> Reading:
    """The part of the fleet that can be read, with everything that is wrong."""
    reader = _Reader(root)
    document = reader.read(root / FLEET, "fleet")
    settings = build.settings(document) if document else None
    hub_defaults = build.defaults(document) if document else {}
    clusters, unread = [], {}
    for folder in sorted(path for path in (root / "clusters").glob("*") if path.is_dir()):
        before = len(reader.findings)
        parts = reader.cluster(folder)
        if parts and settings:
            clusters.append(build.cluster(parts[0], settings, hub_defaults, parts[1], folder))
        if not parts:
            unread[folder.name] = tuple(each for each in reader.findings[before:] if each.severity == "error")
    fleet = Fleet(root, settings, tuple(clusters), reader.documents, unread) if settings else None
    return Reading(fleet, tuple(sorted(set(reader.findings))), reader.documents)


class _Reader:
    """Collects findings and documents."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.documents: dict[str, Document] = {}

    def read(self, path: Path, schema: str) -> Document | None:
        """The document, or None when something in it is wrong (its findings say what)."""
        try:
            document = load_yaml(path, self.root)
        except InvalidConfiguration as error:
            self.findings += error.findings
            return None
        self.documents[document.file] = document
        found = [*check(document, schema), *document.warnings]
        if schema != "outputs" and not any(finding.severity == "error" for finding in found):
            found += _days(document)
        self.findings += found
        return None if any(finding.severity == "error" for finding in found) else document

    def cluster(self, folder: Path) -> tuple[Document, Outputs] | None:
        """cluster.yaml and outputs.yaml of a folder, or None when one of them is wrong."""
        document = self.read(folder / CLUSTER, "cluster")
        outputs = Outputs()
        if (folder / build.OUTPUTS).is_file():
            written = self.read(folder / build.OUTPUTS, "outputs")
            if written is None:
                return None
            outputs = build.outputs(written)
        if document is None:
            return None
        names = _names(document, folder)
        self.findings += names
        return None if names else (document, outputs)


def _names(document: Document, folder: Path) -> list[Finding]:
    """Names that would make it unclear which cluster or hub is meant."""
    found = []
    name = document.data["name"]
    if name != folder.name:
        message = f"the cluster is called {name} and its folder {folder.name}"
        found.append(document.finding(("name",), message, rule="cluster-name", hint="give both the same name"))
    first: dict[str, int] = {}
    for index, hub in enumerate(document.data["hubs"]):
        path = ("hubs", index, "name")
        if hub["name"] in first:
            message = f"there is already a hub {hub['name']}, in line {first[hub['name']]}"
            found.append(document.finding(path, message, rule="duplicate-hub", hint="each hub has its own name"))
        first.setdefault(hub["name"], document.line_of(path))
    return found


def _days(document: Document) -> list[Finding]:
    """Days that no calendar has, such as 2027-02-30, and events that end before they start."""
    found = []
    for path, written in _written_days(document.data):
        try:
            times.start(written)
        except ValueError:
            found.append(document.finding(path, f"there is no {written}", rule="no-such-day"))
    if not found:
        for h, hub in enumerate(document.data.get("hubs", ())):
            for e, event in enumerate(hub.get("events", ())):
                if times.end(event["end"]) <= times.start(event["start"]):
                    path = ("hubs", h, "events", e, "end")
                    found.append(document.finding(path, "the event ends before it starts", rule="event-ends-early"))
    return found


def _written_days(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for r, each in enumerate(data.get("rounds", ())):
        yield ("rounds", r, "from"), each["from"]
    for h, hub in enumerate(data.get("hubs", ())):
        for e, event in enumerate(hub.get("events", ())):
            yield ("hubs", h, "events", e, "start"), event["start"]
            yield ("hubs", h, "events", e, "end"), event["end"]
