"""docker, one process per call: words in, typed results out. Debian's 20.10 and newer, legacy builder or BuildKit.

Which daemon is meant, and the person's logins to image registries, come from the environment as for docker itself.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.process import OnLine, ProcessFailed, Run

_PASSED_ON = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_BUILDKIT",
)
_BUILD_SECONDS = 1800.0
_SAVE_SECONDS = 900.0
_EVIDENCE_LINES = 25
_STEP = re.compile(r"^Step \d+/\d+ : |^#\d+ \[")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FULL = re.compile(r"no space left on device", re.IGNORECASE)


@dataclass(frozen=True)
class Image:
    """An image that docker has: its id, its size in bytes, its labels."""

    id: str
    size: int
    labels: Mapping[str, str] = field(default_factory=dict)


class BuildFailed(HubfleetError):
    """A build failed. The evidence is the step that failed, with the last lines of what it said."""


class Docker:
    """docker's commands.

    Args:
        program: the path of docker.
        run: the door to programs.
    """

    def __init__(self, program: Path, run: Run = process.run) -> None:
        self._program = program
        self._run = run

    def refusal(self) -> str:
        """Why no daemon answers, in docker's words; empty when one does."""
        asked = self._call("version", "--format", "{{.Server.Version}}", timeout=20, ok=range(256))
        return (
            "" if asked.returncode == 0 else (asked.stderr.strip() or asked.stdout.strip() or "docker version failed")
        )

    def containers(self) -> int:
        """How many containers run; 0 also when no daemon answers."""
        return len(self._call("ps", "--quiet", timeout=20, ok=range(256)).stdout.split())

    def images(self, references: Sequence[str]) -> dict[str, Image]:
        """Those of these images that docker has. One call, whatever their number."""
        asked = self._call("image", "inspect", *references, timeout=60, ok=(0, 1))
        return parse_images(asked.stdout, references)

    def build(
        self,
        context: bytes,
        *,
        arguments: Mapping[str, str | None],
        labels: Mapping[str, str],
        target: str = "",
        on_line: OnLine | None = None,
    ) -> str:
        """Build an image.

        Args:
            context: a tar archive with the Dockerfile; it goes through a pipe, never onto the disk.
            arguments: build arguments; a value of None is taken from the environment, so that it is in no argv.
            labels: what the image says of itself.
            target: the stage to stop after; default: the last one.
            on_line: called with each line that docker says.

        Returns:
            The image's id. It has no name yet.

        Raises:
            BuildFailed: with the step that failed and what it said.
        """
        said: list[str] = []

        def hear(line: str) -> None:
            said.append(_COLOUR.sub("", line))
            if on_line is not None:
                on_line(said[-1])

        with tempfile.TemporaryDirectory(prefix="hubfleet-build-") as folder:
            id_file = Path(folder) / "id"
            words: list[str | Path] = [
                self._program,
                "build",
                "--network",
                "host",
                "--force-rm",
                "--iidfile",
                str(id_file),
            ]
            for name, value in arguments.items():
                words += ["--build-arg", name if value is None else f"{name}={value}"]
            for name, value in labels.items():
                words += ["--label", f"{name}={value}"]
            words += ["--target", target] if target else []
            passed = {name: os.environ[name] for name, value in arguments.items() if value is None}
            try:
                self._run([*words, "-"], env=_env(**passed), stdin=context, timeout=_BUILD_SECONDS, on_line=hear)
            except ProcessFailed as failed:
                raise _build_failed(said, failed) from None
            return id_file.read_text().strip()

    def tag(self, image: str, reference: str) -> None:
        """Give an image a name; it moves there from the image that had it."""
        self._call("tag", image, reference, timeout=60)

    def pull(self, reference: str, on_line: OnLine | None = None) -> None:
        """Get an image from its registry.

        Raises:
            ProcessFailed: no registry, no such image, no permission.
        """
        self._run([self._program, "pull", reference], env=_env(), timeout=_SAVE_SECONDS, on_line=on_line)

    def import_archive(self, archive: Path, reference: str) -> None:
        """Make an image with one layer of a tar archive of files."""
        self._call("import", str(archive), reference, timeout=_SAVE_SECONDS)

    def save(self, references: Sequence[str], into: int) -> None:
        """Write these images, each shared layer once, to an open file descriptor."""
        self._run([self._program, "save", *references], env=_env(), stdout=into, timeout=_SAVE_SECONDS)

    def check(self, image: str, script: bytes) -> None:
        """Run a shell script in a container of the image, as the image's user, without a network.

        Raises:
            ProcessFailed: the script failed, with what it said.
        """
        words = ["run", "--rm", "--interactive", "--network", "none", "--entrypoint", "sh", image, "-s"]
        self._run([self._program, *words], env=_env(), stdin=script, timeout=300)

    def _call(self, *words: str, timeout: float, ok: Sequence[int] | range = (0,)) -> process.Completed:
        return self._run([self._program, *words], env=_env(), timeout=timeout, ok=ok)


def parse_images(inspected: str, references: Sequence[str]) -> dict[str, Image]:
    """What `docker image inspect` printed, by the names that were asked for."""
    found: dict[str, Image] = {}
    for each in json.loads(inspected or "[]"):
        labels = (each.get("Config") or {}).get("Labels") or {}
        image = Image(id=each["Id"], size=int(each["Size"]), labels=labels)
        found |= {name: image for name in references if name in (each.get("RepoTags") or ())}
    return found


def failing_step(said: Sequence[str]) -> str:
    """The part of a build's output that shows why it failed, of the legacy builder or of BuildKit.

    BuildKit repeats the failing step between dashes at the end; the legacy builder stops in the middle of it.
    """
    dashes = [number for number, line in enumerate(said) if line.startswith("------")]
    if len(dashes) >= 2:  # noqa: PLR2004
        return "\n".join(_shortened(line) for line in said[dashes[-2] + 1 :] if not line.startswith("---"))
    steps = [number for number, line in enumerate(said) if _STEP.match(line)]
    start = steps[-1] if steps else 0
    head, lines = said[start : start + 1], [line for line in said[start + 1 :] if line.strip()]
    return "\n".join(_shortened(line) for line in [*head, *lines[-_EVIDENCE_LINES:]])


def _build_failed(said: Sequence[str], failed: ProcessFailed) -> BuildFailed:
    evidence = failing_step(said) or failed.evidence
    full = _FULL.search(evidence)
    return BuildFailed(
        "docker could not build the image" if said else failed.what,
        where=failed.where,
        evidence=evidence,
        next_step="free some space: `docker system df` shows what docker keeps" if full else "",
    )


def _shortened(line: str) -> str:
    longest = 300
    return line if len(line) <= longest else line[:longest] + " ..."


def _env(**passed: str) -> dict[str, str]:
    chosen = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return process.environment(**chosen, **passed)
