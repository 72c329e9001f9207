"""The words of a command line: what is taken, and what is said of those that are nearly right."""

from __future__ import annotations

import pytest

from hubfleet.cli.program import HubfleetProgram


@pytest.fixture
def said(fleet, monkeypatch, capsys):
    """Runs a command line in this process: exit code, and what was written to both streams."""
    monkeypatch.chdir(fleet)
    monkeypatch.setenv("XDG_STATE_HOME", str(fleet / "state"))

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            HubfleetProgram(name="inv", binary="inv", version="0").run(["inv", *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    return run


def test_a_hub_in_one_word_is_the_hub_in_two(fleet, monkeypatch, capsys):
    monkeypatch.chdir(fleet)
    shown = []
    for words in (["local", "demo"], ["local/demo"]):
        HubfleetProgram(name="inv", binary="inv").run(["inv", "explain-hub", *words, "--key", "jupyterhub.hub"])
        shown.append(capsys.readouterr())
    assert shown[0] == shown[1]
    assert "clusters/local/" in shown[0].out


def test_a_task_that_needs_more_takes_the_next_word_for_it(said):
    code, text = said("grow-homes", "local/nowhere", "20Gi")
    assert (code, "has no hub nowhere" in text) == (2, True)
    code, text = said("grow-homes", "local/demo")
    assert (code, text.splitlines()[0]) == (2, "✗ SIZE is missing: ./inv grow-homes CLUSTER HUB SIZE")


@pytest.mark.parametrize("words", [["local/"], ["local"], []])
def test_what_is_missing_is_told_with_its_meaning(said, words):
    code, text = said("check-hub", *words)
    assert code == 2
    assert "│ HUB" in text
    assert "its name in the cluster's cluster.yaml" in text
    assert text.endswith("  next: ./inv --help check-hub\n")


def test_new_hub_without_a_name_says_all_that_it_needs(said):
    named = said("new-hub", "local/fair")[1]
    code, text = said("new-hub")
    options = [line.split()[1] for line in named.splitlines() if line.startswith("  │ ")]
    assert (code, options) == (2, ["--use-case", "--contact", "--admin"])
    assert all(f"  │ {option}" in text for option in ("HUB", *options))


@pytest.mark.parametrize(
    "words", [["deploy-hub", "local", "demo", "--plan-onyl"], ["deploy-hub", "--plan-onyl", "local", "demo"]]
)
def test_a_misspelt_option_is_told_with_the_right_one(said, words):
    assert said(*words) == (
        2, "✗ No idea what '--plan-onyl' is!\n  did you mean: --plan-only?\n  next: ./inv --help deploy-hub\n"
    )  # fmt: skip


def test_an_option_without_its_value(said):
    assert said("explain-hub", "local/demo", "--key") == (
        2, "✗ --key needs a value\n  next: ./inv --help explain-hub\n"
    )  # fmt: skip


def test_a_hub_without_its_cluster(said):
    code, text = said("list-hubs", "-s", "demo")
    assert (code, "did you mean local/demo?" in text) == (2, True)
    code, text = said("list-hubs", "-s", "lab")
    assert "did you mean example-aws/lab or example-azure/lab or example-gcp/lab?" in text


@pytest.mark.parametrize("task", ["leftovers", "versions", "homes", "status", "validate"])
def test_a_choice_without_its_option(said, task):
    code, text = said(task, "example-gcp")
    assert (code, text.splitlines()[1]) == (2, f"  did you mean: ./inv {task} -s example-gcp?")


def test_a_misspelt_second_task_is_no_choice(said):
    assert "did you mean: deploy-hub?" in said("status", "deploy-hubb")[1]


@pytest.mark.parametrize(
    "words",
    [["deploy-hub", "--help"], ["deploy-hub", "local", "demo", "--help"], ["deploy-hub", "local/demo", "-h"],
     ["help", "deploy-hub"], ["--help", "deploy-hub"]],
)  # fmt: skip
def test_help_for_a_task(said, words):
    code, text = said(*words)
    assert code == 0
    assert "Bring one hub to what its files say" in text
    assert "show what would change and change nothing" in text


@pytest.mark.parametrize(
    ("words", "task"),
    [(["explain-hub", "local/demo", "--key", "demo", "-h"], "explain-hub"),
     (["explain-hub", "local", "demo", "-h"], "explain-hub"),
     (["explain-hub", "local/demo", "demo", "-h"], "demo")],
)  # fmt: skip
def test_the_hub_demo_is_not_the_task_demo(said, words, task):
    assert f"Usage: inv [--core-opts] {task} " in said(*words)[1]


def test_help_for_all_and_for_nothing(said):
    assert said("help") == said("--help")
    assert said("help", "statsu")[0] == 2
    assert "did you mean: status" in said("help", "statsu")[1]


def test_a_wrong_confirmation_is_a_refusal_everywhere(said):
    code, text = said("local-down", "--confirm", "loca")
    assert (code, text.splitlines()[0]) == (3, "✗ --confirm loca is not the local cluster")
