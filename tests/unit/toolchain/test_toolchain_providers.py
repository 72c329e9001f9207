"""The azurerm provider: built once, into a place where terraform finds it, or not there at all."""

from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.toolchain.providers import AZURERM, build_azurerm, mirror


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_it_is_built_once_into_a_mirror():
    calls = []

    def run(argv, *, env, **_):
        calls.append([str(word) for word in argv])
        (Path(env["GOBIN"]) / "terraform-provider-azurerm").write_text("built")

    program = build_azurerm(Path("/go"), lambda _: None, run)
    assert build_azurerm(Path("/go"), lambda _: None, run) == program
    assert len(calls) == 1
    assert calls[0][1] == "install"
    assert calls[0][-1].startswith("github.com/hashicorp/terraform-provider-azurerm@v")
    at = program.relative_to(mirror() / "registry.terraform.io" / "hashicorp" / "azurerm")
    assert at.parts[0] == AZURERM
    assert program.name == f"terraform-provider-azurerm_v{AZURERM}"
    assert program.read_text() == "built"


def test_a_failed_build_leaves_no_provider():
    def run(argv, *, env, **_):
        (Path(env["GOBIN"]) / "terraform-provider-azurerm").write_text("half")
        raise HubfleetError("no room")

    with pytest.raises(HubfleetError, match="no room"):
        build_azurerm(Path("/go"), lambda _: None, run)
    assert not [path for path in mirror().rglob("*") if path.is_file() and path.name.startswith("terraform-provider")]
