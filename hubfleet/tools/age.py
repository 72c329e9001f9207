"""age: encrypted files and their keys (https://age-encryption.org).

Only what sops does not do by itself: where keys are looked for, making one, and streams that never touch the disk in
clear.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from hubfleet import process
from hubfleet.errors import HubfleetError, Refused
from hubfleet.masking import hide
from hubfleet.process import ProcessFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubfleet.process import Run

_DAY_SECONDS = 86_400.0
_PUBLIC = re.compile(r"age1[a-z0-9]{58}")


def key_file(env: Mapping[str, str] = os.environ) -> Path:
    """The file in which sops looks for age keys on this machine, whether it is there or not.

    Source: https://getsops.io/docs/#encrypting-using-age
    """
    named = env.get("SOPS_AGE_KEY_FILE")
    if named:
        return Path(named)
    config = env.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "sops" / "age" / "keys.txt"


def make_key(path: Path, keygen: Path, *, run: Run = process.run) -> str:
    """Make a new key, readable by its owner alone, and return its public half.

    Args:
        path: the file that gets the key; it must not exist.
        keygen: the program age-keygen.
        run: the door to programs.

    Raises:
        Refused: the file exists: overwriting a key would make files unreadable for ever.
    """
    if path.exists():
        raise Refused("there is already a key", where=str(path), next_step="move it away first, and keep it")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    done = run([keygen, "-o", path], timeout=60)
    match = _PUBLIC.search(done.stderr + done.stdout)
    if match is None:
        raise HubfleetError("age-keygen did not say the public key", where=str(path))
    return match[0]


def encrypt(program: Path, recipients: Sequence[str], source: int, sink: int, *, run: Run = process.run) -> None:
    """Encrypt a stream, from one open descriptor to another, until the source ends.

    Args:
        program: age.
        recipients: public keys, of age or SSH; each of their owners can read it.
        source: plain bytes.
        sink: gets the encrypted ones.
        run: the door to programs.
    """
    run([program, *(word for each in recipients for word in ("-r", each))], stdin=source, stdout=sink,
        timeout=_DAY_SECONDS)  # fmt: skip


def decrypt(program: Path, identity: Path, source: int, sink: int, *, run: Run = process.run) -> None:
    """Decrypt a stream, from one open descriptor to another. age checks each 64 KiB before it lets them out.

    Raises:
        NoKey: the identity is none of those that it was encrypted for.
        ProcessFailed: it is broken or ends early.
    """
    try:
        run([program, "--decrypt", "-i", identity], stdin=source, stdout=sink, timeout=_DAY_SECONDS)
    except ProcessFailed as trouble:
        if "no identity matched" in trouble.completed.stderr:
            raise NoKey("the key on this machine does not open it", where=str(identity)) from None
        raise


class NoKey(HubfleetError):
    """There is no key here that opens a file."""


def hide_keys(env: Mapping[str, str] = os.environ) -> None:
    """Register keys that stand in the environment, so that no output can show them."""
    key = env.get("SOPS_AGE_KEY", "")
    hide(*(line.strip() for line in key.splitlines()))
