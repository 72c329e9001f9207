"""A cluster's own copy of terraform/: providers' locks and backends of other clusters can not get in its way.

`.hubfleet/infra/<cluster>/` (mode 0700) has the copy, terraform's data, and the saved plan.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.toolchain.providers import mirror
from hubfleet.workflows.infra.backend import Backend

_OVERRIDE = "hubfleet_override.tf.json"
_IMPORTS = "hubfleet_imports.tf.json"
_NEVER = shutil.ignore_patterns(".terraform*", "*.tfstate*", "tests", "*.tfplan")


def home(root: Path, cluster: str) -> Path:
    """The cluster's folder, made if need be."""
    folder = root / ".hubfleet" / "infra" / cluster
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def copy(root: Path, name: str, target: Path) -> Path:
    """Copy terraform/, freshly, and return the root module `name` (such as `aws` or `state/aws`) in the copy.

    Raises:
        HubfleetError: the repository has no such module.
    """
    source = root / "terraform"
    if not (source / name).is_dir():
        raise HubfleetError(f"there is no terraform/{name}", where=str(source), next_step="git status terraform")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=_NEVER)
    return target / name


def set_backend(module: Path, backend: Backend) -> None:
    """Where the module's sources name another kind of backend (for a state in a file), override it."""
    if backend.kind == "local":
        _write(module / _OVERRIDE, {"terraform": {"backend": {"local": {}}}})


def set_imports(module: Path, resources: dict[str, str]) -> None:
    """What is to be adopted: ids by address."""
    _write(module / _IMPORTS, {"import": [{"to": address, "id": each} for address, each in sorted(resources.items())]})


def digest(root: Path, inputs: str) -> str:
    """Tells whether inputs or sources have changed. Tests, notes and what terraform itself writes do not count."""
    found = hashlib.sha256(inputs.encode())
    source = root / "terraform"
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        hidden = any(part.startswith(".") or part == "tests" for part in relative.parts)
        if path.is_file() and not hidden and path.suffix in (".tf", ".json", ".tpl", ".tftpl"):
            found.update(f"\0{relative}\0".encode() + path.read_bytes())
    return found.hexdigest()


def config_of_mirror(folder: Path) -> Path | None:
    """A configuration of terraform for providers that hubfleet itself has built; None where it has built none."""
    built = mirror()
    names = sorted(path.name for path in (built / "registry.terraform.io" / "hashicorp").glob("*"))
    if not names:
        return None
    own = [f"registry.terraform.io/hashicorp/{name}" for name in names]
    text = (
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(built))}\n"
        f"    include = {json.dumps(own)}\n  }}\n  direct {{\n    exclude = {json.dumps(own)}\n  }}\n}}\n"
    )
    path = folder / "terraform.rc"
    path.write_text(text, encoding="utf-8")
    return path


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
