"""What a restore decides: which files are new, the same or in conflict; whose they become; how large a claim is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubfleet.archive.entries import Entry
from hubfleet.archive.manifest import Manifest, Volume
from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.workflows.restore import plan, putting, source, spawner
from hubfleet.workflows.restore.plan import Home, Target

FILE = Entry("notes", "file", 0o644, 1000, 100, 3, "a" * 64)
FOLDER = Entry("work", "folder", 0o755, 1000, 100)
LINK = Entry("link", "link", 0o777, 1000, 100, target="notes")
WANTED = {each.path: each for each in (FILE, FOLDER, LINK)}


def volume(claim: str, user: str = "", size: int = 0, storage: str = "1Gi", server: str = "") -> Volume:
    template = {
        "annotations": {"hub.jupyter.org/servername": server},
        "spec": {"resources": {"requests": {"storage": storage}}},
    }
    return Volume(claim, f"uid-{claim}", user, template, f"{claim}.tar.gz", 1, "0" * 64, f"{claim}.listing.gz",
                  "0" * 64, 1, size, 0, "0" * 64, "read back")  # fmt: skip


def manifest(*volumes: Volume) -> Manifest:
    return Manifest("local", "staging", "staging.localhost", "run-1", "then", "ada", (), "", (), volumes)


def test_in_an_empty_home_everything_is_new() -> None:
    found = plan.compare(WANTED, {})
    assert (set(found.new), found.same, found.conflicts) == (set(WANTED), (), ())


def test_the_same_content_is_no_conflict_whoever_owns_it() -> None:
    there = {path: replace(entry, uid=0, mode=0o600) for path, entry in WANTED.items()}
    found = plan.compare(WANTED, there)
    assert (found.new, set(found.same), found.conflicts) == ((), set(WANTED), ())


@pytest.mark.parametrize(
    "there",
    [
        replace(FILE, sha256="b" * 64),
        replace(FILE, size=4),
        replace(LINK, target="elsewhere"),
        replace(FOLDER, kind="link", target="/etc"),
        replace(FOLDER, kind="file"),
    ],
)
def test_another_content_is_a_conflict(there: Entry) -> None:
    assert plan.compare(WANTED, {there.path: there}).conflicts == (there.path,)


def test_files_of_a_servers_run_are_no_conflict_and_those_that_are_there_stay() -> None:
    run, other = ".local/share/jupyter/runtime", ".local/share/jupyter/runtime-notes"
    paths = (f"{run}/jupyter_cookie_secret", f"{run}/kernel-1.json", other, f"backup/{run}/kernel-1.json")
    wanted = {path: replace(FILE, path=path) for path in paths}
    there = {path: replace(FILE, path=path, sha256="b" * 64) for path in paths if path != paths[1]}
    found = plan.compare(wanted, there, plan.runtime_of(volume("claim-ada", "ada")))
    assert (found.kept, found.new, found.conflicts) == (paths[:1], paths[1:2], paths[2:])


def test_a_share_has_such_files_in_each_home() -> None:
    path = ".local/share/jupyter/runtime/jupyter_cookie_secret"
    wanted = {each: replace(FILE, path=each) for each in (f"ada/{path}", path)}
    there = {each: replace(entry, size=4) for each, entry in wanted.items()}
    found = plan.compare(wanted, there, plan.runtime_of(volume("homes")))
    assert (found.kept, found.conflicts) == ((f"ada/{path}",), (path,))


def test_what_is_archived_below_something_that_stays_does_not_come() -> None:
    run = ".local/share/jupyter/runtime"
    wanted = {run: replace(FOLDER, path=run), f"{run}/a": replace(FILE, path=f"{run}/a")}
    found = plan.compare(wanted, {run: replace(FILE, path=run)})
    assert (set(found.kept), found.new) == (set(wanted), ())


def test_files_go_to_the_user_of_the_new_hub_and_those_of_root_stay() -> None:
    entries = {**WANTED, "system": Entry("system", "file", 0o644, 0, 0)}
    owners = plan.owners_for(entries, 2000)
    assert owners == {1000: 2000}
    assert {path: entry.uid for path, entry in plan.meant(entries, (), owners).items()} == {
        "notes": 2000, "work": 2000, "link": 2000, "system": 0,
    }  # fmt: skip
    assert plan.owners_for(entries, 1000) == {}
    assert plan.owners_for(entries, None) == {}


def test_afterwards_everything_new_has_its_owner_and_what_was_there_keeps_its_own() -> None:
    there = {path: replace(entry, uid=0) for path, entry in WANTED.items()}
    assert len(plan.missing(WANTED, there, {})) == 3
    assert plan.missing(WANTED, there, there) == []
    assert plan.missing(WANTED, {}, {})[0].endswith("is not there")


def test_chosen_users_and_never_the_database() -> None:
    whole = manifest(volume("claim-ada", "ada"), volume("claim-grace", "grace"), volume("hub-db-dir"))
    assert [each.claim for each, _ in source.chosen(whole, ())] == ["claim-ada", "claim-grace"]
    assert [each.claim for each, _ in source.chosen(whole, ("grace",))] == ["claim-grace"]
    with pytest.raises(WrongUsage, match="no home of gracee") as caught:
        source.chosen(whole, ("gracee",))
    assert "grace" in caught.value.next_step


def test_in_a_shared_volume_a_user_is_a_folder() -> None:
    assert [names for _, names in source.chosen(manifest(volume("homes")), ("ada",))] == [("ada",)]


@pytest.mark.parametrize(
    ("files", "storage", "made"), [(10, "10Gi", "1Gi"), (2 << 30, "10Gi", "10Gi"), (10, "1Mi", "1Gi")]
)
def test_a_claim_is_the_hubs_and_as_large_as_its_files_need(files: int, storage: str, made: str) -> None:
    body = {"metadata": {"name": "x", "labels": {"a": "b"}}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    target = Target(volume("claim-ada", "ada", files, storage), Home("claim-ada", body), (), False, {})
    claim = putting.claim_body(target, "staging")
    assert claim["spec"]["resources"]["requests"]["storage"] == made
    assert claim["metadata"] == {"name": "claim-ada", "labels": {"a": "b"}, "namespace": "staging"}
    assert body["metadata"] == {"name": "x", "labels": {"a": "b"}}


def test_what_the_hub_prints_around_its_answer_is_left_out() -> None:
    answer = '{"claim": "claim-ada", "body": null, "folder": "", "uid": 1000, "gid": 100}'
    said = f"Loading hub.extraConfig.x\nhubfleet-homes: [{answer}, null]\nbye\n"
    assert spawner.parse(said) == [Home("claim-ada", None, "", 1000, 100), None]
    with pytest.raises(HubfleetError, match="did not say"):
        spawner.parse("Loading hub.extraConfig.x\n")


def test_a_named_server_has_a_home_of_its_own() -> None:
    target = Target(volume("claim-ada--big", "ada", server="big"), Home("claim-ada--big"), (), False, {})
    assert target.who == "ada/big"
