"""The values of one hub: all layers, lowest first, merged.

    use case < generated < cluster common < hub < community < override < secrets

Below them are the chart's own defaults, which helm itself puts there (`hubfleet.fleet.defaults` reads
them to explain a value).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet import community, keypath, override, secretfile
from hubfleet.fleet.document import load_yaml
from hubfleet.fleet.generated import ImageReference, generated
from hubfleet.fleet.layers import Kind, Layer, Origin, layer_of, merge_all, origins
from hubfleet.fleet.model import Location
from hubfleet.fleet.names import did_you_mean
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.fleet.model import Cluster, Fleet, Hub

SecretReader = Callable[[Path], dict[str, Any]]
BASEHUB = Path("helm/basehub")


@dataclass(frozen=True)
class Resolved:
    """The values of a hub and where they come from.

    Args:
        layers: lowest first, without the chart's defaults.
        encrypted: what the secret files hold, still encrypted, without sops's own block, lowest first.
        warnings: what a person should know, such as an override that has ended.
    """

    layers: tuple[Layer, ...]
    encrypted: tuple[dict[str, Any], ...] = field(repr=False)
    warnings: tuple[Finding, ...] = ()

    @cached_property
    def values(self) -> dict[str, Any]:
        """The merged values, secrets among them, as they are piped to helm. Nulls delete the chart's defaults."""
        return merge_all(self.layers)

    @cached_property
    def plain_values(self) -> dict[str, Any]:
        """The merged values without those of secret files."""
        return merge_all(layer for layer in self.layers if not layer.secret)

    @property
    def digest_material(self) -> bytes:
        """What decides whether a hub has changed: the same bytes on every machine, with or without a key.

        Secrets count by their encrypted form: sops leaves it alone until the value changes, and its own
        block (recipients, dates) is not part of it.
        """
        material = {"values": self.plain_values, "encrypted": list(self.encrypted)}
        return json.dumps(material, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()

    def origins(self, key_path: KeyPath | str) -> tuple[Origin, ...]:
        """Every layer that said something about a key, lowest first."""
        path = keypath.parse(key_path) if isinstance(key_path, str) else key_path
        return origins(self.layers, path)


def resolve(
    fleet: Fleet,
    cluster: Cluster,
    hub: Hub,
    *,
    secrets: SecretReader,
    images: ImageReference | None = None,
    today: date | None = None,
) -> Resolved:
    """The values of a hub.

    Raises:
        InvalidConfiguration: with every mistake in the files of the hub's layers.
    """
    resolved, errors = read_values(fleet, cluster, hub, secrets=secrets, images=images, today=today)
    if errors:
        where = f"{cluster.name}/{hub.name}"
        raise InvalidConfiguration(f"the values of {where} are not valid", findings=errors)
    return resolved


def read_values(
    fleet: Fleet,
    cluster: Cluster,
    hub: Hub,
    *,
    secrets: SecretReader,
    images: ImageReference | None = None,
    today: date | None = None,
) -> tuple[Resolved, list[Finding]]:
    """The values of a hub as far as they can be made, and every mistake in the files of its layers.

    Args:
        fleet: the fleet.
        cluster: the hub's cluster.
        hub: the hub.
        secrets: reads a secret file: `secretfile.placeholders` without a key, `tools.sops.decrypt` with one.
        images: full reference of one of our images by name, for hubs on the embedded chart; None: left out.
        today: the day in UTC that decides which overrides count; default: the clock's.
    """
    collected = Collected(fleet.root)
    collected.take(lambda: _use_case(fleet, cluster, hub))
    collected.take(lambda: generated(fleet, cluster, hub, images))
    if hub.common_values and cluster.common_values:
        collected.file(cluster.common_values, "common", cluster.at)
    for path in hub.values:
        collected.file(path, "hub", hub.at)
    community_file = hub.community_file
    if community_file:
        collected.take(lambda: community.read(community_file, fleet.root, hub.access, cluster.limits))
    if hub.override_file:
        collected.override(hub.override_file, today or datetime.now(UTC).date())
    for path in (*(cluster.secrets if hub.common_values else ()), *hub.secrets):
        collected.secret(path, secrets, hub.at)
    resolved = Resolved(tuple(collected.layers), tuple(collected.encrypted), tuple(collected.warnings))
    return resolved, sorted(set(collected.errors))


class Collected:
    """Layers from the lowest up, and what was wrong on the way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layers: list[Layer] = []
        self.encrypted: list[dict[str, Any]] = []
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []

    def take(self, make: Callable[[], Layer]) -> None:
        try:
            self.layers.append(make())
        except InvalidConfiguration as error:
            self.errors += error.findings

    def file(self, path: Path, kind: Kind, named_at: Location) -> None:
        if self._there(path, named_at):
            self.take(lambda: layer_of(self._load(path), kind))

    def secret(self, path: Path, secrets: SecretReader, named_at: Location) -> None:
        if not self._there(path, named_at):
            return
        try:
            document = secretfile.load_encrypted(path, self.root)
            values = secrets(path)
        except InvalidConfiguration as error:
            self.errors += error.findings
            return

        def locate(at: KeyPath) -> Location:
            return Location(document.file, document.line_of(at))

        self.encrypted.append(secretfile.encrypted_values(document))
        self.layers.append(Layer("secrets", document.file, values, locate, secret=True))

    def override(self, path: Path, today: date) -> None:
        try:
            layer, warnings = override.read(path, self.root, today)
        except InvalidConfiguration as error:
            self.errors += error.findings
            return
        self.warnings += warnings
        if layer is not None:
            self.layers.append(layer)

    def _load(self, path: Path) -> Any:
        document = load_yaml(path, self.root)
        self.warnings += document.warnings
        return document

    def _there(self, path: Path, named_at: Location) -> bool:
        """Whether the file is there; if not, the finding is at the line that names it."""
        if path.is_file():
            return True
        name = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()
        hint = did_you_mean(path.name, _files(path.parent))
        message = f"there is no file {name}"
        self.errors.append(Finding(named_at.file, named_at.line, "", message, hint, "missing-file"))
        return False


def _files(folder: Path) -> Iterable[str]:
    return sorted(path.name for path in folder.glob("*.values.yaml"))


def basehub_root(root: Path) -> Path:
    """The repository that has helm/basehub: the fleet's own, or, for a tree of configuration alone, hubfleet's."""
    return root if (root / BASEHUB).is_dir() else Path(__file__).parents[2]


def _use_case(fleet: Fleet, cluster: Cluster, hub: Hub) -> Layer:
    root = basehub_root(fleet.root)
    path = root / BASEHUB / "use-cases" / f"{hub.use_case}.yaml"
    if not path.is_file():
        known = sorted(each.stem for each in path.parent.glob("*.yaml"))
        index = cluster.hubs.index(hub)
        document = fleet.documents[cluster.at.file]
        message = f"there is no use case {hub.use_case}"
        where = ("hubs", index, "use_case")
        hint = did_you_mean(hub.use_case, known)
        raise InvalidConfiguration(message, findings=[document.finding(where, message, rule="use-case", hint=hint)])
    return layer_of(load_yaml(path, root), "use case")
