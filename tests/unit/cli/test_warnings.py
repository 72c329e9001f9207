"""What libraries warn of is for their developers; what we warn of is a line of talk."""

from __future__ import annotations

import warnings

import pytest
from invoke.context import Context

from hubfleet.cli.base import task
from hubfleet.errors import HubfleetWarning


@task()
def loud(c: Context) -> None:
    """Warns as urllib3 does where a proxy of another kind is set, and as we do."""
    warnings.warn("SOCKS support in urllib3 requires another package", UserWarning, stacklevel=1)
    for _ in range(2):
        warnings.warn("a cluster is left out", HubfleetWarning, stacklevel=1)


@pytest.fixture(autouse=True)
def as_people_have_it(monkeypatch):
    monkeypatch.delenv("HUBFLEET_DEBUG", raising=False)
    monkeypatch.delenv("INVOKE_DEBUG", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


def test_ours_once_and_no_librarys(capsys):
    with warnings.catch_warnings(record=True) as shown:
        loud(Context())
    assert not shown
    assert capsys.readouterr().err == "! a cluster is left out\n"


def test_ours_also_where_python_is_told_to_be_quiet(capsys):
    warnings.simplefilter("ignore")
    loud(Context())
    assert capsys.readouterr().err == "! a cluster is left out\n"


def test_with_debug_a_librarys_too(monkeypatch):
    monkeypatch.setenv("HUBFLEET_DEBUG", "1")
    with pytest.warns(UserWarning, match="SOCKS"):
        loud(Context())


def test_afterwards_warnings_are_as_they_were():
    before = (warnings.showwarning, list(warnings.filters))
    loud(Context())
    assert (warnings.showwarning, list(warnings.filters)) == before
