"""Real terraform with real providers, from the mirrors that this machine has, in a copy of the sources."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.process import environment
from hubfleet.toolchain import tool
from hubfleet.toolchain.providers import PROVIDERS as BUILT
from hubfleet.toolchain.providers import mirror

ROOT = Path(__file__).parents[3]
PROVIDERS = {"gcp": "google", "aws": "aws", "azure": "azurerm"}
_HASHICORP = Path("registry.terraform.io", "hashicorp")
_PLACES = (
    Path.home() / ".terraform.d/plugins",
    Path.home() / ".local/share/terraform/plugins",
    Path("/usr/local/share/terraform/plugins"),
    *sorted(Path("/opt").glob("*")),
)


def mirror_of(provider):
    """The folder that has a provider, or None."""
    return next((each for each in (mirror(), *_PLACES) if any((each / _HASHICORP / provider).glob("*/*/*"))), None)


def how_to_get(provider):
    """What to do about a provider that is missing, as the end of a sentence."""
    return "; nox -s providers builds it" if provider in {each.name for each in BUILT} else ""


class Sources:
    """A copy of terraform/, whose roots are initialised when they are first asked for."""

    def __init__(self, folder, program):
        self.folder = folder / "terraform"
        self._program = program
        self._data = folder / "data"
        self._config = folder / "terraform.rc"
        self._ready = set()
        shutil.copytree(ROOT / "terraform", self.folder, ignore=shutil.ignore_patterns(".terraform*"))
        self._config.write_text(_config())

    def run(self, root, *words, ok=(0,), **env):
        """Run terraform in a root whose provider is here; skip the test otherwise, with the reason."""
        provider = PROVIDERS[Path(root).name]
        if mirror_of(provider) is None:
            pytest.skip(f"no mirror on this machine has the {provider} provider{how_to_get(provider)}")
        if root not in self._ready:
            self._call(root, {}, "init", "-backend=false", "-input=false", "-no-color")
            self._ready.add(root)
        return self._call(root, env, *words, ok=ok)

    def made(self, root, inputs, work, **access):
        """Apply a root with its state in `work`: what is there afterwards, and what a second plan would change."""
        with self._local(root, work) as env:
            options = ("-input=false", "-no-color", f"-var-file={inputs}")
            self.run(root, "apply", "-auto-approve", *options, **env, **access)
            again = self.run(root, "plan", "-detailed-exitcode", *options, ok=(0, 2), **env, **access)
            found = json.loads(self.run(root, "show", "-json", **env, **access).stdout)
        return dict(_resources(found["values"]["root_module"])), "" if again.returncode == 0 else again.stdout

    def planned(self, root, inputs, work, **access):
        """What a root would make in an empty place, by address."""
        with self._local(root, work) as env:
            options = ("-input=false", "-no-color", f"-out={work}/plan", f"-var-file={inputs}")
            self.run(root, "plan", *options, **env, **access)
            found = json.loads(self.run(root, "show", "-json", f"{work}/plan", **env).stdout)
        return dict(_resources(found["planned_values"]["root_module"]))

    @contextmanager
    def _local(self, root, work):
        backend = self.folder / root / "local_override.tf"
        backend.write_text(f'terraform {{\n  backend "local" {{\n    path = "{work}/state"\n  }}\n}}\n')
        env = {"TF_DATA_DIR": str(work / "data")}
        try:
            self.run(root, "init", "-input=false", "-no-color", **env)
            yield env
        finally:
            backend.unlink()

    def _call(self, root, env, *words, ok=(0,)):
        own = {
            "TF_CLI_CONFIG_FILE": str(self._config),
            "TF_DATA_DIR": str(self._data / root),
            "CHECKPOINT_DISABLE": "1",
        }
        return process.run([self._program, *words], cwd=self.folder / root, env=environment(**{**own, **env}), ok=ok)


def _resources(module):
    """Address and values of each resource of a module and the modules in it."""
    for each in module.get("resources", []):
        if each["mode"] == "managed":
            yield each["address"], each["values"]
    for inner in module.get("child_modules", []):
        yield from _resources(inner)


def _config():
    found = {f"registry.terraform.io/hashicorp/{name}": mirror_of(name) for name in PROVIDERS.values()}
    blocks = [
        f"  filesystem_mirror {{\n    path = {json.dumps(str(place))}\n    include = {json.dumps([name])}\n  }}\n"
        for name, place in found.items()
        if place
    ]
    return "provider_installation {\n" + "".join(blocks) + "}\n"


@pytest.fixture(scope="session")
def terraform():
    try:
        return tool("terraform", ROOT)
    except HubfleetError as error:
        pytest.skip(f"{error.what}: {error.next_step}")  # a release is its only source: nothing builds it


@pytest.fixture(scope="session")
def sources(terraform, tmp_path_factory):
    return Sources(tmp_path_factory.mktemp("sources"), terraform)
