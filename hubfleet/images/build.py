"""Build images: what docker has under its content name is left alone, the rest is built, tried out, then named.

So a name that exists stands for an image that was built whole and passed its `test.sh`. Layers that the images share
are built once, before the rest is built side by side.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hubfleet.errors import HubfleetError
from hubfleet.images import inputs, source
from hubfleet.images.base import Kind, Ready
from hubfleet.process import ProcessFailed, interrupt_all
from hubfleet.tools.docker import BuildFailed, Docker, Image

Say = Callable[[str], None]

BASE_LABEL = "hubfleet.base"
SHARED_STAGE = "pip"  # the last stage that is the same in every Dockerfile
_AT_ONCE = 2
_EXPECTED_SECONDS = {"hub": 45, "proxy": 15, "user": 65}
_SHARED_SECONDS = 20
_LEGACY_STEP = re.compile(r"^Step (\d+/\d+) : (RUN|COPY --from)")
_BUILDKIT_STEP = re.compile(r"^#\d+ \[(.+?)\] (RUN|COPY --from)")


@dataclass(frozen=True)
class Built:
    """An image that docker has.

    Args:
        new: it was built now, not found.
        seconds: how long that took.
        size: of all its layers, in bytes.
        base: which kind of base it stands on.
    """

    name: str
    reference: str
    new: bool
    seconds: float
    size: int
    base: str


class GetBase(Protocol):
    """Have a base ready; called only when something must be built."""

    def __call__(self) -> Ready: ...


def chosen(root: Path, select: Sequence[str]) -> tuple[str, ...]:
    """The images that were asked for, each once; all of them where nothing was.

    Raises:
        WrongUsage: no image is called that.
    """
    for name in select:
        source.folder(root, name)
    return tuple(dict.fromkeys(select)) or source.names(root)


def missing(root: Path, names: Sequence[str], docker: Docker, base: Kind | None = None) -> dict[str, Image | None]:
    """What docker has of these images, by name; None where one must be built. One call of docker.

    Args:
        root: the repository.
        names: the images.
        docker: whose daemon runs.
        base: a person's choice: an image on the other kind of base counts as missing.
    """
    references = {name: source.reference(root, name) for name in names}
    there = docker.images(list(references.values()))
    found = {name: there.get(reference) for name, reference in references.items()}
    wrong = [name for name, image in found.items() if image and base and image.labels.get(BASE_LABEL) != base]
    return found | dict.fromkeys(wrong, None)


def build(
    root: Path,
    names: Sequence[str],
    docker: Docker,
    get_base: GetBase,
    say: Say,
    *,
    base: Kind | None = None,
    machine: inputs.Machine | None = None,
) -> list[Built]:
    """Have these images in docker, under their content names.

    Args:
        root: the repository.
        names: the images.
        docker: whose daemon runs.
        get_base: called once, and only when something must be built.
        say: gets a line for each step that a person waits for.
        base: the kind of base that a person chose, if one did.
        machine: where the machine's own settings are looked for; default: this machine.

    Returns:
        In the order of `names`.

    Raises:
        BuildFailed: a build or a test failed; the images that were fine have their names.
        HubfleetError: no base could be had.
    """
    found = missing(root, names, docker, base)
    lacking = [name for name in names if found[name] is None]
    built: dict[str, Built] = {}
    if lacking:
        expected = sum(_EXPECTED_SECONDS.get(name, 60) for name in lacking) * 2 // 3 + _SHARED_SECONDS
        say(f"building {', '.join(lacking)}: about {expected} s with two cores")
        ready = get_base()
        builder = _Builder(root, docker, ready, machine or inputs.this_machine(), say)
        if len(lacking) > 1:
            builder.shared(lacking)
        built = _side_by_side(builder, lacking)
    for name, image in found.items():
        if image is not None:
            reference = source.reference(root, name)
            built[name] = Built(name, reference, False, 0.0, image.size, image.labels.get(BASE_LABEL, ""))
    return [built[name] for name in names]


class _Builder:
    """What all builds of one call have in common."""

    def __init__(self, root: Path, docker: Docker, base: Ready, machine: inputs.Machine, say: Say) -> None:
        self._root, self._docker, self._base, self._say = root, docker, base, say
        self._inputs = inputs.build_inputs(machine)
        self._arguments: dict[str, str | None] = {"BASE": base.reference} | dict.fromkeys(inputs.proxies(machine))

    def shared(self, names: Sequence[str]) -> None:
        """Build the layers that these images share. It is no loss where they share none: the builds come after."""
        for name in names:
            if re.search(rf"^FROM .* AS {SHARED_STAGE}$", self._dockerfile(name), re.MULTILINE):
                self._say("building the layers that the images share")
                self._build(name, SHARED_STAGE)
                return

    def image(self, name: str) -> Built:
        """Build an image, try it out, name it."""
        started = time.monotonic()
        reference = source.reference(self._root, name)
        image = self._build(name)
        self._check(name, image)
        self._docker.tag(image, reference)
        size = self._docker.images([reference])[reference].size
        seconds = time.monotonic() - started
        self._say(f"{name}: built and tested in {seconds:.0f} s, {size / 1e6:.0f} MB")
        return Built(name, reference, True, seconds, size, self._base.kind)

    def _build(self, name: str, target: str = "") -> str:
        home = source.folder(self._root, name)
        files = [(file.relative_to(home).as_posix(), file) for file in source.files(self._root, name)]
        context = inputs.archive(files, self._inputs)
        try:
            return self._docker.build(
                context,
                arguments=self._arguments,
                labels={BASE_LABEL: self._base.kind},
                target=target,
                on_line=_Steps(name, self._say),
            )
        except BuildFailed as failed:
            raise BuildFailed(
                f"the image {name} could not be built",
                where=f"{home / 'Dockerfile'}",
                evidence=failed.evidence,
                next_step=failed.next_step or f"correct it, then: ./inv image-build -s {name}",
            ) from None

    def _check(self, name: str, image: str) -> None:
        test = source.folder(self._root, name) / source.TESTS
        if not test.is_file():
            return
        try:
            self._docker.check(image, test.read_bytes())
        except ProcessFailed as failed:
            raise BuildFailed(
                f"the image {name} was built, but fails its test, so it got no name",
                where=str(test),
                evidence=failed.evidence,
                next_step=f"look into it: docker run --rm -it --network none --entrypoint bash {image[:19]}",
            ) from None

    def _dockerfile(self, name: str) -> str:
        return (source.folder(self._root, name) / "Dockerfile").read_text()


def _side_by_side(builder: _Builder, names: Sequence[str]) -> dict[str, Built]:
    """Build two at a time, the longest first. A failure is raised when the others have ended."""
    longest_first = sorted(names, key=lambda name: -_EXPECTED_SECONDS.get(name, 60))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        futures = {name: pool.submit(builder.image, name) for name in longest_first}
        try:
            wait(futures.values(), return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            interrupt_all()
            raise
        finally:
            for future in futures.values():
                future.cancel()
    failures = [future.exception() for future in futures.values() if not future.cancelled() and future.exception()]
    for failure in sorted(failures, key=lambda each: not isinstance(each, HubfleetError)):
        if failure is not None:
            raise failure
    return {name: future.result() for name, future in futures.items()}


class _Steps:
    """Says which step a build has reached: those that take time and are not taken from an earlier build."""

    def __init__(self, name: str, say: Say) -> None:
        self._name, self._say, self._step = name, say, ""

    def __call__(self, line: str) -> None:
        if legacy := _LEGACY_STEP.match(line):
            self._step = legacy[1]
        elif buildkit := _BUILDKIT_STEP.match(line):
            self._say(f"{self._name}: step {buildkit[1]}")
        elif self._step and "Using cache" not in line:
            self._say(f"{self._name}: step {self._step}")
            self._step = ""
        else:
            self._step = ""
