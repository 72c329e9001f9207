"""A door to programs that answers as docker, mmdebstrap and apt-get do, and remembers what it was asked.

It is a stand-in for the programs, not for what they do: tests/integration/test_images.py uses the real ones.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import tarfile
import threading
from io import BytesIO
from pathlib import Path

import pytest

from hubfleet.images.inputs import Machine
from hubfleet.process import Completed, ProcessFailed
from hubfleet.tools.docker import Docker

TARGETS = """\
Debian|bookworm|main|http://mirror.example.org/debian/
Debian|bookworm-updates|main|http://mirror.example.org/debian/
Debian|bookworm-security|main|http://mirror.example.org/debian-security/
Debian|bookworm|contrib|http://mirror.example.org/debian/
Other|bookworm|main|http://other.example.org/
"""
DOCKERFILE = """\
ARG BASE=debian:bookworm-20250520-slim
FROM ${BASE} AS python
FROM python AS pip
FROM pip AS build
COPY a.txt build-input[s] /build/
"""


class Programs:
    """Images by reference, and every call: the words, and the options of `run`."""

    def __init__(self):
        self.images: dict[str, dict] = {}
        self.calls: list[list[str]] = []
        self.options: list[dict] = []
        self.fails: dict[str, tuple[int, str]] = {}
        self.build_lines: list[str] = []
        self.targets = TARGETS
        self._lock = threading.Lock()

    def __call__(self, argv, **options):
        words = [str(word) for word in argv]
        with self._lock:
            self.calls.append(words)
            self.options.append(options)
        name = Path(words[0]).name
        answer = getattr(self, "_" + (words[1] if name == "docker" else name).replace("-", "_"))
        for line in self.build_lines if words[1] == "build" else ():
            options["on_line"](line)
        for marker, (code, said) in self.fails.items():
            if marker in words:
                return self._done(words, options, code, stderr=said)
        return self._done(words, options, *answer(words[2:], options))

    def asked(self, *words):
        """The calls that have all these words."""
        return [call for call in self.calls if set(words) <= set(call)]

    def contexts(self):
        """The build contexts: name of the file to its content."""
        found = []
        for call, options in zip(self.calls, self.options, strict=True):
            if "build" in call:
                with tarfile.open(fileobj=BytesIO(options["stdin"])) as tar:
                    found.append({m.name: tar.extractfile(m).read() for m in tar.getmembers()})
        return found

    def _done(self, words, options, code=0, stdout="", stderr=""):
        done = Completed(tuple(words), code, stdout, stderr, 0.1)
        if code not in options.get("ok", (0,)):
            raise ProcessFailed(f"{Path(words[0]).name} failed with exit code {code}", done)
        return done

    def _version(self, words, options):
        return 0, "20.10.24\n"

    def _image(self, words, options):
        there = [self.images[name] | {"RepoTags": [name]} for name in words[1:] if name in self.images]
        missing = [f"Error: No such image: {name}" for name in words[1:] if name not in self.images]
        return (1 if missing else 0), json.dumps(there), "\n".join(missing)

    def _build(self, words, options):
        labels = dict(each.split("=", 1) for flag, each in itertools.pairwise(words) if flag == "--label")
        image = f"sha256:{len(self.calls):064d}"
        self.images[image] = {"Id": image, "Size": 1000000, "Config": {"Labels": labels}}
        Path(words[words.index("--iidfile") + 1]).write_text(image)
        return (0,)

    def _tag(self, words, options):
        self.images[words[1]] = self.images[words[0]]
        return (0,)

    def _run(self, words, options):
        return (0,)

    def _pull(self, words, options):
        self.images[words[0]] = {"Id": "sha256:1", "Size": 1, "Config": {}}
        return (0,)

    def _import(self, words, options):
        assert Path(words[0]).is_file()
        self.images[words[1]] = {"Id": "sha256:2", "Size": 1, "Config": {}}
        return (0,)

    def _save(self, words, options):
        try:
            os.write(options["stdout"], f"archive of {' '.join(words)}".encode())
        except BrokenPipeError:
            return (-signal.SIGPIPE,)  # as a program of its own would end
        return (0,)

    def _apt_get(self, words, options):
        return 0, self.targets

    def _unshare(self, words, options):
        Path(words[-2]).write_text("a base")
        return (0,)


@pytest.fixture
def programs():
    return Programs()


@pytest.fixture
def docker(programs):
    return Docker(Path("/usr/bin/docker"), programs)


@pytest.fixture
def machine():
    """A machine with nothing special."""
    return Machine({}, (), ())


@pytest.fixture
def root(tmp_path):
    """A repository with two images."""
    folder = tmp_path / "repository" / "images"
    for name in ("hub", "user"):
        (folder / name).mkdir(parents=True)
        (folder / name / "Dockerfile").write_text(DOCKERFILE)
        (folder / name / "a.txt").write_text(name)
        (folder / name / "test.sh").write_text("true\n")
    (folder / "base.toml").write_text(
        'release = "bookworm"\n[public]\nimage = "debian:bookworm-20250520-slim"\n'
        '[packages]\nvariant = "minbase"\nleave_out = ["/usr/share/doc/*"]\nkeep = ["/usr/share/doc/*/copyright"]\n'
    )
    return folder.parent


@pytest.fixture
def said():
    """What was said to the person."""
    return []
