import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hubfleet.process import Completed, ProcessFailed


class Recorder:
    """Stands in for `process.run`: remembers what was asked, and answers by the end of the command line."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.envs: list[dict[str, str]] = []
        self.answers: dict[str, Completed] = {}
        self.doing: dict[str, Callable[[list[str]], None]] = {}

    def answer(self, ending: str, stdout: str = "", stderr: str = "", returncode: int = 0) -> None:
        self.answers[ending] = Completed((), returncode, stdout, stderr, 0.0)

    def __call__(self, argv, *, env=None, cwd=None, stdin=None, stdout=None, timeout=600.0, ok=(0,), on_line=None):
        words = [str(word) for word in argv]
        self.calls.append(words)
        self.envs.append(dict(env or {}))
        line = " ".join(words)
        for ending, doing in self.doing.items():
            if ending in line:
                doing(words)
        for ending, completed in self.answers.items():
            if line.endswith(ending):
                if completed.returncode not in ok:
                    raise ProcessFailed(f"{words[0]} failed", replace(completed, argv=tuple(words)))
                return completed
        return Completed(tuple(words), 0, "", "", 0.0)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hubfleet"


@pytest.fixture
def root(tmp_path) -> Path:
    """A repository that pins the tools of these tests."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "fleet.yaml").write_text("tools:\n  helm: 4.3.1\n  kubernetes: 1.35.4\n  etcd: 3.6.5\n  age: 1.3.2\n")
    return folder


@pytest.fixture
def stop():
    return threading.Event()


@pytest.fixture
def program():
    """Make a file that can be run; what it would print does not matter where a recorder answers."""

    def make(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    return make
