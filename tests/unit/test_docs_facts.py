"""Pages that repeat what code and schemas say, say the same."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from hubfleet.fleet import load_fleet
from hubfleet.workflows import way_in
from hubfleet.workflows.new import guidelines
from hubfleet.workflows.new.hub_text import QUOTAS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    path = ROOT / "docs/configuration_tables.py"
    spec = importlib.util.spec_from_file_location("configuration_tables", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_has_the_keys_of_the_schemas(tables: ModuleType) -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    assert tables.written(page) == page, "run: python docs/configuration_tables.py"


def test_the_reference_goes_to_the_bottom(tables: ModuleType) -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    assert {name for _, name, _ in tables.TABLE.findall(page)} == {
        "cluster", "community", "override", "fleet", "outputs",
    }  # fmt: skip
    for key in ("hubs[].node_pool.gpu.type", "hubs[].events[].people", "hubs.NAME.identity", "sizes[].memory", "until"):
        assert f"| `{key}` |" in page, key


def test_the_guidelines_are_those_of_the_code() -> None:
    page = (ROOT / "docs/when-to-make-a-new-cluster.md").read_text()
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", page, re.MULTILINE)[2:]
    assert rows == [(each.name, each.says) for each in guidelines.ALL]
    for use_case, people in guidelines.EXPECTED_PEOPLE.items():
        assert f"{people} (`{use_case}`)" in " ".join(page.split()), use_case
    assert f"{guidelines.OTHER_USE_CASE_PEOPLE} (others)" in " ".join(page.split())
    for number in (guidelines.HUBS_OF_A_CLUSTER, guidelines.PEOPLE_OF_A_HUB, guidelines.PEOPLE_OF_A_CLUSTER):
        assert re.search(rf"\b{number}\b", page.partition("## Why these numbers")[2]), number


def test_the_quotas_are_those_of_the_code() -> None:
    page = (ROOT / "docs/add-a-hub.md").read_text()
    assert ", ".join(f"{quota} ({use_case})" for use_case, quota in QUOTAS.items()) in page


def test_files_come_back_into_a_hub_that_is_no_longer_retired() -> None:
    """A retired hub is not deployed, and every hub that was taken down is retired."""
    page = (ROOT / "docs/take-a-hub-down.md").read_text()
    section = page.partition("## Bring files back")[2]
    assert "take `state: retired` out" in section.partition("./inv deploy-hub")[0]


def test_the_command_that_shows_the_password_is_the_one_that_new_hub_says() -> None:
    page = (ROOT / "docs/add-a-hub.md").read_text()
    local = load_fleet(ROOT).cluster("local")
    values = {"jupyterhub": {"hub": {"config": {"JupyterHub": {"authenticator_class": "shared-password"}}}}}
    shell, users, admins = way_in.passwords(local, local.hub("demo"), values)
    assert users.strip().replace("-n demo", "-n ocean") in page
    assert shell.split(": ")[1].split(",")[0] in page
    assert "admin-password" in admins
    assert "`admin-password`" in page
