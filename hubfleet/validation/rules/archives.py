"""Where homes are archived: fleet.yaml and cluster.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubfleet.archive import address
from hubfleet.errors import WrongUsage
from hubfleet.validation.tree import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.document import Document
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import Tree


def destination(tree: Tree) -> Iterator[Finding]:
    """Archives go to a folder, or to a bucket that can be and that hubfleet writes to (s3://, gs://)."""
    documents = [*([tree.settings] if tree.settings else []), *(each.document for each in tree.clusters)]
    for document in documents:
        yield from _of(document)


def _of(document: Document) -> Iterator[Finding]:
    settings = document.data.get("archive")
    text = settings.get("destination") if isinstance(settings, dict) else None
    if not isinstance(text, str):
        return
    try:
        address.parse(text)
    except WrongUsage as trouble:
        later = isinstance(trouble, address.NotWritten)  # whoever takes a hub down gives a folder then
        yield finding(document, ("archive", "destination"), f"{text}: {trouble.what}", trouble.next_step, warning=later)
