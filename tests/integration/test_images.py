"""The images with the real programs: docker in both of its builders, mmdebstrap, containerd.

Small images of a repository of their own show how building works; the repository's own three are built too, which takes
some minutes where docker does not have them yet.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path

import pytest

from hubfleet import images, toolchain
from hubfleet.errors import HubfleetError
from hubfleet.images import delivery, inputs, source
from hubfleet.images.build import BuildFailed, build
from hubfleet.images.daemon import FOLDER, daemon, ours
from hubfleet.images.load import load
from hubfleet.process import run
from hubfleet.tools.docker import Docker

pytestmark = [pytest.mark.integration, pytest.mark.root, pytest.mark.timeout(1800)]

REPOSITORY = Path(__file__).parents[2]
MARKER = b"-----BEGIN CERTIFICATE-----\nTWFya2VyT2ZUaGVNYWNoaW5lc093bkF1dGhvcml0eQ==\n-----END CERTIFICATE-----\n"
SECRET_LINE = b"TWFya2VyT2ZUaGVNYWNoaW5lc093bkF1dGhvcml0eQ"
# A shell that starts programs in the background lets them ignore Ctrl-C; these must not.
HEEDING = ("env", "--default-signal=INT")
DOCKERFILE = """\
ARG BASE=debian:bookworm-20250520-slim
FROM ${BASE} AS python
RUN echo python > /python
FROM python AS pip
RUN echo pip > /pip
FROM pip AS build
COPY a.txt build-input[s] /build/
RUN mkdir /image && cp /build/a.txt /image/ && if [ -f /build/ca.pem ]; then echo yes > /image/had-a-bundle; fi
FROM python
COPY --from=build /image/ /image/
USER 1000
"""
TEST = '[ "$(id -u)" = 1000 ]\n[ -f /python ]\n[ ! -e /pip ]\n[ -s /image/a.txt ]\n'


def or_skip(reason):
    """Missing programs are skipped on a person's machine, and fail where CI has installed them."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def docker():
    """docker, with a daemon as the product gets it. Afterwards it is as it was."""
    if sys.platform != "linux" or os.geteuid() != 0:
        or_skip("a docker daemon is started by root on Linux")
    try:
        program, dockerd = toolchain.tool("docker", REPOSITORY), toolchain.tool("dockerd", REPOSITORY)
        toolchain.tool("mmdebstrap", REPOSITORY)
    except HubfleetError as missing:
        or_skip(f"{missing.what}: {missing.next_step}")
    found = Docker(program)
    ran = not found.refusal()
    with daemon(found, lambda: dockerd, print):
        yield found
    assert bool(found.refusal()) is not (ran or bool(ours(FOLDER)))


@pytest.fixture
def root(tmp_path, docker):
    """A repository with two small images."""
    folder = tmp_path / "repository"
    for name in ("hub", "user"):
        (folder / "images" / name).mkdir(parents=True)
        (folder / "images" / name / "Dockerfile").write_text(DOCKERFILE)
        (folder / "images" / name / "a.txt").write_text(f"{name} of {tmp_path}\n")
        (folder / "images" / name / "test.sh").write_text(TEST)
    shutil.copy(REPOSITORY / "images/base.toml", folder / "images")
    for file in ("fleet.yaml", "tasks.py"):
        shutil.copy(REPOSITORY / file, folder)
    yield folder
    for name in ("hub", "user"):
        run([toolchain.tool("docker", REPOSITORY), "image", "rm", images.reference(folder, name)], ok=(0, 1))


@pytest.fixture(scope="module")
def base(docker):
    """The base of packages: from this machine's cache, or made now."""
    return delivery.make_base(REPOSITORY, "packages", print)


