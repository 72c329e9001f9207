"""A new hub: its entry and its files, or nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from hubfleet.errors import HubfleetError, InvalidConfiguration, Refused, WrongUsage
from hubfleet.validation.validate import inspect
from hubfleet.workflows.new import draft
from hubfleet.workflows.new.hub import make
from hubfleet.workflows.new.wishes import Wishes, proposed, wished_hub
from tests.unit.workflows.new.conftest import snapshot

ADA = ("Ada <ada@example.org> owner",)
CLUSTER = "clusters/north/cluster.yaml"


def wishes(use_case="education", contacts=ADA, admins=("ada",), users=0, **flags):
    given = {f"--{key.replace('_', '-')}": value for key, value in flags.items()}
    base = {"--use-case": use_case, "--domain": "lab.hubs.example.org"}
    return Wishes({**base, **given}, contacts, admins, people=users)


def hub(fleet, name="lab", ask=None, **more):
    return wished_hub(fleet, "north", name, wishes(**more), ask)


@pytest.mark.parametrize("login", ["", "github", "google", "cilogon"])
@pytest.mark.parametrize("use_case", ["education", "research", "event"])
@pytest.mark.parametrize("access", ["members", "public"])
def test_valid_at_once(fleet, use_case, login, access):
    before = snapshot(fleet)
    made = hub(fleet, use_case=use_case, login=login, access=access, event_dates="2027-03-08..2027-03-10", users=400)
    written = make(fleet, "north", made)
    assert [str(each) for each in inspect(fleet, ["north"]).findings if each.severity == "error"] == []
    after = snapshot(fleet)
    assert set(after) - set(before) == {"clusters/north/lab.values.yaml", "clusters/north/lab.community.yaml"}
    assert [name for name in before if before[name] != after[name]] == [CLUSTER]
    assert after[CLUSTER].startswith(before[CLUSTER].rstrip())
    assert set(written.files) == {*(set(after) - set(before)), CLUSTER}


def test_what_was_said_is_in_the_files(fleet):
    make(fleet, "north", hub(fleet, display_name="Lab: A & B", users=120, login="google", admins=()))
    entry = yaml.safe_load((fleet / CLUSTER).read_text())["hubs"][-1]
    assert entry["display_name"] == "Lab: A & B"
    assert entry["people"] == 120
    assert entry["stage"] == "production"
    assert entry["access"] == "members"
    assert entry["community"]["contacts"] == [{"name": "Ada", "email": "ada@example.org", "role": "owner"}]
    community = yaml.safe_load((fleet / "clusters/north/lab.community.yaml").read_text())
    assert community["members"] == ["ada@example.org"], "with google, user names are addresses"


@pytest.mark.parametrize(
    ("name", "more", "error", "says"),
    [
        ("college", {}, Refused, "already a hub north/college"),
        ("Lab", {}, WrongUsage, "can not be the hub's name"),
        ("col-lege", {}, WrongUsage, "can not be the hub's name"),
        ("lab", {"use_case": "educaton"}, WrongUsage, "an option is not right"),
        ("lab", {"use_case": ""}, WrongUsage, "--use-case is missing"),
        ("lab", {"domain": ""}, WrongUsage, "--domain is missing"),
        ("lab", {"contacts": (), "admins": ()}, WrongUsage, "--contact and --admin are missing"),
        ("lab", {"contacts": ("Ada",)}, WrongUsage, "no contact"),
        ("lab", {"event_dates": "2027-02-30..2027-03-01", "users": 9}, WrongUsage, "no days"),
        ("lab", {"event_dates": "2027-03-02..2027-03-01", "users": 9}, WrongUsage, "ends before it starts"),
        ("lab", {"event_dates": "2027-03-02"}, WrongUsage, "--users is missing"),
        ("lab", {"access": "member"}, WrongUsage, "an option is not right"),
        ("lab", {"login": "githup"}, WrongUsage, "an option is not right"),
    ],
)
def test_bad_words_are_explained_and_nothing_is_written(fleet, name, more, error, says):
    before = snapshot(fleet)
    with pytest.raises(error) as caught:
        hub(fleet, name, **more)
    assert says in caught.value.what
    assert snapshot(fleet) == before


@pytest.mark.parametrize(
    ("name", "more", "error", "says"),
    [
        ("lab", {"domain": "college.hubs.example.org"}, Refused, "is the one of north/college"),
        ("kube-system", {}, InvalidConfiguration, "would not be valid"),
        ("lab", {"homes": "filestore"}, InvalidConfiguration, "would not be valid"),
        ("lab", {"quota": "10GB"}, InvalidConfiguration, "would not be valid"),
    ],
)
def test_what_would_not_be_valid_is_not_written(fleet, name, more, error, says):
    before = snapshot(fleet)
    with pytest.raises(error) as caught:
        make(fleet, "north", hub(fleet, name, **more))
    assert says in caught.value.what
    assert snapshot(fleet) == before


def test_an_unknown_cluster(fleet):
    with pytest.raises(WrongUsage) as caught:
        wished_hub(fleet, "nort", "lab", wishes(), None)
    assert caught.value.next_step == "did you mean north?"


def test_files_of_somebody_else_stay(fleet):
    made = hub(fleet)
    (fleet / "clusters/north/lab.values.yaml").write_text("jupyterhub: {debug: {enabled: true}}\n")
    before = snapshot(fleet)
    with pytest.raises(Refused) as caught:
        make(fleet, "north", made)
    assert "says something else" in caught.value.what
    assert snapshot(fleet) == before


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_interrupted_between_two_files(fleet, monkeypatch, trouble, after):
    before = snapshot(fleet)
    done = []

    def counted(real):
        def step(self, target):
            if len(done) == after:
                raise trouble
            done.append(target)
            return real(self, target)

        return step

    made = hub(fleet)
    monkeypatch.setattr(Path, "rename", counted(Path.rename))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    with pytest.raises((KeyboardInterrupt, HubfleetError)):
        make(fleet, "north", made)
    assert snapshot(fleet) == before


def test_a_killed_process_can_be_repeated(fleet):
    """Killed between the files and cluster.yaml: the same words again complete it."""
    made = hub(fleet)
    whole = make(fleet, "north", made, write=False)
    name = "clusters/north/lab.values.yaml"
    (fleet / name).write_text(whole.files[name])
    make(fleet, "north", made)
    assert inspect(fleet, ["north"]).errors == 0


def test_a_change_by_somebody_else_meanwhile_is_kept(fleet, monkeypatch):
    real = draft.inspect
    changed = (fleet / CLUSTER).read_text() + "# saved in an editor\n"

    def meanwhile(*args, **kwargs):
        (fleet / CLUSTER).write_text(changed)
        return real(*args, **kwargs)

    made = hub(fleet)
    monkeypatch.setattr(draft, "inspect", meanwhile)
    with pytest.raises(Refused):
        make(fleet, "north", made)
    assert (fleet / CLUSTER).read_text() == changed
    assert not (fleet / "clusters/north/lab.values.yaml").exists()


def test_asked_at_a_terminal(fleet):
    lines = iter(["research", "", "lab.hubs.example.org", "", "", "", "", "", "Ada <ada@example.org>", "ada"])
    made = wished_hub(fleet, "north", "lab", Wishes({}), lambda _: next(lines))
    assert (made.use_case, made.community_type, made.access, made.login) == (
        "research",
        "research-team",
        "members",
        "github",
    )
    make(fleet, "north", made)
    assert inspect(fleet, ["north"]).errors == 0


def test_the_file_store_of_the_cluster_is_taken(fleet):
    (fleet / "clusters/north/outputs.yaml").write_text("homes: {server: 10.0.0.2, path: /homes}\n")
    text = (fleet / CLUSTER).read_text()
    (fleet / CLUSTER).write_text(text + "infrastructure: {storage: {kind: efs}}\n")
    assert hub(fleet).homes == {"kind": "efs", "quota": "10Gi"}


def test_the_way_in_of_the_cluster_is_taken(fleet):
    common = "jupyterhub: {hub: {config: {JupyterHub: {authenticator_class: github}}}}\n"
    (fleet / "clusters/north/common.values.yaml").write_text(common)
    made = hub(fleet)
    assert made.login == ""
    make(fleet, "north", made)
    assert inspect(fleet, ["north"]).errors == 0


def test_where_it_should_live(fleet):
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert proposed(fleet, "lab", wishes(), now, None).cluster == "north"
    assert proposed(fleet, "lab", wishes(data_region="us-west1"), now, None).cluster == ""
    crowd = wishes(event_dates="2027-03-08..2027-03-10", users=501)
    assert proposed(fleet, "lab", crowd, now, None).reasons[0].guideline.name == "event"
    assert proposed(fleet, "lab", wishes(users=801), now, None).reasons[0].guideline.name == "size"


def on_disks(fleet, services="10.64.32.0/19"):
    """The cluster on Google Cloud, with a disk for each hub of kind nfs."""
    path = fleet / CLUSTER
    found = yaml.safe_load(path.read_text())
    gcp = {"project": "example-hubs", "location": "us-west1", "cluster": "hubs"}
    data = {"name": "north", "provider": "gcp", "gcp": gcp, "hubs": found["hubs"]}
    path.write_text(yaml.safe_dump({**data, "infrastructure": {"storage": {"kind": "disk", "size_gb": 100}}}))
    (fleet / "clusters/north/outputs.yaml").write_text(f"services_range: {services}\n" if services else "registry: r\n")


def test_a_hub_with_a_disk_of_its_own_gets_a_free_address_and_is_valid_before_the_disk_is_made(fleet):
    on_disks(fleet)
    make(fleet, "north", hub(fleet, homes="nfs", quota="20Gi"))
    make(fleet, "north", hub(fleet, "next", homes="nfs", domain="next.hubs.example.org"))
    homes = [each["homes"] for each in yaml.safe_load((fleet / CLUSTER).read_text())["hubs"]][-2:]
    assert homes[0] == {"kind": "nfs", "server": "10.64.32.16", "quota": "20Gi"}
    assert homes[1]["server"] == "10.64.32.17"
    assert "the disk of these homes is not made yet" in str(inspect(fleet, ["north/lab"]).findings)


@pytest.mark.parametrize(("services", "says"), [("", "not known yet"), ("10.64.32.0/28", "are all taken")])
def test_without_an_address_nothing_is_proposed(fleet, services, says):
    on_disks(fleet, services)
    with pytest.raises(WrongUsage) as caught:
        hub(fleet, homes="nfs")
    assert says in caught.value.evidence
