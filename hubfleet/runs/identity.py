"""Who is working, and on which state of the repository."""

from __future__ import annotations

import getpass
import os
import re
from pathlib import Path

from hubfleet import process

_LABEL_LIMIT = 63  # https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set


def operator(root: Path) -> str:
    """The person, as git knows them; in CI the one who started the job; else the login name."""
    if actor := os.environ.get("GITHUB_ACTOR"):
        return actor
    return _git(root, "config", "user.email") or _login()


def commit(root: Path) -> str:
    """The commit that is checked out, with `-dirty` where files differ from it; empty outside git."""
    head = _git(root, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    return head


def label(text: str) -> str:
    """The text as a Kubernetes label value: other characters become `-`, cut to 63."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:_LABEL_LIMIT].strip("-_.")


def _git(root: Path, *arguments: str) -> str:
    env = process.environment(GIT_OPTIONAL_LOCKS="0")
    try:
        return process.run(["git", "-C", root, *arguments], env=env, timeout=20, ok=(0, 1, 128)).stdout.strip()
    except process.ProcessFailed:
        return ""


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
