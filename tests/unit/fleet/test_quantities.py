"""Amounts in limits and sizes."""

import pytest

from hubfleet.fleet.quantities import cores, size


def test_sizes():
    assert size("1G") == size("1Gi") == size("1024M") == 1 << 30
    assert size("1.5G") == 1.5 * (1 << 30)
    assert size("500") == 500
    assert size("2P") > size("2000T")


@pytest.mark.parametrize("text", ["", "G", "1 G", "1GB", "1e3"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="no amount"):
        size(text)


def test_cores():
    assert (cores(2), cores("0.5"), cores("500m")) == (2, 0.5, 0.5)
