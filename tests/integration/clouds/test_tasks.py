"""`inv versions`, `inv leftovers` and `inv cluster-shell`, as people and programs use them."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.fakes.gke import FakeGke

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
INV = [sys.executable, "-m", "hubfleet.cli.program", "--search-root", str(ROOT)]
ON_TERMINAL = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
KUBECONFIG = {
    "apiVersion": "v1", "kind": "Config", "current-context": "production",
    "contexts": [{"name": name, "context": {"cluster": name, "user": "me"}} for name in ("kind", "production")],
    "clusters": [{"name": name, "cluster": {"server": f"https://{name}.invalid"}} for name in ("kind", "production")],
    "users": [{"name": "me", "user": {"token": "secret-token", "client-key": "keys/me.key"}}],
}  # fmt: skip


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(yaml.safe_load((ROOT / "schemas" / f"{name}.schema.yaml").read_text()))


def inv(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*INV, *words], cwd=root, capture_output=True, text=True, check=False, timeout=120)


def test_versions_of_a_fleet_that_is_partly_out_of_reach(fake_gke: FakeGke, root: Path) -> None:
    done = inv(root, "versions", "--json")

    assert done.returncode == 0, "unreachable clusters are rows, not failures"
    found = json.loads(done.stdout)
    schema("versions").validate(found)
    by_name = {each["cluster"]: each for each in found["clusters"]}
    assert by_name["west"]["control_plane"] == "1.33.5-gke.100"
    assert by_name["west"]["end_of_support"] == "2027-02-27"
    assert not by_name["europe"]["reachable"]
    assert by_name["europe"]["next_step"].startswith("az login")
    assert inv(root, "versions", "-s", "europe").returncode == 1, "who asks for it by name wants to hear it"
    assert "2027-02-27" in inv(root, "versions", "-s", "west").stdout


def test_leftovers(fake_gke: FakeGke, root: Path) -> None:
    done = inv(root, "leftovers", "-s", "west", "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    schema("leftovers").validate(found)
    assert found["clusters"][0]["complete"]
    assert inv(root, "leftovers", "-s", "nowhere").returncode == 2


@dataclass
class Terminal:
    """A person at a terminal: what they type, what they see."""

    process: subprocess.Popen[bytes]
    descriptor: int
    seen: str = ""

    def until(self, text: str, seconds: float = 60) -> str:
        """What came until the text was there."""
        ends = time.monotonic() + seconds
        while text not in self.seen:
            ready, _, _ = select.select([self.descriptor], [], [], max(ends - time.monotonic(), 0))
            assert ready, f"no {text!r} in {self.seen!r}"
            self.seen += self._read()
        found, _, self.seen = self.seen.partition(text)
        return found

    def type(self, line: str) -> None:
        os.write(self.descriptor, f"{line}\n".encode())

    def _read(self) -> str:
        try:
            return os.read(self.descriptor, 65536).decode(errors="replace")
        except OSError:  # the other end has gone
            pytest.fail(f"the terminal closed: {self.seen!r}")


@contextmanager
def shell(root: Path, cluster: str, program: str) -> Iterator[Terminal]:
    """`inv cluster-shell` on a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (40, 200))
    env = {**os.environ, "SHELL": program, "PS1": "$ ", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", ON_TERMINAL, str(theirs), *INV, "cluster-shell", cluster],
        cwd=root, env=env, pass_fds=[theirs],
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)


@pytest.fixture
def mine(root: Path) -> Path:
    """A cluster behind one of two contexts of the person's kubeconfig."""
    file = Path.home() / "config"
    file.write_text(yaml.safe_dump(KUBECONFIG))
    place = {"context": "kind", "file": str(file)}
    folder = root / "clusters/mine"
    folder.mkdir()
    (folder / "cluster.yaml").write_text(
        yaml.safe_dump({"name": "mine", "provider": "kubeconfig", "kubeconfig": place, "hubs": []})
    )
    return file


def left() -> list[Path]:
    """Kubeconfigs of hubfleet's that are on this machine."""
    return sorted((Path.home() / "runtime/hubfleet").glob("*/*kubeconfig"))


@pytest.mark.parametrize("program", ["/bin/bash", "/bin/sh"])
def test_shell_names_the_cluster_and_sees_no_other(program: str, root: Path, mine: Path) -> None:
    (Path.home() / ".bashrc").write_text("export PATH=/usr/bin:/bin KUBECONFIG=/elsewhere PS1='$ '\n")

    with shell(root, "mine", program) as terminal:
        terminal.until("[mine] ")
        terminal.type(
            "echo in=$HUBFLEET_CLUSTER; command -v kubectl; kubectl config get-contexts -o name; echo done=$?"
        )
        output = terminal.until("done=0")
        assert "in=mine" in output
        assert "/runtime/hubfleet/p-" in output, "the pinned kubectl comes first"
        assert "kind" in output
        assert "production" not in output
        (kubeconfig,) = left()
        copied = json.loads(kubeconfig.read_text())
        assert kubeconfig.stat().st_mode & 0o777 == 0o600
        assert copied["users"][0]["user"]["client-key"] == str(mine.parent / "keys/me.key")
        terminal.type("exit 7")
        assert terminal.process.wait(60) == 7
    assert left() == []
    assert "production" in mine.read_text(), "the person's own file is as it was"


def test_shell_of_a_cloud_cluster(fake_gke: FakeGke, root: Path) -> None:
    with shell(root, "west", "/bin/bash") as terminal:
        terminal.until("[west] ")
        terminal.type("kubectl config view --minify -o jsonpath='{.users[0].user.exec.args}'; echo; echo done=$?")
        assert "hubfleet.clouds.credential" in terminal.until("done=0")
        terminal.type("exit 0")
        assert terminal.process.wait(60) == 0
    assert left() == []


def test_terminated_shell_leaves_nothing(root: Path, mine: Path) -> None:
    with shell(root, "mine", "/bin/bash") as terminal:
        terminal.until("[mine] ")
        terminal.process.terminate()
        assert terminal.process.wait(60) == 128 + signal.SIGTERM
    assert left() == []


def test_what_a_killed_shell_left_goes_with_the_next_start(root: Path, mine: Path) -> None:
    with shell(root, "mine", "/bin/bash") as terminal:
        terminal.until("[mine] ")
        terminal.process.kill()
        terminal.process.wait()
    assert len(left()) == 1

    with shell(root, "mine", "/bin/bash") as terminal:
        terminal.until("[mine] ")
        assert len(left()) == 1, "the dead one's is gone, the living one's is there"
        terminal.type("exit")
        terminal.process.wait(60)
    assert left() == []


def test_unknown_cluster(root: Path) -> None:
    done = inv(root, "cluster-shell", "wset")

    assert done.returncode == 2
    assert "did you mean west" in done.stderr
