"""A program in a container is waited for until it ends, not until kubectl does.

kubectl is a fake: it runs the program here and then stays, as the real one does when the program ended before it had
read all of its standard input. The programs, their guard and the signals are real.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.process import ProcessFailed
from hubfleet.tools import podexec
from hubfleet.tools.podexec import GUARD, Container

PROGRAMS = {
    "FULL": "import sys; sys.stdin.buffer.read(10); raise OSError(28, 'No space left on device')",
    "KILLED": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "WELL": "import sys; print(sys.argv[1:], sys.stdin.read()); print('by the way', end='', file=sys.stderr)",
    "STUCK": "import time; time.sleep(60)",
}


def container(folder: Path, *, stays: bool) -> Container:
    kubectl = folder / "kubectl"
    kubectl.write_text(f"""#!{sys.executable}
import subprocess, sys, time
words = sys.argv[sys.argv.index("--") + 2:]
code = subprocess.call([sys.executable, *words])
time.sleep(60 if {stays} else 0)
sys.exit(code)
""")
    kubectl.chmod(0o755)
    return Container(kubectl, process.environment(GUARD=GUARD, **PROGRAMS), "", "demo", "volume", "volume")


def fails(one: Container, program: str) -> ProcessFailed:
    begun = time.monotonic()
    with Path(os.devnull).open("rb") as nothing, pytest.raises(ProcessFailed) as caught:
        one.python(program, ("/volume",), stdin=nothing.fileno(), stdout=None, seconds=50)
    assert time.monotonic() - begun < 20
    return caught.value


@pytest.mark.parametrize("stays", [False, True])
def test_a_program_that_fails_ends_the_call(tmp_path: Path, stays: bool) -> None:
    trouble = fails(container(tmp_path, stays=stays), "FULL")
    assert trouble.what == "FULL in pod volume failed with exit code 1"
    assert trouble.evidence.endswith("OSError: [Errno 28] No space left on device")
    assert "hubfleet-" not in trouble.evidence


def test_a_program_that_is_killed_ends_the_call(tmp_path: Path) -> None:
    assert fails(container(tmp_path, stays=True), "KILLED").what == "KILLED in pod volume was killed by signal 9"


def test_a_program_that_ends_well_has_said_all(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("ä" * 100_000)
    with (tmp_path / "input").open("rb") as file:
        done = container(tmp_path, stays=False).python(
            "WELL", ("/volume", "x"), stdin=file.fileno(), stdout=None, seconds=50
        )
    assert done.stdout == f"['/volume', 'x'] {'ä' * 100_000}\n"
    assert "\nby the way\n" in done.stderr


@pytest.mark.parametrize(
    ("limit", "what"), [("_SILENT_SECONDS", "nothing was heard"), ("_STILL_SECONDS", "stood still")]
)
def test_a_standstill_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, what: str) -> None:
    monkeypatch.setattr(podexec, limit, 1.0)
    assert what in fails(container(tmp_path, stays=False), "STUCK").what
