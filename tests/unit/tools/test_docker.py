"""What docker is asked, and how its answers and failures are told. (The real one: tests/integration/test_images.py.)"""

import json
from pathlib import Path

import pytest

from hubfleet.process import Completed, ProcessFailed
from hubfleet.tools.docker import BuildFailed, Docker, failing_step, parse_images

LEGACY = """\
Step 1/3 : FROM base AS python
 ---> 97bda4d13dff
Step 2/3 : RUN apt-get update
 ---> Using cache
Step 3/3 : RUN pip install -r requirements.lock
 ---> Running in df03e32525a0

ERROR: No matching distribution found for nothing==1
Removing intermediate container df03e32525a0
The command '/bin/sh -c pip install -r requirements.lock' returned a non-zero code: 1
"""
BUILDKIT = """\
#1 [internal] load build definition from Dockerfile
#5 [build 2/2] RUN pip install -r requirements.lock
#5 1.2 Collecting nothing==1
#5 1.3 ERROR: No matching distribution found for nothing==1
#5 ERROR: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
------
 > [build 2/2] RUN pip install -r requirements.lock:
1.3 ERROR: No matching distribution found for nothing==1
------
executor failed running [/bin/sh -c pip install]: exit code: 1
"""
WRONG = """\
Sending build context to Docker daemon  10.2kB
Error response from daemon: dockerfile parse error line 3: unknown instruction: RUNN
"""


class Door:
    def __init__(self, code=0, stdout="", stderr="", lines=()):
        self.calls, self.options = [], []
        self._answer, self._lines = (code, stdout, stderr), lines

    def __call__(self, argv, **options):
        self.calls.append([str(word) for word in argv])
        self.options.append(options)
        for line in self._lines:
            options["on_line"](line)
        done = Completed(tuple(self.calls[-1]), *self._answer, 0.1)
        if done.returncode not in options.get("ok", (0,)):
            raise ProcessFailed("docker failed with exit code 1", done)
        if "--iidfile" in self.calls[-1]:
            Path(self.calls[-1][self.calls[-1].index("--iidfile") + 1]).write_text("sha256:abc\n")
        return done


def docker(door):
    return Docker(Path("/usr/bin/docker"), door)


def test_a_daemon_that_answers_does_not_refuse():
    assert docker(Door(stdout="20.10.24\n")).refusal() == ""


def test_a_refusal_is_in_dockers_words():
    said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    assert docker(Door(1, "", said + "\n")).refusal() == said
    assert docker(Door(1)).refusal()


def test_images_are_looked_up_in_one_call_and_missing_ones_are_no_failure():
    there = [{"Id": "sha256:1", "Size": 12, "RepoTags": ["a:1", "z:9"], "Config": {"Labels": {"k": "v"}}}]
    door = Door(1, json.dumps(there), "Error: No such image: b:1")
    found = docker(door).images(["a:1", "b:1"])
    assert {name: (image.id, image.size, image.labels) for name, image in found.items()} == {
        "a:1": ("sha256:1", 12, {"k": "v"})
    }
    assert door.calls == [["/usr/bin/docker", "image", "inspect", "a:1", "b:1"]]


@pytest.mark.parametrize("config", [None, {}, {"Labels": None}])
def test_an_image_without_labels_has_none(config):
    said = json.dumps([{"Id": "sha256:1", "Size": 1, "RepoTags": ["a:1"], "Config": config}])
    assert parse_images(said, ["a:1"])["a:1"].labels == {}
    assert parse_images("", ["a:1"]) == {}


def test_a_build_reads_its_context_from_a_pipe_and_gives_the_id(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy")
    door = Door()
    arguments = {"BASE": "b:1", "HTTPS_PROXY": None}
    assert docker(door).build(b"tar", arguments=arguments, labels={"k": "v"}, target="pip") == "sha256:abc"
    (call,), (options,) = door.calls, door.options
    assert call[-1] == "-"
    assert options["stdin"] == b"tar"
    assert "BASE=b:1" in call
    assert "HTTPS_PROXY" in call
    assert not any("secret" in word for word in call)
    assert options["env"]["HTTPS_PROXY"] == "http://me:secret@proxy"
    assert call[call.index("--target") + 1] == "pip"
    assert not Path(call[call.index("--iidfile") + 1]).exists()


@pytest.mark.parametrize(("said", "shown", "hidden"), [
    (LEGACY, ["Step 3/3 : RUN pip install", "No matching distribution", "non-zero code: 1"], ["apt-get"]),
    (BUILDKIT, ["[build 2/2] RUN pip", "No matching distribution", "exit code: 1"], ["definition", "Collecting"]),
    (WRONG, ["unknown instruction: RUNN"], []),
])  # fmt: skip
def test_the_step_that_failed_is_the_evidence(said, shown, hidden):
    step = failing_step(said.splitlines())
    assert all(each in step for each in shown)
    assert not any(each in step for each in hidden)


def test_a_step_that_said_much_is_shown_by_its_end():
    lines = ["Step 1/1 : RUN make", *(f"line {number}" for number in range(1000)), "x" * 1000]
    shown = failing_step(lines).splitlines()
    assert shown[0] == "Step 1/1 : RUN make"
    assert shown[1:3] == ["line 976", "line 977"]
    assert len(shown[-1]) < 320


def test_a_failed_build_has_the_step_without_colours_and_a_full_disk_has_advice():
    lines = ["Step 1/1 : RUN x", "\x1b[91mwrite /a: no space left on device\x1b[0m"]
    with pytest.raises(BuildFailed) as caught:
        docker(Door(1, lines=lines)).build(b"", arguments={}, labels={})
    assert caught.value.evidence == "Step 1/1 : RUN x\nwrite /a: no space left on device"
    assert "docker system df" in caught.value.next_step


def test_a_build_that_could_not_even_start_says_why():
    with pytest.raises(BuildFailed) as caught:
        docker(Door(1, "", "permission denied")).build(b"", arguments={}, labels={})
    assert "permission denied" in caught.value.evidence


def test_the_persons_choice_of_a_daemon_reaches_docker(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/user/1/docker.sock")
    monkeypatch.setenv("KUBECONFIG", "/x")
    door = Door()
    docker(door).tag("a", "b")
    assert door.options[0]["env"]["DOCKER_HOST"] == "unix:///run/user/1/docker.sock"
    assert "KUBECONFIG" not in door.options[0]["env"]


def test_a_check_has_no_network_and_runs_as_the_images_user():
    door = Door()
    docker(door).check("a", b"true")
    assert door.calls[0][door.calls[0].index("--network") :][:2] == ["--network", "none"]
    assert "--user" not in door.calls[0]
    assert door.options[0]["stdin"] == b"true"
