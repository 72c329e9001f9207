"""The ways that need package registries: a real build with Go, and Go itself."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from hubfleet.toolchain import ensure, named, tool
from hubfleet.toolchain.golang import get_toolchain
from hubfleet.toolchain.install import carry_out
from hubfleet.toolchain.plan import Step, Way

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty cache for tools. Go keeps its own: the test is about installing, not about compiling."""
    if go := shutil.which("go"):
        for name in ("GOCACHE", "GOMODCACHE"):
            said = subprocess.run([go, "env", name], capture_output=True, text=True, check=True).stdout.strip()
            monkeypatch.setenv(name, said)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "fleet.yaml").write_text("tools: {age: 1.3.2}\n")
    return tmp_path


def test_a_module_is_built_into_an_empty_cache_and_found_again(root):
    said = []
    carry_out([Step(named("age"), (Way.GO,), 15)], root, said.append)
    age, keygen = tool("age", root), tool("age-keygen", root)
    assert age == root / "cache" / "hubfleet" / "tools" / "age" / "1.3.2" / "bin" / "age"
    assert [path.name for path in age.parent.parent.iterdir()] == ["bin"]
    key = subprocess.run([keygen], capture_output=True, check=True).stdout
    assert b"AGE-SECRET-KEY-" in key
    assert any(line.startswith("age 1.3.2: ready after") for line in said)
    said.clear()
    ensure(["age"], root, said.append)
    assert said == []


def test_go_itself_comes_from_its_package_and_builds(root, tmp_path):
    said = []
    go = get_toolchain(named("go"), said.append, threading.Event())
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "GOCACHE": str(tmp_path / "go"), "GOTOOLCHAIN": "local"}
    version = subprocess.run([go, "version"], capture_output=True, text=True, check=True, env=env).stdout
    assert version.startswith("go version go1.26.")
    (tmp_path / "main.go").write_text('package main\n\nfunc main() { println("built") }\n')
    ran = subprocess.run(
        [go, "run", "main.go"], capture_output=True, text=True, check=True, cwd=tmp_path, env=env | {"CGO_ENABLED": "0"}
    )
    assert ran.stderr == "built\n"
    assert sorted(path.name for path in go.parent.parent.parent.iterdir()) == [".lock", go.parent.parent.name]


def test_ctrl_c_in_a_build_leaves_nothing_and_nobody(root, tmp_path):
    code = f"""
        import sys
        from pathlib import Path
        from hubfleet.errors import HubfleetError
        from hubfleet.toolchain import named
        from hubfleet.toolchain.install import carry_out
        from hubfleet.toolchain.plan import Step, Way
        say = lambda line: print(line, flush=True)
        try:
            carry_out([Step(named("age"), (Way.GO,), 15)], Path({str(root)!r}), say)
        except HubfleetError as error:
            sys.exit(error.exit_code)
    """
    nothing_built = dict(os.environ, GOCACHE=str(tmp_path / "go-build"))
    argv = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=nothing_built) as process:
        assert "to build: age" in process.stdout.readline()
        time.sleep(2)
        assert builders(root)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert builders(root) == []
    folder = root / "cache" / "hubfleet" / "tools" / "age"
    assert [path.name for path in folder.iterdir()] == [".lock"]


def builders(root):
    """The processes that build into this test's cache."""
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"GOBIN={root}".encode() in each.read_bytes():
                found.append(each.parent.name)
        except OSError:
            continue
    return found
