"""The files of a fleet as they are, before anything is made of them: what rules about files look at.

Reading here is forgiving: what can not be read is a finding, and everything else is still checked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.document import load_yaml
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from hubfleet.fleet.document import Document
    from hubfleet.fleet.keypath import KeyPath


@dataclass(frozen=True)
class HubEntry:
    """One entry of `hubs:` in a cluster.yaml, perhaps with keys missing or of the wrong type."""

    cluster: ClusterFolder
    index: int
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return self.text("name")

    @property
    def namespace(self) -> str:
        return self.text("namespace") or self.name

    @property
    def retired(self) -> bool:
        return self.data.get("state") == "retired"

    def text(self, key: str) -> str:
        """The value of a key; empty where it is missing or no text (the schema reports that)."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.data.get(key)
        return value if isinstance(value, dict) else {}

    def texts(self, key: str) -> list[tuple[int, str]]:
        """The texts of a list, with their positions."""
        return _texts(self.data.get(key))

    def domains(self) -> list[tuple[KeyPath, str]]:
        """The domain and the aliases, each with its path below the hub."""
        main: list[tuple[KeyPath, str]] = [(("domain",), self.text("domain"))]
        return [each for each in main if each[1]] + [(("aliases", i), name) for i, name in self.texts("aliases")]

    def finding(self, path: KeyPath, message: str, hint: str = "", *, warning: bool = False) -> Finding:
        return self.cluster.finding(("hubs", self.index, *path), message, hint, warning=warning)

    def where(self) -> str:
        """The entry in words, for messages about two hubs."""
        return f"{self.cluster.name}/{self.name or self.index}"


@dataclass(frozen=True)
class ClusterFolder:
    """A folder of `clusters/` with a cluster.yaml."""

    name: str
    path: Path
    document: Document

    @cached_property
    def hubs(self) -> tuple[HubEntry, ...]:
        entries = self.document.data.get("hubs")
        listed = entries if isinstance(entries, list) else []
        return tuple(HubEntry(self, i, data) for i, data in enumerate(listed) if isinstance(data, dict))

    def secrets(self) -> list[tuple[int, str]]:
        return _texts(self.document.data.get("secrets"))

    def finding(self, path: KeyPath, message: str, hint: str = "", *, warning: bool = False) -> Finding:
        return finding(self.document, path, message, hint, warning=warning)


@dataclass
class Tree:
    """Every file of a fleet that a person writes.

    Args:
        root: the repository.
        today: what counts as past.
        documents: what was parsed already, by file name; None where a file can not be parsed.
        troubles: what could not be read; grows while files are read.
    """

    root: Path
    today: date
    documents: dict[str, Document | None] = field(default_factory=dict)
    troubles: list[Finding] = field(default_factory=list)
    _files: dict[Path, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def document(self, path: Path) -> Document | None:
        """A YAML file, read once; None where it can not be read, which is then among the troubles."""
        name = self.name(path)
        if name not in self.documents:
            try:
                self.documents[name] = load_yaml(path, self.root)
            except InvalidConfiguration as error:
                self.troubles.extend(error.findings)
                self.documents[name] = None
        return self.documents[name]

    @cached_property
    def all_documents(self) -> tuple[Document, ...]:
        """fleet.yaml and every YAML file of the clusters' folders, whether something names it or not."""
        for folder in self.folders:
            for name in self.files(folder):
                if name.endswith((".yaml", ".yml")) and not (folder / name).is_symlink():
                    self.document(folder / name)
        return tuple(document for document in self.documents.values() if document is not None)

    @cached_property
    def settings(self) -> Document | None:
        return self.documents.get("fleet.yaml")

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders of `clusters/`, with or without a cluster.yaml."""
        above = self.root / "clusters"
        return tuple(sorted(path for path in above.iterdir() if path.is_dir())) if above.is_dir() else ()

    @cached_property
    def clusters(self) -> tuple[ClusterFolder, ...]:
        found = ((folder, self.documents.get(f"clusters/{folder.name}/cluster.yaml")) for folder in self.folders)
        return tuple(ClusterFolder(folder.name, folder, document) for folder, document in found if document)

    @cached_property
    def hubs(self) -> tuple[HubEntry, ...]:
        return tuple(hub for cluster in self.clusters for hub in cluster.hubs)

    def files(self, folder: Path) -> tuple[str, ...]:
        """Every file below a cluster's folder, relative to it; links are not followed, hidden files are left out."""
        if folder not in self._files:
            self._files[folder] = _files(folder)
        return self._files[folder]

    def name(self, path: Path) -> str:
        """A file's name in findings."""
        return path.relative_to(self.root).as_posix()


def _files(folder: Path) -> tuple[str, ...]:
    found: list[str] = []
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = PurePosixPath(Path(above).relative_to(folder).as_posix())
        found += [(inside / name).as_posix() for name in names if not name.startswith(".")]
    return tuple(sorted(found))


def finding(document: Document, path: KeyPath, message: str, hint: str = "", *, warning: bool = False) -> Finding:
    """A finding whose rule is not named yet: the table of rules does that."""
    made = document.finding(path, message, rule="", hint=hint)
    return made if not warning else Finding(made.file, made.line, made.path, message, hint, "", "warning")


def _texts(value: Any) -> list[tuple[int, str]]:
    listed = value if isinstance(value, list) else []
    return [(i, each) for i, each in enumerate(listed) if isinstance(each, str)]


def leaves(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every single value with its path, those of lists too."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from leaves(value, (*path, index))
    else:
        yield path, data
