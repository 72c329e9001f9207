"""The charts' own defaults, to explain a value. Helm itself puts them below the values of a hub."""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING

from hubfleet.errors import HubfleetError
from hubfleet.fleet.document import LARGEST_BYTES, Document, load_yaml, parse_yaml
from hubfleet.fleet.layers import Layer, layer_of
from hubfleet.fleet.model import Location
from hubfleet.fleet.resolve import BASEHUB, basehub_root

if TYPE_CHECKING:
    from pathlib import Path

    from hubfleet.fleet.keypath import KeyPath

JUPYTERHUB = "jupyterhub"
_VALUES = re.compile(r"(?:[^/]+/charts/)?jupyterhub/values\.yaml")


def chart_layers(root: Path, jupyterhub: Path | None) -> tuple[Layer, ...]:
    """What the charts say where no layer of the hub says anything, lowest first.

    Args:
        root: the repository.
        jupyterhub: the JupyterHub chart, a folder or a package; None: not at hand, so only basehub's.

    Raises:
        HubfleetError: the package holds no such chart.
        InvalidConfiguration: a values.yaml can not be read.
    """
    home = basehub_root(root)
    own = layer_of(load_yaml(home / BASEHUB / "values.yaml", home), "chart")
    return (own,) if jupyterhub is None else (_below(_jupyterhub(jupyterhub, home)), own)


def chart_path(root: Path, source: str) -> Path | None:
    """Where the JupyterHub chart is, if its source is on this machine; `upstream` is not."""
    if source == "upstream":
        return None
    return basehub_root(root) / "helm" / JUPYTERHUB if source == "embedded" else root / source


def _jupyterhub(chart: Path, root: Path) -> Document:
    if chart.is_dir():
        return load_yaml(chart / "values.yaml", root)
    try:
        with tarfile.open(chart) as package:
            for member in package:
                file = package.extractfile(member) if _VALUES.fullmatch(member.name) else None
                if file is not None:
                    return parse_yaml(file.read(LARGEST_BYTES + 1), f"{chart.name}/{member.name}")
    except (OSError, tarfile.TarError) as error:
        raise HubfleetError("the chart can not be read", where=str(chart), evidence=str(error)) from None
    raise HubfleetError("this is no package of the JupyterHub chart", where=str(chart))


def _below(document: Document) -> Layer:
    """The subchart's values, where basehub's values have them: below `jupyterhub`."""

    def locate(path: KeyPath) -> Location:
        return Location(document.file, document.line_of(path[1:]))

    return Layer("chart", document.file, {JUPYTERHUB: document.data}, locate)
