"""Releases from a real HTTP server on loopback, which serves what it should, and everything that it should not."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.toolchain import install, reachable
from hubfleet.toolchain.catalogue import Module, Release, Tool
from hubfleet.toolchain.plan import Step, Way
from hubfleet.toolchain.release import Unavailable, platform_names
from hubfleet.toolchain.sight import in_cache

pytestmark = pytest.mark.integration

PROGRAM = b"#!/bin/sh\necho tiny v1.2.3\n" + b"# padding, so that a broken-off download has a first half\n" * 20_000


class _Answers(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.server.site.asked.append("HEAD")
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        site = self.server.site
        site.asked.append(self.path)
        if self.path not in site.files:
            self.send_error(404)
            return
        body = site.files[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = body[: site.break_off_after] if self.path in site.broken else body
        for start in range(0, len(sent), 1 << 16):
            self.wfile.write(sent[start : start + (1 << 16)])
            site.go_on.wait(site.pause)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Site:
    """A release host. `broken` paths end in the middle; without `go_on` it waits `pause` seconds after each part."""

    def __init__(self):
        self.files, self.asked, self.broken, self.break_off_after = {}, [], set(), 100_000
        self.pause = 30.0
        self.go_on = threading.Event()
        self.go_on.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
        self.server.daemon_threads = True
        self.server.site = self
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def publish(self, name: str, body: bytes, digest: str = "") -> None:
        self.files[f"/{name}"] = body
        self.files[f"/{name}.sha256"] = f"{digest or hashlib.sha256(body).hexdigest()}  {name}\n".encode()


@pytest.fixture
def site():
    each = Site()
    thread = threading.Thread(target=each.server.serve_forever, args=(0.02,))
    thread.start()
    yield each
    each.go_on.set()
    each.server.shutdown()
    thread.join()
    each.server.server_close()


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "fleet.yaml").write_text("tools: {tiny: 1.2.3}\n")
    return tmp_path


def tiny(site, file="tiny-{os}-{arch}", members=None, **more):
    url = f"{site.address}/{file}"
    return Tool(
        "tiny", ("tiny",), ("deploy",), pinned="tiny", release=Release(url, url + ".sha256", members or {}), **more
    )


def named(file):
    return file.format(**platform_names())


def get(tool, root, *ways):
    said = []
    install.carry_out([Step(tool, ways or (Way.RELEASE,), 1)], root, said.append)
    return said


def left(root):
    folder = root / "cache" / "hubfleet" / "tools" / "tiny"
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def archive_tgz(name):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for each in ("README", name, "../escape"):
            entry = tarfile.TarInfo(each)
            entry.size, entry.mode = len(PROGRAM), 0o600
            archive.addfile(entry, io.BytesIO(PROGRAM))
    return out.getvalue()


def archive_zip(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("LICENSE", "text")
        archive.writestr(name, PROGRAM)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "members", "body"),
    [
        ("tiny-{os}-{arch}", {}, PROGRAM),
        ("tiny-{os}-{arch}.tar.gz", {"tiny": "{os}-{arch}/tiny"}, archive_tgz(named("{os}-{arch}/tiny"))),
        ("tiny_{version}_{os}.zip", {"tiny": "tiny"}, archive_zip("tiny")),
    ],
)
def test_a_release_is_fetched_and_runs(site, root, file, members, body):
    site.publish(file.format(version="1.2.3", **platform_names()), body)
    get(tiny(site, file, members), root)
    program = in_cache(tiny(site), root) / "tiny"
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"tiny v1.2.3\n"
    assert left(root) == ["1.2.3"]
    assert [path.name for path in program.parent.iterdir()] == ["tiny"]


def test_a_wrong_checksum_leaves_nothing_and_is_not_worked_around(site, root):
    site.publish(named("tiny-{os}-{arch}"), PROGRAM, digest="ab" * 32)
    with pytest.raises(HubfleetError, match="not what its publisher says") as trouble:
        get(tiny(site, module=Module(("example.org/tiny",), 1)), root, Way.RELEASE, Way.GO)
    assert "ab" * 32 in trouble.value.evidence
    assert left(root) == []


def test_a_broken_download_leaves_nothing(site, root):
    name = named("tiny-{os}-{arch}")
    site.publish(name, PROGRAM)
    site.broken.add(f"/{name}")
    with pytest.raises(Unavailable, match="did not deliver") as trouble:
        get(tiny(site), root)
    assert trouble.value.where.endswith(name)
    assert left(root) == []


def test_a_file_that_is_not_there_leaves_nothing(site, root):
    with pytest.raises(Unavailable) as trouble:
        get(tiny(site), root)
    assert "404" in trouble.value.evidence
    assert left(root) == []


def test_an_archive_without_the_program_leaves_nothing(site, root):
    site.publish(named("tiny-{os}-{arch}.tar.gz"), archive_tgz("other"))
    with pytest.raises(HubfleetError, match="there is no tiny in the download"):
        get(tiny(site, "tiny-{os}-{arch}.tar.gz", {"tiny": "tiny"}), root)
    assert left(root) == []


def test_a_file_that_is_no_archive_leaves_nothing(site, root):
    site.publish(named("tiny-{os}-{arch}.tar.gz"), PROGRAM)
    with pytest.raises(HubfleetError, match="there is no tiny in the download"):
        get(tiny(site, "tiny-{os}-{arch}.tar.gz", {"tiny": "tiny"}), root)
    assert left(root) == []


def test_a_program_of_another_version_is_not_taken(site, root):
    site.publish(named("tiny-{os}-{arch}"), PROGRAM.replace(b"v1.2.3", b"v1.2.4"))
    with pytest.raises(HubfleetError, match=r"is not 1\.2\.3") as trouble:
        get(tiny(site), root)
    assert trouble.value.evidence == "it says 1.2.4"
    assert left(root) == []


def test_when_the_release_breaks_off_the_next_way_is_tried(site, root, tmp_path, monkeypatch):
    name = named("tiny-{os}-{arch}")
    site.publish(name, PROGRAM)
    site.broken.add(f"/{name}")
    # A fake go: says a version, and "builds" a script. What is tested is the change of ways, not Go.
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(
        "#!/bin/sh\n[ $1 = version ] && exec echo go version go1.99.0 linux/amd64\n"
        'printf "#!/bin/sh\\necho v1.2.3\\n" > "$GOBIN/tiny"; chmod +x "$GOBIN/tiny"\n'
    )
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:{os.environ['PATH']}")
    said = get(tiny(site, module=Module(("example.org/tiny",), 1)), root, Way.RELEASE, Way.GO)
    assert any("did not deliver; next way: built from its Go modules" in line for line in said)
    assert in_cache(tiny(site), root)
    assert left(root) == ["1.2.3"]


def test_one_that_fails_does_not_stop_the_others(site, root):
    (root / "fleet.yaml").write_text("tools: {tiny: 1.2.3, other: 1.2.3}\n")
    site.publish(named("tiny-{os}-{arch}"), PROGRAM)
    missing = Release(f"{site.address}/nothing", f"{site.address}/nothing.sha256")
    other = Tool("other", ("other",), ("deploy",), pinned="other", release=missing)
    steps = [Step(other, (Way.RELEASE,), 9), Step(tiny(site), (Way.RELEASE,), 1)]
    with pytest.raises(Unavailable):
        install.carry_out(steps, root, lambda _: None)
    assert in_cache(tiny(site), root)


def script(site, root):
    """Another person's installation: a process of its own."""
    code = f"""
        import sys
        from pathlib import Path
        from hubfleet.errors import HubfleetError
        from hubfleet.toolchain import install
        from hubfleet.toolchain.catalogue import Release, Tool
        from hubfleet.toolchain.plan import Step, Way
        url = "{site.address}/{named("tiny-{os}-{arch}")}"
        tool = Tool("tiny", ("tiny",), ("deploy",), pinned="tiny", release=Release(url, url + ".sha256"))
        try:
            say = lambda line: print(line, flush=True)
            install.carry_out([Step(tool, (Way.RELEASE,), 1)], Path({str(root)!r}), say)
        except HubfleetError as error:
            print("error:", error.what, flush=True)
            sys.exit(error.exit_code)
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_ctrl_c_in_the_middle_leaves_nothing(site, root):
    site.publish(named("tiny-{os}-{arch}"), PROGRAM)
    site.go_on.clear()
    site.pause = 0.5  # all of it would take nine seconds
    process = script(site, root)
    until(lambda: list(root.glob("cache/hubfleet/tools/tiny/.1.2.3.*/bin/tiny-*")))
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    output, _ = process.communicate(timeout=30)
    assert time.monotonic() - started < 4
    assert process.returncode == 130
    assert "interrupted" in output
    assert left(root) == []


def test_after_kill_9_the_next_installation_cleans_up(site, root):
    site.publish(named("tiny-{os}-{arch}"), PROGRAM)
    site.go_on.clear()
    process = script(site, root)
    until(lambda: list(root.glob("cache/hubfleet/tools/tiny/.1.2.3.*/bin/tiny-*")))
    process.kill()
    process.communicate(timeout=30)
    assert len(left(root)) == 1
    assert in_cache(tiny(site), root) is None
    site.go_on.set()
    get(tiny(site), root)
    assert left(root) == ["1.2.3"]


def test_two_people_at_once_download_once(site, root):
    name = named("tiny-{os}-{arch}")
    site.publish(name, PROGRAM)
    site.go_on.clear()
    first = script(site, root)
    until(lambda: f"/{name}" in site.asked)
    second = script(site, root)
    assert "another installation is at work" in second.stdout.readline()
    site.go_on.set()
    assert first.wait(30) == second.wait(30) == 0
    first.stdout.close(), second.stdout.close()
    assert site.asked.count(f"/{name}") == 1
    assert left(root) == ["1.2.3"]


@pytest.mark.root
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a small file system needs root on Linux")
def test_a_full_disk_leaves_nothing(site, root):
    site.publish(named("tiny-{os}-{arch}"), PROGRAM)
    small = root / "cache"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], check=False)
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        with pytest.raises(HubfleetError, match="the disk is full"):
            get(tiny(site), root)
        assert left(root) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_hosts_are_asked_quickly_and_once(site):
    # 203.0.113.0/24 is for documentation (RFC 5737): nobody answers, and most networks say nothing at all.
    silent = ["https://203.0.113.1", "https://203.0.113.2", "https://203.0.113.3", "https://no.such.host.invalid"]
    started = time.monotonic()
    said = reachable.answers([site.address, *silent])
    assert time.monotonic() - started < 7
    assert said[site.address] == ""
    assert all(said[address] for address in silent)
    assert reachable.answers([site.address, *silent]) == said
    assert site.asked == ["HEAD"]
