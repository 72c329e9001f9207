"""sops: decrypts values files in memory (https://getsops.io). Nothing decrypted is ever written or shown."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.masking import hide
from hubfleet.process import ProcessFailed
from hubfleet.tools import age

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hubfleet.process import Argv, Run

# What sops reads to find keys: age, PGP, and the clouds' key services.
_PASSED_ON = (
    "SOPS_AGE_", "SOPS_PGP_", "SOPS_GPG_", "SOPS_KMS_", "SOPS_GCP_", "SOPS_AZURE_", "SOPS_KEYSERVICE", "GNUPGHOME",
    "AWS_", "GOOGLE_", "CLOUDSDK_", "AZURE_", "VAULT_", "HUAWEICLOUD_SDK_", "XDG_CONFIG_HOME",
)  # fmt: skip
_NO_KEY = 128  # sops: CouldNotRetrieveKey
_CHANGED = {25, 51, 52}  # sops: ErrorDecryptingTree, MacMismatch, MacNotFound
_SECONDS = 60.0


class CanNotDecrypt(HubfleetError):
    """No key on this machine opens the file."""


def decrypt(
    path: Path, *, program: Path, run: Run = process.run, env: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """The decrypted values of a file; every one of them is hidden from all output from now on.

    Args:
        path: the encrypted file.
        program: the program sops.
        run: the door to programs.
        env: where the keys are named; what sops needs of it is passed on.

    Raises:
        CanNotDecrypt: no key that fits; it says who can read the file and where keys are looked for.
        HubfleetError: the file is not encrypted, was changed by hand, or sops failed otherwise.
    """
    age.hide_keys(env)
    argv: Argv = [program, "decrypt", "--input-type", "yaml", "--output-type", "json", path]
    try:
        done = run(argv, env=_environment(env), timeout=_SECONDS)
    except ProcessFailed as error:
        raise _explained(error, path, env) from None
    values = json.loads(done.stdout)
    hide(*_texts(values))
    return dict(values)


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    return process.environment(**{name: value for name, value in env.items() if name.startswith(_PASSED_ON)})


def _texts(value: Any) -> Iterator[str]:
    """Every value as text. Words such as `true` are everywhere and stay visible."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _explained(error: ProcessFailed, path: Path, env: Mapping[str, str]) -> HubfleetError:
    """sops's failure in words that help."""
    said = error.completed.stderr
    code = error.completed.returncode
    if "sops metadata not found" in said:
        return HubfleetError(
            "this file of secrets is not encrypted",
            where=str(path),
            next_step=f"sops encrypt --in-place {path}, and change the secrets that were readable",
        )
    if code in _CHANGED:
        return HubfleetError(
            "this file was changed without sops: its checksums do not fit its values",
            where=str(path),
            next_step=f"git log -p -- {path} shows the change; take it back, and edit with: sops edit {path}",
        )
    if code == _NO_KEY or "Failed to get the data key" in said:
        return _no_key(path, env)
    return error


def _no_key(path: Path, env: Mapping[str, str]) -> CanNotDecrypt:
    looked = age.key_file(env)
    found = "no such file" if not looked.is_file() else "it has no key that fits"
    named = [name for name in ("SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD") if env.get(name)]
    lines = ["the file can be read by:", *(f"  {each}" for each in recipients(path))]
    lines += ["keys were looked for in:", f"  {looked} ({found})"]
    lines += [f"  the environment variable {name}" for name in named if name != "SOPS_AGE_KEY_FILE"]
    return CanNotDecrypt(
        "no key on this machine opens this file of secrets",
        where=str(path),
        evidence="\n".join(lines),
        next_step="put your age key there or in SOPS_AGE_KEY_FILE, or ask one of these to add you: sops updatekeys",
    )


def recipients(path: Path) -> list[str]:
    """Who can decrypt a file, as its block `sops` says: kind and public name of each key."""
    import yaml

    block = yaml.safe_load(path.read_bytes()).get("sops", {})
    groups = [block, *(block.get("key_groups") or [])]
    return [line for group in groups if isinstance(group, dict) for line in _keys(group)]


def _keys(group: dict[str, Any]) -> Iterator[str]:
    names = {"age": "recipient", "pgp": "fp", "kms": "arn", "gcp_kms": "resource_id", "hc_vault": "key_name"}
    for kind, name in names.items():
        for key in group.get(kind) or ():
            yield f"{kind}: {key.get(name, '?')}"
    for key in group.get("azure_kv") or ():
        yield f"azure_kv: {key.get('vault_url', '?')}/{key.get('name', '?')}"
