"""A hub is added to a cluster.yaml as people write them: nothing else changes."""

import pytest
import yaml

from hubfleet.errors import HubfleetError
from hubfleet.workflows.new.insertion import with_hub

ENTRY = "name: lab\naccess: members\ncommunity:\n  contacts:\n    - {name: Ada, email: a@example.org}\n"

CASES = {
    "last in the file": "name: x\nhubs:\n  - name: a\n    values: [a.yaml]\n",
    "no newline at the end": "name: x\nhubs:\n  - name: a\n    values: [a.yaml]",
    "dashes below the key": "name: x\nhubs:\n- name: a\n  values: [a.yaml]\n",
    "deep dashes": "name: x\nhubs:\n    - name: a\n",
    "a key after the hubs": "hubs:\n  - name: a\n    values:\n      - a.yaml\n\n# limits\nlimits: {cpu: 2}\nname: x\n",
    "comments after the last hub": "hubs:\n  - name: a\n    # secrets: [a.secret.values.yaml]\n\n# the end\n",
    "a comment without indentation": "hubs:\n  - name: a   # the first\n# secrets: [a]\n",
    "text over several lines": "hubs:\n  - name: a\n    note: |\n      one\n\n      # no comment\n\n\nname: x\n",
    "text in quotes": 'hubs:\n  - name: a\n    note: "# one\n      two"\n',
    "a hub on one line": "hubs:\n  - {name: a, access: public}\n  - {name: b,\n     access: public}\nname: x\n",
    "windows line ends": "name: x\r\nhubs:\r\n  - name: a\r\n    values: [a.yaml]\r\n",
    "beyond ascii": "display_name: Universität Zürich, 学\nhubs:\n  - name: a\n    note: é  # ü\nname: x\n",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_every_byte_stays(text):
    made = with_hub(text, ENTRY, "cluster.yaml")
    was, now = yaml.safe_load(text), yaml.safe_load(made)
    assert now["hubs"] == [*was["hubs"], yaml.safe_load(ENTRY)]
    assert {**now, "hubs": 0} == {**was, "hubs": 0}
    start = next(i for i, (a, b) in enumerate(zip(text + "\0", made, strict=False)) if a != b)
    assert any(made[:at] + made[at + len(made) - len(text) :] == text for at in range(max(0, start - 3), start + 1)), (
        "something else than an insertion"
    )
    assert ("\r\n" in text) == ("\r\n" in made)
    assert made.count("\r\n") in (0, made.count("\n"))


@pytest.mark.parametrize(
    "empty", ["hubs: []\n", "hubs: []", "hubs: []   # none yet\nname: x\n", "name: x\nhubs:   []\n\n# end\n"]
)
def test_the_first_hub(empty):
    made = with_hub(empty, ENTRY, "cluster.yaml")
    assert yaml.safe_load(made)["hubs"] == [yaml.safe_load(ENTRY)]
    others = [line for line in empty.splitlines() if "[]" not in line]
    assert [line for line in made.splitlines() if line in others] == others
    assert ("hubs:   # none yet\n" in made) == ("none yet" in empty)


def test_entries_are_indented_as_the_others_are():
    assert "\n- name: lab\n  access: members\n" in with_hub(CASES["dashes below the key"], ENTRY, "c")
    assert "\n    - name: lab\n      access: members\n" in with_hub(CASES["deep dashes"], ENTRY, "c")


def test_a_comment_that_belongs_to_the_last_hub_stays_with_it():
    made = with_hub(CASES["comments after the last hub"], ENTRY, "c")
    assert made.index("a.secret.values.yaml") < made.index("lab") < made.index("# the end")


@pytest.mark.parametrize("text", ["hubs: [{name: a}]\n", "hubs: [\n]\n", "{name: x, hubs: []}\n"])
def test_what_can_not_be_added_to_is_told_with_the_lines_to_add(text):
    with pytest.raises(HubfleetError) as caught:
        with_hub(text, ENTRY, "clusters/x/cluster.yaml")
    assert "nothing was written" in caught.value.what
    assert caught.value.where == "clusters/x/cluster.yaml:1"
    assert "- name: lab" in caught.value.evidence
