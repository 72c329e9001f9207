"""Local cluster"""

from __future__ import annotations

from typing import Any

from hubfleet.cli.base import Exit, say, task


@task(
    help={
        "simulated": "so many nodes that only pretend to run pods; needs no root",
        "port": "of the API server on 127.0.0.1; default: what it was, 6443 at first",
    }
)
def local_up(c: Any, simulated: int = 0, port: int = 0) -> None:
    """Start or repair the local Kubernetes; finds what runs."""
    from hubfleet import localcluster, paths
    from hubfleet.errors import WrongUsage

    if simulated < 0 or not 0 <= port < 65536:  # noqa: PLR2004
        raise WrongUsage("--simulated and --port take positive numbers")
    nodes = localcluster.Simulated(simulated) if simulated else None
    found = localcluster.up(paths.repository(), nodes, say.info, port=port)
    say.done(f"the local cluster is up: {len(found.nodes)} {found.kind} node(s), {found.address}")
    say.info(f"kubectl --kubeconfig {found.kubeconfig} get pods -A")


@task(
    help={
        "delete_data": "also delete the database, the images and all volumes",
        "confirm": "`local`: yes, the files in the volumes may go",
    }
)
def local_down(c: Any, delete_data: bool = False, confirm: str = "") -> None:
    """End the local Kubernetes; its data stays for the next local-up."""
    from hubfleet import localcluster
    from hubfleet.errors import Refused
    from hubfleet.localcluster.settings import load, location

    if confirm not in ("", "local"):
        raise Refused(f"--confirm {confirm} is not the local cluster", next_step="--confirm local, if that is meant")
    confirmed = confirm == "local" or (delete_data and _agreed())
    there = load(location()) is not None
    found = localcluster.down(say.info, delete_data=delete_data, confirmed=confirmed)
    if not there:
        say.done(f"there is no local cluster in {found.folder}: nothing to end, and no data is kept")
        return
    say.done("the local cluster is down" + ("" if delete_data else "; its data is kept"))


@task(help={"json": "as JSON on standard output"})
def local_status(c: Any, json: bool = False) -> None:
    """Show what of the local Kubernetes runs, and the volumes it keeps; exit code 1 when it is not up."""
    from hubfleet import localcluster

    found = localcluster.status()
    if json:
        say.data(_as_data(found))
    else:
        _draw(found)
    if not found.ready:
        raise Exit(code=1)


def _agreed() -> bool:
    """Ask at the terminal when files would be lost. Without a terminal nobody can agree, and `down` refuses."""
    import sys

    from hubfleet import localcluster
    from hubfleet.localcluster.ending import described

    lost = [each for each in localcluster.status().homes if each.files]
    if not lost or not sys.stdin.isatty():
        return False
    say.warn(f"these {len(lost)} volumes hold files that would be lost:\n{described(lost)}")
    return input("type `local` to delete them: ").strip() == "local"


def _draw(found: Any) -> None:
    if not found.exists:
        say.info(f"there is no local cluster in {found.folder}; ./inv local-up makes one")
        return
    rows = [
        (each.name, each.pid or "not running", f"{each.seconds} s" if each.pid else "") for each in found.components
    ]
    say.table(f"Local cluster ({found.kind} nodes)", ["component", "process", "up"], rows)
    if found.nodes:
        say.table("Nodes", ["node", "ready"], [(each.name, "yes" if each.ready else "no") for each in found.nodes])
    if found.homes:
        rows = [(each.name, each.files, f"{each.size / 1e6:.1f} MB") for each in found.homes]
        say.table("Volumes", ["volume", "files", "size"], rows)
    say.info(f"address: {found.address}   kubeconfig: {found.kubeconfig}")
    say.info(f"network policies: {found.network_policy}")
    if not found.ready:
        say.warn("it is not up; ./inv local-up starts or repairs it")


def _as_data(found: Any) -> dict[str, Any]:
    import dataclasses

    return dataclasses.asdict(found) | {"running": found.running}