def invoke(root, *words):
    """A task as a person calls it."""
    env = os.environ | {"PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "invoke", *words],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def layers_of(program, image):
    """Every layer of the image, as bytes, and its whole description, from `docker save`."""
    saved = subprocess.run([program, "save", image], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(saved)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}


def test_a_build_is_done_once_and_then_takes_no_time(root, docker, base, capsys):
    built = delivery.build_images(root, [], "packages", print)
    assert [(each.name, each.new) for each in built] == [("hub", True), ("user", True)]
    assert set(docker.images([each.reference for each in built])) == {
        images.reference(root, n) for n in ("hub", "user")
    }
    started = time.monotonic()
    assert [each.new for each in delivery.build_images(root, [], "packages", print)] == [False, False]
    assert time.monotonic() - started < 5
    (root / "images/hub/a.txt").write_text("changed\n")
    assert [each.new for each in delivery.build_images(root, [], "packages", print)] == [True, False]


def builders():
    """docker programs that have the builder, with the setting that chooses it."""
    found = {}
    for folder in os.environ["PATH"].split(os.pathsep):
        program = Path(folder) / "docker"
        if program.is_file():
            buildkit = subprocess.run([program, "buildx", "version"], capture_output=True, check=False).returncode == 0
            version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
            built_in = "version 20." in version
            found.setdefault("legacy", program)
            if buildkit or built_in:
                found.setdefault("buildkit", program)
    return found


@pytest.mark.parametrize("builder", ["legacy", "buildkit"])
def test_a_machine_with_nothing_special_builds_too(root, docker, base, builder, monkeypatch):
    program = builders().get(builder)
    if program is None:
        pytest.skip(f"no docker here has the builder {builder}")
    monkeypatch.setenv("DOCKER_BUILDKIT", "1" if builder == "buildkit" else "0")
    (built,) = build(root, ["user"], Docker(program), lambda: base, print, machine=inputs.Machine({}, (), ()))
    assert not any(b"had-a-bundle" in content for content in layers_of(program, built.reference).values())


@pytest.mark.parametrize("builder", ["legacy", "buildkit"])
def test_the_machines_ca_bundle_reaches_the_build_and_not_the_image(root, docker, base, builder, tmp_path, monkeypatch):
    program = builders().get(builder)
    if program is None:
        pytest.skip(f"no docker here has the builder {builder}")
    monkeypatch.setenv("DOCKER_BUILDKIT", "1" if builder == "buildkit" else "0")
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(MARKER)
    machine = inputs.Machine({"SSL_CERT_FILE": str(bundle), "PIP_INDEX_URL": "https://marker.example.org/"}, (), ())
    (built,) = build(root, ["hub"], Docker(program), lambda: base, print, machine=machine)
    members = layers_of(program, built.reference)
    assert any(b"had-a-bundle" in content for content in members.values()), "the build did not get the bundle"
    for name, content in members.items():
        assert SECRET_LINE not in content, name
        assert b"marker.example.org" not in content, name
        assert b"build/ca.pem" not in content.replace(b"/build/ca.pem ]; then", b""), name


def test_a_broken_dockerfile_shows_the_step_and_exits_1(root, base):
    dockerfile = root / "images/hub/Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("echo python", "echo before && no-such-program"))
    done = invoke(root, "image-build", "-s", "hub", "--base", "packages")
    assert done.returncode == 1
    assert "no-such-program: not found" in done.stderr
    assert "RUN echo before && no-such-program" in done.stderr
    assert "images/hub/Dockerfile" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_build_ends_at_once_and_leaves_nothing(root, docker, base):
    dockerfile = root / "images/hub/Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("echo python", "echo waiting && sleep 97"))
    words = [*HEEDING, sys.executable, "-m", "invoke", "image-build", "-s", "hub", "--base", "packages"]
    env = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        words, cwd=root, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        eventually(lambda: _mentions("sleep 97"), "the step runs")
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "interrupted" in said
    eventually(lambda: not _mentions("sleep 97"), "the step has ended")
    assert docker.images([images.reference(root, "hub")]) == {}


def test_an_image_that_fails_its_test_gets_no_name(root, docker, base):
    (root / "images/hub/test.sh").write_text("echo the proof is missing >&2\nexit 1\n")
    with pytest.raises(BuildFailed, match="fails its test") as caught:
        delivery.build_images(root, ["hub"], "packages", print)
    assert "the proof is missing" in caught.value.evidence
    assert docker.images([images.reference(root, "hub")]) == {}


@pytest.mark.parametrize("task", ["image-build", "image-load"])
def test_an_unknown_image_exits_2_with_the_near_one(root, task):
    done = invoke(root, task, "-s", "hubb")
    assert done.returncode == 2
    assert "did you mean 'hub'" in done.stderr


def test_the_plan_changes_nothing_and_json_is_for_programs(root, docker, base):
    planned = invoke(root, "image-build", "--plan-only", "--json")
    assert [each["state"] for each in json.loads(planned.stdout)["images"]] == ["to build", "to build"]
    assert docker.images([images.reference(root, "hub")]) == {}
    built = invoke(root, "image-build", "-s", "hub", "--base", "packages", "--json")
    (image,) = json.loads(built.stdout)["images"]
    assert image["reference"] == images.reference(root, "hub")
    assert image["new"] is True


def test_a_machine_without_docker_says_how_to_get_it(root):
    env = {"PATH": "/nowhere", "HOME": os.environ["HOME"], "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "image-build"], cwd=root, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "./inv tools-install -s docker" in done.stderr


class Containerd:
    """A containerd of its own, as the local cluster's node has one."""

    def __init__(self, folder):
        self.socket = folder / "c.sock"
        self.ctr = ["ctr", "--address", str(self.socket), "--namespace", "k8s.io"]

    def images(self):
        return tuple(run([*self.ctr, "images", "ls", "-q"]).stdout.split())

    def import_images(self, archive):
        run([*self.ctr, "images", "import", str(archive)])


@pytest.fixture
def containerd(tmp_path):
    if shutil.which("containerd") is None:
        or_skip("containerd is missing: ./inv tools-install -s containerd")
    node = Containerd(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
    words = ["--config", config, "--root", tmp_path / "root", "--state", tmp_path / "state", "--address", node.socket]
    process = subprocess.Popen(["containerd", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not node.socket.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield node
    process.terminate()
    process.wait(30)


def test_images_go_to_a_node_in_one_stream_and_only_once(root, docker, base, containerd):
    references = [each.reference for each in delivery.build_images(root, [], "packages", print)]
    assert [each.new for each in load(references, containerd, docker, print)] == [True, True]
    assert set(references) <= set(containerd.images())
    assert [each.new for each in load(references, containerd, docker, print)] == [False, False]


def test_a_node_that_goes_away_ends_the_stream(root, docker, base, containerd, monkeypatch):
    references = [each.reference for each in delivery.build_images(root, ["hub"], "packages", print)]
    import_images = containerd.import_images
    monkeypatch.setattr(containerd, "import_images", lambda archive: import_images(f"{archive}/not-there"))
    started = time.monotonic()
    with pytest.raises(HubfleetError, match="ctr"):
        load(references, containerd, docker, print)
    assert time.monotonic() - started < 30


MAKE = """
import sys
from pathlib import Path
from hubfleet import toolchain
from hubfleet.images import base, source
root = Path(sys.argv[1])
base.make(source.base(root), Path(sys.argv[2]), lambda name: toolchain.tool(name, root), print)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_base_that_is_interrupted_leaves_no_mount_and_no_archive(docker, tmp_path, number):
    cache = tmp_path / "cache"
    words = [*HEEDING, sys.executable, "-c", MAKE, REPOSITORY, cache]
    started = subprocess.Popen(words, start_new_session=True)
    eventually(lambda: started.poll() is not None or list(cache.glob("work/*/usr")), "packages are being unpacked")
    assert started.poll() is None
    time.sleep(0.5)
    started.send_signal(number)
    started.wait(120)
    eventually(lambda: not _mentions(cache), "no program works there any more")
    assert str(cache) not in Path("/proc/self/mountinfo").read_text()
    assert not list(cache.glob("*.tar"))
    if number == signal.SIGINT:
        assert started.returncode != 0
        assert [file.name for file in cache.iterdir()] == ["base.lock"]


def eventually(check, what, seconds=120):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not after {seconds} s"
        time.sleep(0.05)


def _mentions(text):
    """Processes whose command line has the text."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = each.read_bytes().replace(b"\0", b" ")
            if str(text).encode() in said and int(each.parent.name) != os.getpid():
                found.append(each.parent.name)
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def own(docker):
    """The repository's own images, built."""
    return {each.name: each for each in delivery.build_images(REPOSITORY, [], "", print)}


@pytest.mark.parametrize("name", ["hub", "proxy", "user"])
def test_the_repositorys_images_pass_their_tests(own, docker, name):
    docker.check(own[name].reference, (source.folder(REPOSITORY, name) / "test.sh").read_bytes())


def test_the_repositorys_images_are_small_and_share_their_layers(own, docker):
    program = toolchain.tool("docker", REPOSITORY)
    said = json.loads(
        run([program, "image", "inspect", *(own[name].reference for name in ("hub", "proxy", "user"))]).stdout
    )
    hub, proxy, user = (each["RootFS"]["Layers"] for each in said)
    assert hub[:2] == user[:2]
    assert hub[0] == proxy[0]
    assert own["user"].size < 800e6
    assert own["hub"].size < 450e6
    assert own["proxy"].size < 250e6


@pytest.mark.parametrize("name", ["hub", "proxy", "user"])
def test_nothing_of_the_build_stage_is_in_the_repositorys_images(own, name):
    program = toolchain.tool("docker", REPOSITORY)
    save = [program, "save", own[name].reference]
    seen = 0
    with (
        subprocess.Popen(save, stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as outer,
    ):
        for member in outer:
            if member.name.endswith(".tar") or (member.isfile() and member.size > 100_000):
                with tarfile.open(fileobj=outer.extractfile(member), mode="r|") as layer:
                    names = [inner.name.lstrip("./") for inner in layer]
                seen += len(names)
                assert not [each for each in names if each == "build" or each.startswith("build/")]
                assert not [each for each in names if each.endswith(("pip.conf", "/npmrc", ".npmrc"))]
            elif member.name.endswith(".json"):
                assert b"BEGIN CERTIFICATE" not in outer.extractfile(member).read()
    assert process.returncode == 0
    assert seen > 1000
