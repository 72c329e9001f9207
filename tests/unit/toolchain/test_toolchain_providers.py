"""Terraform's providers: built once, into a place where terraform finds them, or not there at all."""

import re
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.toolchain.providers import PROVIDERS, build, mirror

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(params=PROVIDERS, ids=lambda each: each.name)
def provider(request):
    return request.param


def test_it_is_built_once_into_a_mirror(provider):
    calls, said = [], []

    def run(argv, *, env, **_):
        calls.append([str(word) for word in argv])
        (Path(env["GOBIN"]) / f"terraform-provider-{provider.name}").write_text("built")

    program = build(provider, Path("/go"), said.append, run)
    assert build(provider, Path("/go"), said.append, run) == program
    assert len(calls) == 1
    assert calls[0][1] == "install"
    assert calls[0][-1] == f"github.com/hashicorp/terraform-provider-{provider.name}@v{provider.commit}"
    assert f"about {provider.seconds} s" in said[0]
    at = program.relative_to(mirror() / "registry.terraform.io" / "hashicorp" / provider.name)
    assert at.parts[0] == provider.version
    assert program.name == f"terraform-provider-{provider.name}_v{provider.version}"
    assert program.read_text() == "built"


def test_a_failed_build_leaves_no_provider(provider):
    def run(argv, *, env, **_):
        (Path(env["GOBIN"]) / f"terraform-provider-{provider.name}").write_text("half")
        raise HubfleetError("no room")

    with pytest.raises(HubfleetError, match="no room"):
        build(provider, Path("/go"), lambda _: None, run)
    assert not [path for path in mirror().rglob("*") if path.is_file() and path.name.startswith("terraform-provider")]


def test_what_is_built_is_what_the_modules_take(provider):
    """`>= 7.45, < 9.0` or `~> 5.2`: terraform would look for another one, at a registry."""
    files = [
        path for path in (ROOT / "terraform").rglob("versions.tf") if f"hashicorp/{provider.name}" in path.read_text()
    ]
    assert len(files) > 5
    version = _numbers(provider.version)
    for file in files:
        wanted = re.search(rf'hashicorp/{provider.name}"\n\s+version = "([^"]+)"', file.read_text())
        for sign, number in re.findall(r"(>=|<|~>) ([\d.]+)", wanted.group(1)):
            least = _numbers(number)
            fits = version < least if sign == "<" else version >= least
            assert fits, (file, wanted.group(1))
            assert sign != "~>" or version[0] == least[0], (file, wanted.group(1))


def _numbers(version):
    return tuple(int(number) for number in version.split("."))
