"""Reading releases from the metadata of helm's Secrets (labels as helm 4.3.1 writes them)."""

from __future__ import annotations

from typing import Any

from hubfleet.tools.releases import newest


def secret(number: int, status: str, name: str = "demo", /, **ours: str) -> dict[str, Any]:
    labels = {"owner": "helm", "name": name, "version": str(number), "status": status, "modifiedAt": "1790000000"}
    return {"namespace": name, "labels": labels | {f"hubfleet.io/{key}": value for key, value in ours.items()}}


def test_the_newest_revision_counts_numerically() -> None:
    found = newest([secret(9, "superseded"), secret(10, "deployed"), secret(2, "superseded")])[("demo", "demo")]
    assert (found.revision, found.status, found.last_deployed) == (10, "deployed", 10)


def test_labels_count_only_for_the_revision_they_name() -> None:
    inherited = newest([secret(5, "deployed", digest="abc", revision="4", verified="4")])[("demo", "demo")]
    assert (inherited.digest, inherited.verified) == ("", False)
    own = newest([secret(5, "deployed", digest="abc", revision="5", verified="5")])[("demo", "demo")]
    assert (own.digest, own.verified) == ("abc", True)


def test_the_last_good_revision_is_found_behind_a_pending_one() -> None:
    found = newest([secret(1, "superseded"), secret(2, "deployed"), secret(3, "pending-upgrade")])[("demo", "demo")]
    assert found.pending
    assert found.last_deployed == 2


def test_a_first_installation_that_was_cut_short_has_no_good_revision() -> None:
    found = newest([secret(1, "pending-install")])[("demo", "demo")]
    assert found.pending
    assert found.last_deployed == 0


def test_releases_are_told_apart() -> None:
    assert set(newest([secret(1, "deployed"), secret(3, "failed", "other")])) == {
        ("demo", "demo"),
        ("other", "other"),
    }
