"""Encrypted values files (sops), as far as they can be read without a key.

In such a file every value is `ENC[AES256_GCM,data:...,type:str]` and the block `sops` says who can
decrypt it (https://getsops.io/docs/#yaml-json-env-and-binary-files). Keys and types are in clear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.document import Document, load_yaml
from hubfleet.fleet.keypath import dotted
from hubfleet.validation.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from hubfleet.fleet.keypath import KeyPath

BLOCK = "sops"
_ENCRYPTED = re.compile(r"ENC\[AES256_GCM,data:.*,type:(?P<type>str|int|float|bool|bytes|comment)\]")
_TYPED: dict[str, Any] = {"int": 0, "float": 0.0, "bool": False}


def load_encrypted(path: Path, root: Path | None = None) -> Document:
    """The file as it is, still encrypted.

    Raises:
        InvalidConfiguration: it can not be read, or it is not encrypted.
    """
    document = load_yaml(path, root)
    block = document.data.get(BLOCK)
    if not isinstance(block, dict) or "mac" not in block:
        message = "this file of secrets is not encrypted"
        hint = f"sops encrypt --in-place {document.file}, and change the secrets that were readable"
        finding = Finding(document.file, 0, "", message, hint, "plaintext-secret")
        raise InvalidConfiguration(f"{document.file} is not encrypted", findings=[finding])
    return document


def encrypted_values(document: Document) -> dict[str, Any]:
    """The encrypted values without sops's own block: they change only when a value changes, not with the recipients."""
    return {key: value for key, value in document.data.items() if key != BLOCK}


def placeholders(path: Path) -> dict[str, Any]:
    """The file's values with a placeholder of the right type for each secret. Needs no key."""
    filled = _filled(encrypted_values(load_encrypted(path)), ())
    return dict(filled)


def is_encrypted(value: Any) -> bool:
    """Whether sops has encrypted this value."""
    return isinstance(value, str) and _ENCRYPTED.fullmatch(value) is not None


def _filled(value: Any, path: KeyPath) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, (*path, key)) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, (*path, index)) for index, each in enumerate(value)]
    match = _ENCRYPTED.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    return _TYPED.get(match["type"], f"placeholder-of-{dotted(path)}")
