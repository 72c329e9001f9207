"""Choosing hubs."""

import pytest

from hubfleet.errors import WrongUsage
from hubfleet.fleet.select import select


@pytest.fixture
def fleet(tree):
    tree.more_hubs = [
        {**tree.hub, "name": "lab", "domain": "lab.example.org", "use_case": "research", "stage": "canary"},
        {**tree.hub, "name": "old", "domain": "old.example.org", "state": "retired"},
    ]
    tree.file(
        "clusters/east/cluster.yaml",
        "name: east\nprovider: local\nhubs:\n"
        "- {name: college, domain: c.east.org, use_case: education, stage: staging, access: public,"
        " community: {type: event, contacts: [{name: Ada, email: ada@example.org}]}, homes: {kind: none}}\n",
    )
    return tree.load()


@pytest.mark.parametrize(
    ("words", "hubs"),
    [
        ([], "east/college west/college west/lab west/old"),
        (["west"], "west/college west/lab west/old"),
        (["west/lab", "east"], "east/college west/lab"),
        (["west", "west/lab"], "west/college west/lab west/old"),
        (["stage=canary"], "west/lab"),
        (["stage=canary", "stage=staging"], "east/college west/lab"),
        (["west", "stage=production", "state=active"], "west/college"),
        (["use-case=research"], "west/lab"),
        (["access=public"], "east/college"),
        (["community=event"], "east/college"),
        (["state=read-only"], ""),
    ],
)
def test_names_add_up_and_properties_narrow(fleet, words, hubs):
    assert " ".join(f"{cluster.name}/{hub.name}" for cluster, hub in select(fleet, words)) == hubs


@pytest.mark.parametrize(
    ("word", "next_step"),
    [
        ("wset", "did you mean west?"),
        ("west/labb", "did you mean lab?"),
        ("stge=canary", "did you mean stage?"),
        ("stage=canry", "did you mean canary?"),
        ("use-case=reserch", "did you mean research?"),
    ],
)
def test_what_is_unknown_says_what_was_meant(fleet, word, next_step):
    with pytest.raises(WrongUsage) as caught:
        select(fleet, [word])
    assert caught.value.next_step == next_step
