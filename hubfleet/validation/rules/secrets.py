"""Secrets: encrypted where they should be, and nowhere else. No message shows a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.secretfile import load_encrypted
from hubfleet.validation.rules.files import SUFFIX_OF_ENCRYPTED, leads_out, named
from hubfleet.validation.tree import finding, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.document import Document
    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.tree import Tree

_KEY = re.compile(
    r"(client_?secret|cookie_?secret|secret_?token|secret_?key|access_?key|private_?key|crypt_?key|api_?key|"
    r"api_?token|auth_?token|access_?token|password|passwd|passphrase|(^|_)token|(^|_)secret|credentials?)$"
)
_NOT_A_SECRET = re.compile(
    r"(^$|^[<{$].*|^ENC\[.*|^/[\w./-]*$|.*(change.?me|replace.?me|placeholder|example).*)", re.IGNORECASE
)
_NAMES_OF_SECRETS = {"existing_secret", "image_pull_secret"}  # they name a Secret of the cluster
_VALUES = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SUFFIX_OF_ENCRYPTED-KEY-1"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a Google API key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@{}$<]+:[^/\s:@{}$<]+@"),
    "a secret in code": re.compile(
        r"(?i)(client_secret|password|api_?token|secret_?key|access_?key)[\"']?\s*[\])]*\s*[=:]\s*"
        r"[rbuf]?[\"'][^\"'{}<$\s]{6,}[\"']"
    ),
}


def plaintext(tree: Tree) -> Iterator[Finding]:
    """A file for secrets is encrypted by sops."""
    for document in _secret_documents(tree):
        try:
            load_encrypted(tree.root / document.file, tree.root)
        except InvalidConfiguration as error:
            yield from error.findings


def unencrypted_value(tree: Tree) -> Iterator[Finding]:
    """Every value of an encrypted file is encrypted: one that was added without sops is not."""
    for document in _secret_documents(tree):
        sops = document.data.get("sops")
        if not isinstance(sops, dict) or not sops.get("mac"):
            continue
        chosen = sops.get("encrypted_regex")
        plain = sops.get("unencrypted_suffix", "_unencrypted")
        for path, value in leaves(document.data):
            if path[0] == "sops" or value in ("", None) or str(value).startswith("ENC["):
                continue
            keys = [part for part in path if isinstance(part, str)]
            meant = re.search(str(chosen), " ".join(keys)) if chosen else not any(key.endswith(plain) for key in keys)
            if meant:
                yield finding(document, path, "this value is not encrypted", f"sops edit {document.file}")


def in_plain_file(tree: Tree) -> Iterator[Finding]:
    """A secret is not in a file that everybody reads."""
    for document in tree.all_documents:
        if document.file.endswith(SUFFIX_OF_ENCRYPTED):
            continue
        for path, _, kind in secrets_of(document):
            hint = "move it into the hub's .secret.values.yaml, and make a new one: this one has been seen"
            yield finding(document, path, f"{kind} in a plain file", hint)


def secrets_of(document: Document) -> Iterator[tuple[KeyPath, str, str]]:
    """What looks like a secret in a document: path, the secret itself, and what it looks like."""
    for path, value in leaves(document.data):
        if not isinstance(value, str | int) or isinstance(value, bool):
            continue
        text = str(value)
        formed = next(((kind, form.search(text)) for kind, form in _VALUES.items() if form.search(text)), None)
        name = _words(_name(document.data, path))
        if formed and formed[1]:
            yield path, text if "KEY-" in formed[1][0] else formed[1][0], formed[0]
        elif "\n" not in text and _KEY.search(name) and name not in _NAMES_OF_SECRETS and not _NOT_A_SECRET.match(text):
            yield path, text, "a secret"


def _name(data: Any, path: KeyPath) -> str:
    """What a value is called: its key, or in a list of environment variables the name beside it."""
    last = path[-1] if path else ""
    if last == "value":
        for part in path[:-1]:
            data = data[part]
        last = data.get("name", last)
    return last if isinstance(last, str) else ""


def _words(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).replace("-", "_").lower()


def _secret_documents(tree: Tree) -> Iterator[Document]:
    for cluster in tree.clusters:
        present = tree.files(cluster.path)
        listed = {name for path, name in named(cluster) if path[-2] == "secrets" and not leads_out(name)}
        for name in sorted(listed | {each for each in present if each.endswith(SUFFIX_OF_ENCRYPTED)}):
            document = tree.document(cluster.path / name) if name in present else None
            if document is not None:
                yield document
