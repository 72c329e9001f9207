"""What a person says: right, wrong, missing, and where there is nobody to ask."""

import pytest

from hubfleet.errors import Interrupted, WrongUsage
from hubfleet.workflows.new.answers import Question, answered, name_trouble, near_name

PROJECT = Question("--project", "the project", "properties/gcp/properties/project")
PROVIDER = Question("--provider", "where", choices=("gcp", "aws"))
STAGE = Question("--stage", "when", default="production")


def typing(*lines: str):
    """Somebody at a terminal who types these lines; what was asked is kept."""
    left = list(lines)
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        if not left:
            raise EOFError
        return left.pop(0)

    ask.asked = asked
    return ask


def test_options_are_not_asked_for():
    ask = typing()
    given = {"--project": "example-hubs", "--stage": "canary"}
    assert answered(given, [PROJECT, STAGE], ask) == {"--project": "example-hubs", "--stage": "canary"}
    assert ask.asked == []


def test_what_is_missing_is_asked_until_it_is_right():
    ask = typing("Example Hubs", "", "example-hubs", "")
    assert answered({}, [PROJECT, STAGE], ask) == {"--project": "example-hubs", "--stage": "production"}
    assert "6 to 30 lower-case letters" in ask.asked[1]
    assert "an answer is needed" in ask.asked[2]
    assert "[production]" in ask.asked[3]


def test_a_choice_that_is_nearly_right():
    ask = typing("gpc", "gcp")
    assert answered({}, [PROVIDER], ask) == {"--provider": "gcp"}
    assert "did you mean gcp?" in ask.asked[1]


def test_without_a_terminal_all_that_is_missing_is_named_and_nothing_is_asked():
    with pytest.raises(WrongUsage) as caught:
        answered({}, [PROJECT, PROVIDER, STAGE], None)
    assert caught.value.what == "--project and --provider are missing"
    assert "the project" in caught.value.evidence
    assert answered({}, [STAGE], None) == {"--stage": "production"}


def test_all_wrong_options_at_once():
    with pytest.raises(WrongUsage) as caught:
        answered({"--project": "X", "--provider": "azur"}, [PROJECT, PROVIDER], typing())
    assert caught.value.what == "2 options are not right"
    assert "--project: 'X' is not written as it must be" in caught.value.evidence


def test_the_end_of_the_input():
    with pytest.raises(Interrupted):
        answered({}, [PROJECT], typing())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gcp-west", ""),
        ("west", "already a cluster west"),
        ("West", "such as west-1"),
        ("GCP_East", "such as gcp-east"),
        ("-x", "such as x"),
        ("a" * 41, "longer than 40"),
        ("we-st", "people would mix them up"),
        ("", "not written as it must be"),
        ("../x", "such as x"),
    ],
)
def test_names(name, says):
    trouble = name_trouble(name, ["west", "east"], "cluster")
    if name == "West":
        assert "lower-case" in trouble
    else:
        assert says in trouble
        assert bool(trouble) == bool(says)


@pytest.mark.parametrize(
    ("name", "near"),
    [("gcp-wset", "gcp-west"), ("gcp-wes", "gcp-west"), ("gcp-vest", "gcp-west"), ("lab-2", ""), ("biology", "")],
)
def test_names_that_could_be_mixed_up(name, near):
    assert near_name(name, ["gcp-west", "lab-1"]) == near
