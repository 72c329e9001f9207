"""A cluster that does not run, a hub that is not installed: what is shown, and the way on with its names."""

from __future__ import annotations

import json

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from hubfleet.cli.check import check_hub
from hubfleet.tools.kubernetes import NotFound
from hubfleet.workflows import check
from tests.unit.cli.conftest import Inv


def test_a_cluster_that_does_not_run_is_told_with_the_next_step_and_its_hubs_true_address(inv: Inv):
    done = inv("status", "-s", "local", "--json")
    rows = {each["hub"]: each for each in json.loads(done.stdout)["hubs"]}
    assert {name: each["url"] for name, each in rows.items()} == {
        "demo": "http://demo.localhost:30080/",
        "staging": "http://staging.localhost:30081/",
    }
    drawn = inv("status", "-s", "local")
    assert "! local: the local cluster does not run; next: ./inv local-up\n" in drawn.stderr
    assert "\tthe local cluster does not run\t" in drawn.stdout


def test_a_hub_whose_values_are_wrong_still_has_an_address(fleet, inv: Inv):
    (fleet / "clusters/local/staging.values.yaml").write_text("[\n")
    (row,) = json.loads(inv("status", "-s", "local/staging", "--json").stdout)["hubs"]
    assert row["url"] == "http://staging.localhost:30000/"


@pytest.mark.parametrize("next_step", ["./inv deploy-hub, or ./inv status", "./inv deploy-hub: the chart declares it"])
def test_a_hub_that_is_not_installed_is_named_in_the_next_step(fleet, monkeypatch, capsys, next_step):
    """The cluster is pretended: what its API answers is tested with a real one in tests/e2e."""

    def quick(*_: object) -> None:
        raise NotFound("there is no JupyterHub in namespace staging", next_step=next_step)

    monkeypatch.chdir(fleet)
    monkeypatch.setattr(check, "site_of", lambda *_: None)
    monkeypatch.setattr(check, "quick", quick)
    with pytest.raises(Exit) as ended:
        check_hub(Context(), "local", "staging")
    assert ended.value.code == 1
    assert "next: ./inv deploy-hub local staging" in capsys.readouterr().err


def test_ending_a_local_cluster_that_is_not_there_keeps_nothing(inv: Inv):
    for words in (["local-down"], ["local-down", "--delete-data"]):
        done = inv(*words)
        assert done.returncode == 0
        assert done.stderr.startswith("✓ there is no local cluster in ")
        assert "its data is kept" not in done.stderr


def test_a_cluster_without_hubs_is_counted(fleet, inv: Inv):
    folder = fleet / "clusters/gcp-east"
    folder.mkdir()
    (folder / "cluster.yaml").write_text("name: gcp-east\nprovider: local\nhubs: []\n")
    assert "(0 hubs on 1 cluster," in inv("validate", "--no-render", "-s", "gcp-east").stderr
    assert "(11 hubs on 5 clusters," in inv("validate", "--no-render").stderr
    assert "(1 hub on 1 cluster," in inv("validate", "--no-render", "-s", "local/demo").stderr
