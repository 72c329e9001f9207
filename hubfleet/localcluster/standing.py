"""Does the cluster still stand as the last `local-up` left it? Asked first, so that a second one takes a blink.

What was left is written down: each process by id, start time and words, the repository's pins, and the
code that decides how programs are started. If any of it differs, `raising` takes the long way.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from hubfleet.localcluster import daemons, identity, iptables, node, resolve, state
from hubfleet.localcluster.api import answers
from hubfleet.localcluster.settings import Settings, write
from hubfleet.process import Run, run

_FILE = "standing.json"


def remember(settings: Settings, root: Path) -> None:
    """Write down what stands now."""
    write(settings.folder / _FILE, json.dumps(_facts(settings, root), indent=1))


def stands(settings: Settings, root: Path, run: Run = run) -> bool:
    """Whether everything that was left is still there and answers."""
    try:
        before = json.loads((settings.folder / _FILE).read_text())
    except (OSError, ValueError):
        return False
    if before != json.loads(json.dumps(_facts(settings, root))):
        return False
    if not answers(settings.folder / "admin.conf"):
        return False
    return not settings.real or _node_stands(settings, run)


def _node_stands(settings: Settings, run: Run) -> bool:
    """Names resolve, through a service and a pod; and our own rules are there."""
    saved = run([f"{settings.iptables}-save"], timeout=30, ok=range(256)).stdout
    return iptables.has_own(saved, settings) and resolve.resolves(settings.dns_address, resolve.API_NAME, seconds=1.0)


def _facts(settings: Settings, root: Path) -> dict[str, Any]:
    everyone = list(identity.processes())
    links = [settings.folder / "bin" / name for name in state.component_names(settings)]
    running = [each for link in links for each in daemons.running(link, everyone)]
    return {
        "settings": {name: str(value) for name, value in dataclasses.asdict(settings).items()},
        "processes": [dataclasses.asdict(each) for each in running],
        "programs": [identity.program(each) for each in running],
        "pins": hashlib.sha256((root / "fleet.yaml").read_bytes()).hexdigest(),
        "code": [
            (each.name, each.stat().st_size, each.stat().st_mtime_ns)
            for each in sorted(Path(__file__).parent.glob("*.py"))
        ],
        "resolvers": node.resolvers(node.resolv_files()) if settings.real else [],
        "certificates": str(settings.pki),
    }


def _version(file: Path) -> tuple[str, int, int]:
    found = file.stat()
    return file.name, found.st_size, found.st_mtime_ns
