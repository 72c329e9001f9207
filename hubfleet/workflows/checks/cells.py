"""What is run in the temporary user's notebook: code made anew for each check, and what it must answer."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from hubfleet.workflows.checks.result import CheckFailed

_PRIME = 2**61 - 1
_HOW_MANY = 50

_COMPUTE = """
import json, os, pathlib
numbers = {numbers}
home = pathlib.Path.home()
file = home / {file!r}
with open(file, "w", encoding="utf-8") as out:
    out.write({text!r})
    out.flush()
    os.fsync(out.fileno())
print(json.dumps({{
    "result": sum(pow(number, 65537, {prime}) for number in numbers) % {prime},
    "user": os.environ.get("JUPYTERHUB_USER"), "home": str(home), "cwd": os.getcwd(),
}}))
"""

_READ = """
import pathlib
print((pathlib.Path.home() / {file!r}).read_bytes().hex())
"""

# A home on shared storage is a folder of its own, mounted: then the mount ends with the user's name, and all in it is
# the temporary user's. Without that proof only the check's own file goes: other people may live in the same folder.
_REMOVE = """
import os, pathlib, shutil
home = pathlib.Path.home()
(home / {file!r}).unlink(missing_ok=True)
names = {{{user!r}, {user!r}.replace("-", "-2d")}}
mounts = [line.split() for line in open("/proc/self/mountinfo")]
own = [m for m in mounts if m[4] == str(home) and os.environ.get("JUPYTERHUB_USER") == {user!r}
       and (m[3].rsplit("/", 1)[-1] in names or m[m.index("-") + 2].rsplit("/", 1)[-1] in names)]
for entry in (home.iterdir() if own else ()):
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
print("emptied" if own else "file removed")
"""


@dataclass(frozen=True)
class Task:
    """One check's random work.

    Args:
        user: the temporary user.
        numbers: what is computed with.
        text: what is written to the file; beyond ASCII, because files of people are.
    """

    user: str
    numbers: tuple[int, ...]
    text: str

    @classmethod
    def for_user(cls, user: str) -> Task:
        """New random numbers and text."""
        numbers = tuple(secrets.randbelow(_PRIME) for _ in range(_HOW_MANY))
        return cls(user, numbers, f"hubfleet ✓ {secrets.token_hex(32)}\n")

    @property
    def file(self) -> str:
        """Its name in the home directory."""
        return f"{self.user}.txt"

    @property
    def compute(self) -> str:
        """The cell that computes, and writes the file."""
        return _COMPUTE.format(numbers=list(self.numbers), file=self.file, text=self.text, prime=_PRIME)

    @property
    def read(self) -> str:
        """The cell that shows the file's bytes."""
        return _READ.format(file=self.file)

    @property
    def remove(self) -> str:
        """The cell that removes the file, and empties a home directory that is provably the temporary user's own."""
        return _REMOVE.format(file=self.file, user=self.user)

    def judge_computed(self, printed: str) -> str:
        """Compare what the first cell printed with what is right.

        Returns:
            The file's path below the server's root, for the contents API; empty where homes are elsewhere.

        Raises:
            CheckFailed: another result, or another user's server.
        """
        try:
            said = json.loads(printed)
        except ValueError as trouble:
            raise CheckFailed("the cell did not print its result", "wrong-result", evidence=printed[:400]) from trouble
        expected = sum(pow(number, 65537, _PRIME) for number in self.numbers) % _PRIME
        if said.get("result") != expected:
            raise CheckFailed("the cell computed a wrong result", "wrong-result",
                              evidence=f"expected {expected}, got {said.get('result')}")  # fmt: skip
        if said.get("user") != self.user:
            raise CheckFailed("the server belongs to somebody else", "wrong-user", evidence=f"{said.get('user')}")
        home, root = said["home"].rstrip("/"), said["cwd"].rstrip("/")
        if home != root and not home.startswith(f"{root}/"):
            return ""
        return f"{home.removeprefix(root)}/{self.file}".lstrip("/")

    def judge_bytes(self, printed: str) -> None:
        """Compare the file's bytes, as the second cell printed them.

        Raises:
            CheckFailed: they differ.
        """
        if printed.strip() != self.text.encode().hex():
            raise CheckFailed("the file in the home directory has other bytes than were written", "wrong-file",
                              evidence=printed[:400])  # fmt: skip
