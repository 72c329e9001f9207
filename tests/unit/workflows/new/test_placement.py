"""Where a hub should live: the guidelines, case by case."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from hubfleet.fleet.schema import _schemas
from hubfleet.workflows.new import guidelines as g
from hubfleet.workflows.new.placement import Crowd, Need, Place, propose


def days(first: int, last: int, people: int) -> Crowd:
    return Crowd(datetime(2027, 3, first, tzinfo=UTC), datetime(2027, 3, last, tzinfo=UTC), people)


WEST = Place("west", "gcp", "us-west1", hubs=10, people=600)
EAST = Place("east", "gcp", "us-east1", hubs=3, people=100)
ABROAD = Place("abroad", "aws", "eu-west-1", hubs=1, people=20)
CLINIC = Place("clinic", "gcp", "us-west1", hubs=1, people=20, compliance=("HIPAA",))
PAYER = Place("payer", "azure", "westeurope", hubs=2, people=50, community="Big University")
HOME = Place("home", "local", hubs=0)
NEED = Need("new", "Small College", 100)

CASES = {
    "the most room": (NEED, [WEST, EAST], "east", "size"),
    "google cloud comes first": (NEED, [ABROAD, WEST], "west", "size"),
    "not on somebody's machine": (NEED, [HOME], "", "private"),
    "no cluster yet": (NEED, [], "", "size"),
    "own billing": (replace(NEED, own_billing=True), [WEST, PAYER], "", "own billing"),
    "own billing, own cluster": (
        replace(NEED, own_billing=True, community="Big University"),
        [WEST, PAYER],
        "payer",
        "reserved",
    ),
    "own cluster without being asked": (replace(NEED, community="Big University"), [WEST, PAYER], "payer", "reserved"),
    "reserved for others": (NEED, [PAYER], "", "reserved"),
    "reserved for rules": (NEED, [CLINIC], "", "reserved"),
    "data elsewhere": (replace(NEED, region="eu-west-1"), [WEST, ABROAD], "abroad", "region"),
    "data where nobody is": (replace(NEED, region="asia-east1"), [WEST, ABROAD], "", "region"),
    "region not known": (replace(NEED, region="us-west1"), [Place("kind", "kubeconfig", hubs=1)], "", "region"),
    "compliance": (replace(NEED, compliance=("HIPAA",)), [WEST, CLINIC], "clinic", "compliance"),
    "compliance nowhere": (replace(NEED, compliance=("HIPAA", "FERPA")), [WEST, CLINIC], "", "compliance"),
    "another cloud": (replace(NEED, provider="azure"), [WEST, ABROAD], "", "provider"),
    "as many as may share": (replace(NEED, people=g.PEOPLE_OF_A_HUB), [WEST], "west", "size"),
    "one too many to share": (replace(NEED, people=g.PEOPLE_OF_A_HUB + 1), [WEST], "", "size"),
    "large, on an empty cluster": (
        replace(NEED, people=g.PEOPLE_OF_A_HUB + 1),
        [Place("empty", "gcp", "us-west1")],
        "empty",
        "size",
    ),
    "the last hub": (NEED, [replace(WEST, hubs=g.HUBS_OF_A_CLUSTER - 1)], "west", "size"),
    "full of hubs": (NEED, [replace(WEST, hubs=g.HUBS_OF_A_CLUSTER)], "", "size"),
    "just full of people": (NEED, [replace(WEST, people=g.PEOPLE_OF_A_CLUSTER - 100)], "west", "size"),
    "overfull of people": (NEED, [replace(WEST, people=g.PEOPLE_OF_A_CLUSTER - 99)], "", "size"),
    "a small event": (replace(NEED, event=days(8, 10, g.PEOPLE_OF_AN_EVENT)), [WEST], "west", "size"),
    "a large event": (replace(NEED, event=days(8, 10, g.PEOPLE_OF_AN_EVENT + 1)), [WEST], "", "event"),
    "two events at once": (
        replace(NEED, event=days(8, 10, 300)),
        [replace(WEST, events=(days(9, 12, 300),))],
        "",
        "event",
    ),
    "two events after each other": (
        replace(NEED, event=days(8, 10, 300)),
        [replace(WEST, events=(days(10, 12, 300),))],
        "west",
        "size",
    ),
    "away from the other event": (
        replace(NEED, event=days(8, 10, 300)),
        [replace(EAST, events=(days(9, 12, 300),)), WEST],
        "west",
        "size",
    ),
    "full, and so to the other": (NEED, [replace(EAST, hubs=g.HUBS_OF_A_CLUSTER), WEST], "west", "size"),
}


@pytest.mark.parametrize(("need", "places", "cluster", "guideline"), CASES.values(), ids=CASES)
def test_proposal(need, places, cluster, guideline):
    proposal = propose(need, places)
    assert proposal.cluster == cluster
    assert guideline in [reason.guideline.name for reason in proposal.reasons]
    assert {each.cluster for each in proposal.others} == {place.name for place in places} - {cluster}
    assert list(Draft202012Validator(_schemas()["proposal"]).iter_errors(proposal.as_data())) == []


def test_the_command_says_where_the_new_cluster_goes():
    assert (
        propose(replace(NEED, region="us-west1"), []).command
        == "./inv new-cluster NAME --provider gcp --location us-west1 ..."
    )
    aws = replace(NEED, region="eu-west-1", provider="aws")
    assert propose(aws, []).command == "./inv new-cluster NAME --provider aws --region eu-west-1 ..."
    assert propose(NEED, [WEST]).command == "./inv new-hub west/new ..."


def test_the_order_of_the_clusters_does_not_matter():
    for need, places, cluster, _ in CASES.values():
        assert propose(need, places[::-1]).cluster == cluster


def test_facts_of_a_cluster(fleet):
    from hubfleet.fleet import load_fleet
    from hubfleet.workflows.new.placement import place_of

    path = fleet / "clusters/north/cluster.yaml"
    hub = (
        "    events:\n      - {name: Over, start: 2026-01-01, end: 2026-01-02, people: 9}\n"
        "      - {name: Exam, start: 2027-03-01, end: 2027-03-02, people: 300}\n"
    )
    path.write_text(path.read_text().rstrip() + "\n" + hub + "    people: 42\n")
    place = place_of(load_fleet(fleet).cluster("north"), datetime(2027, 1, 1, tzinfo=UTC))
    assert (place.name, place.region, place.hubs, place.people) == ("north", "", 1, 42)
    assert [each.people for each in place.events] == [300]
