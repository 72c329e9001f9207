"""Files of a cluster's folder: those that are named exist, those that exist are named, none leads out."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hubfleet.fleet.names import did_you_mean, nearest
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.tree import ClusterFolder, HubEntry, Tree

SUFFIX_OF_ENCRYPTED = ".secret.values.yaml"
_OF_CLUSTER = {
    "cluster.yaml",
    "outputs.yaml",
    "common.values.yaml",
    "support.values.yaml",
    "support.secret.values.yaml",
}
_BY_HUB_NAME = (".community.yaml", ".override.values.yaml")


def named(cluster: ClusterFolder) -> Iterator[tuple[KeyPath, str]]:
    """Every file that cluster.yaml names, with the path where it does."""
    for index, name in cluster.secrets():
        yield ("secrets", index), name
    for hub in cluster.hubs:
        for key in ("values", "secrets"):
            for index, name in hub.texts(key):
                yield ("hubs", hub.index, key, index), name


def leads_out(name: str) -> bool:
    """Whether a file's name as written leaves the folder that it is relative to."""
    return name.startswith(("/", "~")) or "\\" in name or ".." in PurePosixPath(name).parts


def outside(tree: Tree) -> Iterator[Finding]:
    """Files of a cluster are in its folder: a path that leaves it is refused."""
    for cluster in tree.clusters:
        for path, name in named(cluster):
            if leads_out(name):
                message = f"{name} is not in the folder of the cluster"
                yield cluster.finding(path, message, f"put the file into clusters/{cluster.name}")


def link_outside(tree: Tree) -> Iterator[Finding]:
    """A symbolic link in a cluster's folder does not lead out of it."""
    for folder in tree.folders:
        inside = folder.resolve()
        if not inside.is_relative_to(tree.root.resolve() / "clusters"):
            yield Finding(tree.name(folder), 0, "", "this link leads out of clusters/", "make it a folder")
            continue
        for name in tree.files(folder):
            path = folder / name
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                yield Finding(tree.name(path), 0, "", "this link leads out of the cluster's folder", "make it a file")


def reads_outside(cluster: ClusterFolder, hub: HubEntry) -> bool:
    """Whether one of a hub's files is not in its cluster's folder, by its name or by a link."""
    names = [name for key in ("values", "secrets") for _, name in hub.texts(key)]
    names += [f"{hub.name}{suffix}" for suffix in _BY_HUB_NAME]
    inside = cluster.path.resolve()
    return any(leads_out(name) or not (cluster.path / name).resolve().is_relative_to(inside) for name in names)


def missing_file(tree: Tree) -> Iterator[Finding]:
    """A file that cluster.yaml names exists, with the same capital letters."""
    for cluster in tree.clusters:
        present = tree.files(cluster.path)
        for path, name in named(cluster):
            if leads_out(name) or str(PurePosixPath(name)) in present:
                continue
            kind = "is a folder" if (cluster.path / name).is_dir() else "does not exist"
            others = [each for each in present if each.endswith(SUFFIX_OF_ENCRYPTED) == (path[-2] == "secrets")]
            near = nearest(name, others)
            hint = f"did you mean {near}?" if near else f"it belongs into clusters/{cluster.name}"
            yield cluster.finding(path, f"the file {name} {kind}", hint)


def unused_file(tree: Tree) -> Iterator[Finding]:
    """A YAML file that nothing names changes no hub, though it looks as if it did."""
    for cluster in tree.clusters:
        listed = cluster.document.data.get("hubs")
        if not isinstance(listed, list) or len(listed) != len(cluster.hubs):
            continue  # entries that are no mappings: nobody knows what they would use
        hubs = {hub.name for hub in cluster.hubs}
        used = {str(PurePosixPath(name)) for _, name in named(cluster)} | _OF_CLUSTER
        used |= {hub + suffix for hub in hubs for suffix in _BY_HUB_NAME}
        for name in tree.files(cluster.path):
            if name not in used and name.endswith((".yaml", ".yml")):
                yield Finding(tree.name(cluster.path / name), 0, "", *_why_unused(name, hubs))


def _why_unused(name: str, hubs: set[str]) -> tuple[str, str]:
    for suffix in _BY_HUB_NAME:
        if name.endswith(suffix):
            hub = name.removesuffix(suffix)
            return f"the cluster has no hub {hub}: the file has no effect", did_you_mean(hub, hubs)
    key = "secrets" if name.endswith(SUFFIX_OF_ENCRYPTED) else "values"
    return "no hub uses this file", f"name it under {key}: of a hub, or remove it"


def secret_place(tree: Tree) -> Iterator[Finding]:
    """Encrypted files are listed under secrets, plain ones under values; the name tells them apart."""
    for cluster in tree.clusters:
        for path, name in named(cluster):
            if path[-2] == "secrets" and not name.endswith(SUFFIX_OF_ENCRYPTED):
                word = re.sub(r"(\.values)?\.ya?ml$|[-.]?secrets?\b", "", Path(name).name)
                hint = f"name it {word}{SUFFIX_OF_ENCRYPTED}"
                yield cluster.finding(path, f"{name} is listed as a secret but is not named like one", hint)
            elif path[-2] == "values" and name.endswith(SUFFIX_OF_ENCRYPTED):
                yield cluster.finding(path, f"{name} holds secrets", "list it under secrets:")


def file_of_other(tree: Tree) -> Iterator[Finding]:
    """A hub's own values file is not also another hub's by mistake: `college.values.yaml` belongs to college."""
    for cluster in tree.clusters:
        names = {hub.name for hub in cluster.hubs if hub.name}
        for hub in cluster.hubs:
            for index, name in hub.texts("values"):
                owner = name.removesuffix(".values.yaml")
                if owner != hub.name and owner in names and f"{hub.name}.values.yaml" in tree.files(cluster.path):
                    message = f"{name} looks like the file of hub {owner}, and {hub.name}.values.yaml exists"
                    hint = "list both if that is meant"
                    listed = [each for _, each in hub.texts("values")]
                    if f"{hub.name}.values.yaml" not in listed:
                        yield hub.finding(("values", index), message, hint)
