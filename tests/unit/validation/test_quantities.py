from __future__ import annotations

import pytest

from hubfleet.validation import quantities


@pytest.mark.parametrize(
    ("written", "bytes_"),
    [("512M", 512 * 2**20), ("2G", 2**31), ("1.5G", 1.5 * 2**30), ("4T", 4 * 2**40), (1024, 1024), ("1K", 1024)],
)
def test_memory_that_the_spawner_reads(written: object, bytes_: float) -> None:
    assert quantities.spawner_memory(written) == bytes_


@pytest.mark.parametrize("written", ["2Gi", "2g", "512", "2 G", "2GB", "", "G", None, True, [1]])
def test_memory_that_keeps_the_hub_from_starting(written: object) -> None:
    assert quantities.spawner_memory(written) is None


@pytest.mark.parametrize(
    ("written", "amount"),
    [("10Gi", 10 * 2**30), ("500m", 0.5), ("1e3", 1000), ("12E", 12e18), (".5", 0.5), (3, 3), ("2k", 2000)],
)
def test_kubernetes(written: object, amount: float) -> None:
    assert quantities.kubernetes(written) == pytest.approx(amount)


@pytest.mark.parametrize("written", ["10GB", "10 Gi", "ten", "10K", "Gi", "-1", True, None, "1e"])
def test_no_kubernetes_quantity(written: object) -> None:
    assert quantities.kubernetes(written) is None


@pytest.mark.parametrize(
    ("written", "form"), [("2Gi", "2G"), ("512mb", "512M"), ("1.5 g", "1.5G"), ("lots", ""), ("2X", "")]
)
def test_what_was_meant(written: str, form: str) -> None:
    assert quantities.spawner_form(written) == form
