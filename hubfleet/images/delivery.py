"""From the files of `images/` to images on docker and on the local cluster, with the daemon and the tools it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubfleet import paths, toolchain
from hubfleet.errors import HubfleetError
from hubfleet.images import base as bases
from hubfleet.images import source
from hubfleet.images.build import Built, Say, build, chosen, missing
from hubfleet.images.daemon import daemon
from hubfleet.images.load import Loaded, Nodes, lacking, load
from hubfleet.tools.docker import Docker


def make_base(root: Path, kind: str, say: Say) -> bases.Ready:
    """Have a base for the images: `public`, `packages`, or where nothing is chosen what fits this machine."""
    wanted = bases.kind_of(kind)
    with _docker(root, say) as docker:
        return _prepared(root, wanted, docker, say)


def build_images(root: Path, select: Sequence[str], kind: str, say: Say) -> list[Built]:
    """Have these images in docker; all of them where none is chosen.

    Raises:
        WrongUsage: an unknown image or kind of base.
        BuildFailed: a build failed.
        HubfleetError: docker is missing, or has no daemon and none could be started.
    """
    names, wanted = chosen(root, select), bases.kind_of(kind)
    with _docker(root, say) as docker:
        return build(root, names, docker, lambda: _prepared(root, wanted, docker, say), say, base=wanted)


def plan(root: Path, select: Sequence[str], kind: str, say: Say) -> list[tuple[str, str, bool]]:
    """Name, reference, and whether it is there already, of each image that `build_images` would make sure of."""
    names, wanted = chosen(root, select), bases.kind_of(kind)
    with _docker(root, say) as docker:
        found = missing(root, names, docker, wanted)
    return [(name, source.reference(root, name), found[name] is not None) for name in names]


def load_images(root: Path, select: Sequence[str], nodes: Nodes, say: Say) -> list[Loaded]:
    """Have these images on the nodes, built where they must be. Nothing to do: docker is not even asked.

    Raises:
        HubfleetError: the nodes do not run, or an image could not be built or loaded.
    """
    names = chosen(root, select)
    references = {name: source.reference(root, name) for name in names}
    new = lacking(list(references.values()), nodes)
    if new:
        wanted = [name for name in names if references[name] in new]
        with _docker(root, say) as docker:
            build(root, wanted, docker, lambda: _prepared(root, None, docker, say), say)
            load(new, nodes, docker, say)
    return [Loaded(reference, reference in new) for reference in references.values()]


def on_nodes(root: Path, nodes: Nodes) -> bool:
    """Whether nodes run that have every image, so that nothing has to be built for them."""
    try:
        return not lacking([source.reference(root, name) for name in chosen(root, ())], nodes)
    except HubfleetError:
        return False


@contextmanager
def _docker(root: Path, say: Say) -> Iterator[Docker]:
    docker = Docker(toolchain.tool("docker", root))
    with daemon(docker, lambda: toolchain.tool("dockerd", root), say):
        yield docker


def _prepared(root: Path, kind: bases.Kind | None, docker: Docker, say: Say) -> bases.Ready:
    cache = paths.cache() / "images"
    return bases.prepare(source.base(root), kind, docker, cache, lambda name: toolchain.tool(name, root), say)
