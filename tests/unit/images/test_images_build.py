"""What is there is left alone; what is built is tried out before it gets its name."""

import pytest

from hubfleet import images
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.images.base import Ready
from hubfleet.images.build import BASE_LABEL, build, chosen
from hubfleet.images.inputs import Machine
from hubfleet.tools.docker import BuildFailed

BASE = Ready("packages", "hubfleet.local/base:1", 0.0)


@pytest.fixture
def run_build(root, docker, said, machine):
    def run_build(*names, base=None, machine=machine):
        asked = []
        built = build(root, names, docker, lambda: asked.append(1) or BASE, said.append, base=base, machine=machine)
        assert len(asked) <= 1
        return built

    return run_build


def test_images_are_built_tested_and_named_by_their_content(run_build, root, programs):
    built = run_build("user", "hub")
    assert [(each.name, each.reference, each.new, each.base) for each in built] == [
        (name, images.reference(root, name), True, "packages") for name in ("user", "hub")
    ]
    assert {each.reference for each in built} <= set(programs.images)
    for name in ("hub", "user"):
        words = [call[1] for call in programs.calls if images.reference(root, name) in call]
        assert words[-2:] == ["tag", "image"]
    assert len(programs.asked("run")) == 2


def test_nothing_changed_nothing_is_called_but_one_inspect(run_build, programs):
    run_build("hub", "user")
    before = len(programs.calls)
    assert [each.new for each in run_build("hub", "user")] == [False, False]
    assert [call[1:3] for call in programs.calls[before:]] == [["image", "inspect"]]


def test_only_what_changed_is_built(run_build, root, programs):
    run_build("hub", "user")
    (root / "images/hub/a.txt").write_text("changed")
    assert [each.new for each in run_build("hub", "user")] == [True, False]


def test_shared_layers_are_built_once_before_the_rest(run_build, programs):
    run_build("hub", "user")
    builds = programs.asked("build")
    assert ["--target" in call for call in builds] == [True, False, False]
    programs.calls.clear()
    run_build("hub")
    assert not programs.asked("build")


def test_a_single_image_needs_no_shared_build(run_build, programs):
    run_build("hub")
    assert len(programs.asked("build")) == 1


def test_docker_gets_the_content_and_what_the_machine_adds(run_build, programs, tmp_path, monkeypatch):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("a certificate")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:very-secret@proxy.example.org")
    run_build("hub", machine=Machine({"SSL_CERT_FILE": str(bundle), "HTTPS_PROXY": "http://me:very-secret@x"}, (), ()))
    (context,) = programs.contexts()
    assert set(context) == {
        "Dockerfile", "a.txt", "build-inputs/ca.pem", "build-inputs/pip.conf", "build-inputs/npmrc",
    }  # fmt: skip
    (call,) = programs.asked("build")
    assert call[call.index("HTTPS_PROXY") - 1 :][:2] == ["--build-arg", "HTTPS_PROXY"]
    assert f"BASE={BASE.reference}" in call
    assert not any("very-secret" in word for words in programs.calls for word in words)
    options = programs.options[programs.calls.index(call)]
    assert options["env"]["HTTPS_PROXY"].endswith("@proxy.example.org")


def test_what_the_machine_adds_does_not_change_the_name(run_build, root, tmp_path):
    before = images.reference(root, "hub")
    (built,) = run_build("hub", machine=Machine({"PIP_INDEX_URL": "https://mirror.example.org"}, (), ()))
    assert built.reference == before


def test_a_chosen_base_rebuilds_what_stands_on_the_other(run_build, root, programs):
    run_build("hub")
    assert programs.images[images.reference(root, "hub")]["Config"]["Labels"] == {BASE_LABEL: "packages"}
    assert not run_build("hub", base="packages")[0].new
    assert run_build("hub", base="public")[0].new


def test_a_failed_build_shows_its_step_and_leaves_no_name(run_build, root, programs):
    programs.build_lines = ["Step 1/2 : FROM x", "Step 2/2 : RUN false", "oh no"]
    programs.fails["--label"] = (1, "")
    with pytest.raises(BuildFailed, match="the image hub") as caught:
        run_build("hub")
    assert caught.value.evidence.splitlines() == ["Step 2/2 : RUN false", "oh no"]
    assert caught.value.where.endswith("images/hub/Dockerfile")
    assert caught.value.exit_code == 1
    assert images.reference(root, "hub") not in programs.images


def test_an_image_that_fails_its_test_gets_no_name(run_build, root, programs):
    programs.fails["run"] = (1, "AssertionError: no pycurl")
    with pytest.raises(BuildFailed, match="fails its test") as caught:
        run_build("hub")
    assert "no pycurl" in caught.value.evidence
    assert caught.value.where.endswith("images/hub/test.sh")
    assert images.reference(root, "hub") not in programs.images


def test_when_one_fails_the_other_keeps_its_name(run_build, root, programs, monkeypatch):
    real = programs._run

    def fail_for_hub(words, options):
        return (1, "", "broken") if options["stdin"] == b"hub\n" else real(words, options)

    monkeypatch.setattr(programs, "_run", fail_for_hub)
    (root / "images/hub/test.sh").write_text("hub\n")
    with pytest.raises(BuildFailed, match="the image hub"):
        run_build("hub", "user")
    assert images.reference(root, "user") in programs.images
    assert images.reference(root, "hub") not in programs.images


def test_without_a_base_nothing_is_built(root, docker, programs, said, machine):
    def none():
        raise HubfleetError("no base")

    with pytest.raises(HubfleetError, match="no base"):
        build(root, ["hub"], docker, none, said.append, machine=machine)
    assert not programs.asked("build")


def test_steps_that_take_time_are_said_and_cached_ones_are_not(run_build, programs, said):
    programs.build_lines = [
        "Step 1/9 : FROM x", "Step 2/9 : RUN cached", " ---> Using cache", "Step 3/9 : RUN slow", " ---> Running in 1",
        "Step 4/9 : COPY --from=build / /", " ---> 12", "Step 5/9 : CMD x", " ---> Running in 2",
        "#9 [build 2/3] RUN slow",
    ]  # fmt: skip
    run_build("hub")
    assert [line for line in said if "step" in line] == ["hub: step 3/9", "hub: step 4/9", "hub: step build 2/3"]


def test_the_choice_is_checked_and_each_image_comes_once(root):
    assert chosen(root, []) == ("hub", "user")
    assert chosen(root, ["user", "user"]) == ("user",)
    with pytest.raises(WrongUsage, match="did you mean 'user'"):
        chosen(root, ["hub", "usr"])
