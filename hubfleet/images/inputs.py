"""What this machine adds to a build so that packages can be got: a CA bundle and the addresses of package indexes.

They reach one stage of a build, which is not part of the image. They are made in memory for each build from what
pip and npm would use on this machine, and go through a pipe: no file of the repository or of the image has them.
"""

from __future__ import annotations

import configparser
import io
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hubfleet.errors import HubfleetError

FOLDER = "build-inputs"
_IN_BUILD = "/build"  # where the Dockerfiles put the folder's content
_BUNDLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "timeout")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Machine:
    """Where settings are looked for: the environment, pip's files and npm's files, the last one wins."""

    environment: Mapping[str, str]
    pip: tuple[Path, ...]
    npm: tuple[Path, ...]


def this_machine() -> Machine:
    """The files that pip and npm read for this user."""
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    pip = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    if chosen := os.environ.get("PIP_CONFIG_FILE"):
        pip.append(Path(chosen))
    return Machine(os.environ, tuple(pip), (Path("/etc/npmrc"), home / ".npmrc"))


def build_inputs(machine: Machine) -> dict[str, bytes]:
    """The files of the folder `build-inputs` of a build context, by name; none where nothing is special.

    Raises:
        HubfleetError: an index's address holds a password: a build would keep it.
    """
    pip, npm = _pip_settings(machine), _npm_settings(machine)
    inputs: dict[str, bytes] = {}
    if bundle := _ca_bundle(machine, pip.pop("cert", ""), npm.pop("cafile", "")):
        inputs["ca.pem"] = bundle
        pip["cert"] = npm["cafile"] = f"{_IN_BUILD}/ca.pem"
    if pip:
        inputs["pip.conf"] = _ini(pip).encode()
    if npm:
        inputs["npmrc"] = "".join(f"{key}={value}\n" for key, value in npm.items()).encode()
    return inputs


def proxies(machine: Machine) -> list[str]:
    """The names of the proxy settings that are there. docker leaves these build arguments out of an image's history."""
    return [name for name in _PROXIES if machine.environment.get(name)]


def archive(files: Sequence[tuple[str, Path]], inputs: Mapping[str, bytes]) -> bytes:
    """A build context: the files under the names given, and the build inputs. Equal content, equal bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, file in files:
            mode = 0o755 if file.stat().st_mode & 0o100 else 0o644
            _add(tar, name, file.read_bytes(), mode)
        for name, content in sorted(inputs.items()):
            _add(tar, f"{FOLDER}/{name}", content, 0o644)
    return packed.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))


def _ca_bundle(machine: Machine, *configured: str) -> bytes:
    named = [machine.environment.get(name, "") for name in _BUNDLES]
    for path in [*named, *configured]:
        if path and Path(path).is_file():
            return Path(path).read_bytes()
    return b""


def _pip_settings(machine: Machine) -> dict[str, str]:
    said: dict[str, str] = {}
    for file in machine.pip:
        parsed = configparser.RawConfigParser(strict=False)
        try:
            parsed.read(file)
        except (OSError, configparser.Error) as trouble:
            raise HubfleetError("pip's settings cannot be read", where=str(file), evidence=str(trouble)) from None
        for section in ("global", "install"):
            if parsed.has_section(section):
                said |= dict(parsed.items(section))
    for key in _PIP_KEYS:
        variable = "PIP_DEFAULT_TIMEOUT" if key == "timeout" else "PIP_" + key.upper().replace("-", "_")
        said[key] = machine.environment.get(variable) or said.get(key, "")
    kept = {key: said[key] for key in (*_PIP_KEYS, "cert") if said.get(key)}
    for key in ("index-url", "extra-index-url"):
        _without_password("pip", kept.get(key, ""))
    return kept


def _npm_settings(machine: Machine) -> dict[str, str]:
    said: dict[str, str] = {}
    for file in machine.npm:
        if file.is_file():
            lines = (line.partition("=") for line in file.read_text(errors="replace").splitlines() if "=" in line)
            said |= {key.strip(): value.strip().strip("'\"") for key, _, value in lines}
    environment = {name.lower(): value for name, value in machine.environment.items()}
    for key in ("registry", "cafile"):
        said[key] = environment.get(f"npm_config_{key}") or said.get(key, "")
    _without_password("npm", said["registry"])
    return {key: said[key] for key in ("registry", "cafile") if said[key]}


def _without_password(program: str, addresses: str) -> None:
    for address in addresses.split():
        if "@" in urlsplit(address).netloc:
            raise HubfleetError(
                f"the package index of {program} has a user name or password in its address, and a build would keep it",
                where=f"{program}'s settings on this machine",
                next_step="give the address of one that asks for none, such as a local mirror, in the environment",
            )


def _ini(settings: Mapping[str, str]) -> str:
    lines = [f"{key} = " + "\n    ".join(value.split()) for key, value in settings.items()]
    return "[global]\n" + "\n".join(lines) + "\n"
