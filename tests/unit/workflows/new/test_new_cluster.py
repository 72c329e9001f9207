"""A new cluster: valid at once, or nothing."""

import shutil

import pytest
import yaml

from hubfleet.errors import HubfleetError, InvalidConfiguration, Refused, WrongUsage
from hubfleet.validation.validate import inspect
from hubfleet.workflows.new import draft
from hubfleet.workflows.new.cluster import asked_for, make
from tests.unit.workflows.new.conftest import snapshot

SUBSCRIPTION = "12345678-90ab-cdef-1234-567890abcdef"
PLACES = {
    "gcp": {"project": "example-hubs", "location": "us-west1"},
    "aws": {"account": "012345678901", "region": "eu-west-1"},
    "azure": {"subscription": SUBSCRIPTION, "resource_group": "hubs", "location": "westeurope"},
    "kubeconfig": {"context": "kind: two"},
    "local": {},
}


def wanted(fleet, provider="gcp", name="west", **more):
    return asked_for(fleet, name, {"provider": provider, **PLACES[provider], **more}, None)


@pytest.mark.parametrize("provider", PLACES)
@pytest.mark.parametrize("domain", ["", "hubs.example.org"])
def test_valid_at_once(fleet, provider, domain):
    before = snapshot(fleet)
    written = make(fleet, wanted(fleet, provider, domain=domain))
    assert {each.rule for each in inspect(fleet, ["west"]).findings} <= {"to-decide", "issuer-email"}
    after = snapshot(fleet)
    assert {name: after[name] for name in before} == before
    assert {name: text.encode() for name, text in written.files.items()} == {
        name: after[name] for name in after.keys() - before.keys()
    }
    assert list((fleet / ".hubfleet").iterdir()) == [fleet / ".hubfleet/new.lock"]


def test_what_was_said_is_in_the_file(fleet):
    from dataclasses import replace

    cluster = replace(
        wanted(fleet, "azure"), display_name="Höhe: 1", admins=("ada", "123"), community="A, B", compliance=("HIPAA",)
    )
    make(fleet, cluster)
    data = yaml.safe_load((fleet / "clusters/west/cluster.yaml").read_text())
    assert data["azure"] == {"subscription": SUBSCRIPTION, "resource_group": "hubs", "cluster": "west"}
    assert data["infrastructure"]["location"] == "westeurope"
    assert data["display_name"] == "Höhe: 1"
    assert data["staff"] == {"admins": ["ada", "123"]}
    assert data["reserved_for"] == {"community": "A, B", "compliance": ["HIPAA"]}


@pytest.mark.parametrize(
    ("name", "given", "error", "says"),
    [
        ("north", {"provider": "gcp"}, Refused, "already a cluster north"),
        ("North", {"provider": "gcp"}, WrongUsage, "can not be"),
        ("nor-th", {"provider": "gcp"}, WrongUsage, "can not be"),
        ("west", {"provider": "gpc"}, WrongUsage, "no provider gpc"),
        ("west", {}, WrongUsage, "--provider is missing"),
        ("west", {"provider": "gcp"}, WrongUsage, "--project and --location are missing"),
        ("west", {"provider": "azure"}, WrongUsage, "--subscription and --resource-group and --location"),
        ("west", {"provider": "aws", **PLACES["aws"], "account": "12"}, WrongUsage, "an option is not right"),
        ("west", {"provider": "azure", **PLACES["azure"], "location": "West Europe"}, WrongUsage, "not right"),
        ("west", {"provider": "aws", **PLACES["aws"], "project": "x"}, WrongUsage, "--project does not belong"),
        ("west", {"provider": "gcp", **PLACES["gcp"], "domain": "https://x"}, WrongUsage, "not right"),
    ],
)
def test_bad_words_are_explained_and_nothing_is_written(fleet, name, given, error, says):
    before = snapshot(fleet)
    with pytest.raises(error) as caught:
        asked_for(fleet, name, given, None)
    assert says in caught.value.what
    assert caught.value.next_step
    assert snapshot(fleet) == before


def test_the_same_kubernetes_is_refused(fleet):
    before = snapshot(fleet)
    with pytest.raises(Refused) as caught:
        make(fleet, asked_for(fleet, "west", {"provider": "kubeconfig", "context": "kind-north"}, None))
    assert "the Kubernetes of cluster north" in caught.value.what
    assert snapshot(fleet) == before


def test_what_would_not_be_valid_is_not_written(fleet):
    (fleet / "fleet.yaml").write_text("tools: {}\n")
    before = snapshot(fleet)
    with pytest.raises(InvalidConfiguration) as caught:
        make(fleet, wanted(fleet))
    assert caught.value.findings
    assert snapshot(fleet) == before


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError("no space")])
def test_interrupted_half_way(fleet, monkeypatch, trouble):
    """Stands in for the moment at which the last file has been written to the copy."""
    before = snapshot(fleet)

    def stop(*_, **__):
        raise trouble

    monkeypatch.setattr(draft, "inspect", stop)
    with pytest.raises((KeyboardInterrupt, OSError, HubfleetError)):
        make(fleet, wanted(fleet))
    assert snapshot(fleet) == before


def test_a_killed_process_leaves_nothing_that_counts_and_the_next_one_clears_it(fleet):
    left = fleet / ".hubfleet/new-killed/fleet/clusters/west"
    left.mkdir(parents=True)
    (left / "cluster.yaml").write_text("half of i")
    make(fleet, wanted(fleet))
    assert not (fleet / ".hubfleet/new-killed").exists()
    assert inspect(fleet).errors == 0


def test_two_at_once(fleet):
    with draft.alone(fleet), pytest.raises(Refused) as caught:
        make(fleet, wanted(fleet))
    assert "another process" in caught.value.what


def test_it_appears_meanwhile(fleet, monkeypatch):
    real = draft.inspect

    def meanwhile(*args, **kwargs):
        shutil.copytree(fleet / "clusters/north", fleet / "clusters/west")
        return real(*args, **kwargs)

    monkeypatch.setattr(draft, "inspect", meanwhile)
    with pytest.raises(Refused):
        make(fleet, wanted(fleet))
    assert "north" in (fleet / "clusters/west/cluster.yaml").read_text()


def test_plan_only(fleet):
    before = snapshot(fleet)
    assert make(fleet, wanted(fleet), write=False).files
    assert snapshot(fleet) == before
