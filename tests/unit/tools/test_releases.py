"""Reading releases from the metadata of helm's Secrets (labels as helm 4.3.1 writes them)."""

from __future__ import annotations

from typing import Any

from hubfleet.tools.releases import newest


def secret(number: int, status: str, name: str = "demo", /, **ours: str) -> dict[str, Any]:
    labels = {"owner": "helm", "name": name, "version": str(number), "status": status, "modifiedAt": "1790000000"}
    about = {"namespace": name, "creationTimestamp": f"2026-11-26T01:00:{number:02}Z"}
    return {**about, "labels": labels | {f"hubfleet.io/{key}": value for key, value in ours.items()}}


def test_the_newest_revision_counts_numerically() -> None:
    found = newest([secret(9, "superseded"), secret(10, "deployed"), secret(2, "superseded")])[("demo", "demo")]
    assert (found.revision, found.status, found.good) == (10, "deployed", 10)


def test_it_was_made_when_its_secret_was_made() -> None:
    found = newest([secret(9, "superseded"), secret(10, "deployed")])[("demo", "demo")]
    assert found.created == "2026-11-26T01:00:10Z", "helm copies modifiedAt from revision to revision"


def test_labels_count_only_for_the_revision_they_name() -> None:
    inherited = newest([secret(5, "deployed", digest="abc", revision="4", verified="4")])[("demo", "demo")]
    assert (inherited.digest, inherited.verified) == ("", False)
    own = newest([secret(5, "deployed", digest="abc", revision="5", verified="5")])[("demo", "demo")]
    assert (own.digest, own.verified) == ("abc", True)


def test_the_last_good_revision_is_found_behind_a_pending_one() -> None:
    found = newest([secret(1, "superseded"), secret(2, "deployed"), secret(3, "pending-upgrade")])[("demo", "demo")]
    assert found.pending
    assert found.good == 2


def test_what_never_passed_its_check_is_no_good_revision() -> None:
    passed = secret(6, "superseded", digest="abc", revision="6", verified="6")
    failed = secret(7, "deployed", digest="bad", revision="7", verified="6")
    found = newest([passed, failed, secret(8, "pending-upgrade")])[("demo", "demo")]
    assert found.good == 6
    assert found.good_labels["digest"] == "abc"


def test_what_others_deployed_may_be_good_and_its_labels_are_not_its_own() -> None:
    passed = secret(6, "superseded", digest="abc", revision="6", verified="6")
    theirs = secret(7, "deployed", digest="abc", revision="6", verified="6")
    found = newest([passed, theirs])[("demo", "demo")]
    assert (found.good, found.good_labels) == (7, {})


def test_where_nothing_ever_passed_the_newest_that_was_live_is_what_there_is() -> None:
    bad = [secret(number, "superseded", digest="x", revision=str(number)) for number in (1, 2)]
    found = newest([*bad, secret(3, "failed")])[("demo", "demo")]
    assert (found.good, found.good_labels) == (2, {})


def test_a_first_installation_that_was_cut_short_has_no_good_revision() -> None:
    found = newest([secret(1, "pending-install")])[("demo", "demo")]
    assert found.pending
    assert found.good == 0


def test_releases_are_told_apart() -> None:
    assert set(newest([secret(1, "deployed"), secret(3, "failed", "other")])) == {
        ("demo", "demo"),
        ("other", "other"),
    }
