"""Where an archive is: folders, buckets, and what is neither."""

from __future__ import annotations

import pytest

from hubfleet.archive.address import Address, parse
from hubfleet.clouds.aws.objects import part_bytes
from hubfleet.errors import WrongUsage

MIB = 1 << 20


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/srv/archives", None),
        ("archives", None),
        ("~/s3/archives", None),
        ("s3://example-archive", Address("s3", "example-archive")),
        ("s3://example-archive/", Address("s3", "example-archive")),
        ("gs://example_archive/hubs/2026/", Address("gs", "example_archive", "hubs/2026")),
    ],
)
def test_what_can_be(text: str, found: Address | None) -> None:
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("s3://", "no bucket can have the name ''"),
        ("s3://Example", "no bucket can have the name"),
        ("s3://under_score", "no bucket can have the name"),
        ("S3://example-archive", "not to s3://"),
        ("s3://example-archive//hubs", "is no prefix"),
        ("s3://example-archive/../other", "is no prefix"),
        ("gs://example-archive/a b", "is no prefix"),
        ("az://account/container", "does not write to Azure"),
        ("https://archx.blob.core.windows.net/archive", "does not write to Azure"),
        ("ftp://example.org/archives", "not to ftp://"),
    ],
)
def test_what_can_not_be_is_said_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(WrongUsage, match=says) as caught:
        parse(text)
    assert caught.value.next_step


@pytest.mark.parametrize("expected", [0, 1, 100 * MIB, 130_000 * MIB, 2_000_000 * MIB])
def test_ten_thousand_parts_are_enough_for_twice_what_is_expected(expected: int) -> None:
    sizes = [part_bytes(number, expected) for number in range(1, 10_001)]
    assert sum(sizes) > max(2 * expected, 300_000 * MIB)
    assert min(sizes) >= 5 * MIB
    assert max(sizes) <= 5 << 30
    assert sum(sizes[:8000]) >= expected
