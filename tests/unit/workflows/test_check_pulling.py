"""Which messages of a starting server say that its image will never come."""

from __future__ import annotations

import pytest

from hubfleet.workflows.dossier.pulling import hopeless, pull_failed


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ('[Warning] Failed to apply default image tag "a:B/c": couldn\'t parse image name "a:B/c"', "image-name"),
        ('[Warning] Failed to pull image "a:1": not found', "image-not-found"),
        ('[Warning] Container image "a:1" is not present with pull policy of Never', "image-not-loaded"),
    ],
)
def test_nobody_waits_for_it(message: str, name: str) -> None:
    found = pull_failed(message)
    assert found is not None
    assert found.name == name
    assert hopeless(found)


def test_it_may_still_come() -> None:
    found = pull_failed('Failed to pull image "a:1": dial tcp: i/o timeout')
    assert found is not None
    assert not hopeless(found)


@pytest.mark.parametrize("message", ["Pulling image a:1", "Error: ErrImagePull", ""])
def test_nothing_failed(message: str) -> None:
    assert pull_failed(message) is None
