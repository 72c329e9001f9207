"""From whatever is there to a cluster that runs: each step looks first, and does only what is missing.

So a second `local-up` finds everything in place, one after a kill or a reboot repairs it, and one that
was interrupted is simply completed by the next.
"""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster import (
    daemons,
    identity,
    mounts,
    network,
    objects,
    pki,
    ports,
    preflight,
    programs,
    raising_node,
    simulated,
    standing,
    state,
)
from hubfleet.localcluster.api import Api
from hubfleet.localcluster.control import api_server, controller_manager, etcd, provisioner, scheduler
from hubfleet.localcluster.daemons import Daemon
from hubfleet.localcluster.lock import changing
from hubfleet.localcluster.programs import Programs
from hubfleet.localcluster.settings import (
    Nodes,
    Real,
    Settings,
    Simulated,
    adjusted,
    free_ranges,
    load,
    save,
    write,
)  # fmt: skip

Say = Callable[[str], None]

_POLL_SECONDS = 0.05
_START_SECONDS = 60.0


def raise_cluster(root: Path, folder: Path, nodes: Nodes | None, port: int, say: Say) -> state.ClusterState:
    """See `hubfleet.localcluster.up`."""
    try:
        # Before waiting for a lock too: who can not have such a cluster hears it at once, and nothing is made.
        before = load(folder)
        preflight.check(_wanted(before, folder, nodes, port), first=before is None)
        with changing(folder, say):
            _raise_locked(root, folder, nodes, port, say)
    except OSError as trouble:  # a full disk, a read-only one, a folder that this user may not change
        raise HubfleetError(
            "the local cluster's folder can not be used",
            where=str(trouble.filename or folder),
            evidence=str(trouble),
            next_step="see `df -h` and the folder's owner, then ./inv local-up again",
        ) from None
    return state.look(folder, measure=False)


def _raise_locked(root: Path, folder: Path, nodes: Nodes | None, port: int, say: Say) -> None:
    before = load(folder)  # again: whoever had the lock may have changed it
    settings = _wanted(before, folder, nodes, port)
    if settings == before and standing.stands(settings, root):
        say("it runs already")
        return
    preflight.check(settings, first=before is None)
    _establish(settings if before else _with_ranges(settings), before, root, say)


def _wanted(before: Settings | None, folder: Path, nodes: Nodes | None, port: int) -> Settings:
    if before is not None:
        return adjusted(before, nodes, port)
    chosen, port = nodes or Real(), port or Settings.port
    if isinstance(chosen, Simulated):
        return Settings(folder, kind="simulated", count=chosen.count, port=port)
    return Settings(folder, port=port)


def _establish(settings: Settings, before: Settings | None, root: Path, say: Say) -> None:
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.folder.chmod(0o700)
    settings = _with_ports(settings)
    if settings.real:
        settings = raising_node.chosen(settings, first=before is None)
    if settings != before:
        save(settings)
    _forget_last_boot(settings)
    found = programs.find(root, settings)
    if pki.ensure(settings, found.kubeadm, found.version):
        say("made keys and certificates")
    _raise(settings, root, found, say)
    standing.remember(settings, root)


class Starter:
    """Starts programs, and waits for what they are to do, with an eye on whether they still live."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.started: list[str] = []
        self._watched: list[Daemon] = []

    def ensure(self, *wanted: Daemon) -> None:
        """Make these run as wanted."""
        for each in wanted:
            if daemons.ensure(each):
                self.started.append(each.name)
                self._say(f"started {each.name}")
            self._watched.append(each)

    def until(self, what: str, check: Callable[[], bool], seconds: float = _START_SECONDS) -> None:
        """Wait for it.

        Raises:
            HubfleetError: a program ended meanwhile, or it took too long; with the end of the log.
        """
        deadline, asked = time.monotonic() + seconds, 0
        while not check():
            asked += 1
            if asked % 10 == 0:
                self.look_after()
            if time.monotonic() > deadline:
                raise self._too_long(what, seconds)
            time.sleep(_POLL_SECONDS)

    def look_after(self) -> None:
        """See that what was to run still runs; raises what `until` raises."""
        everyone = list(identity.processes())
        for each in self._watched:
            if not daemons.running(each.link, everyone):
                raise daemons.died(each)

    def _too_long(self, what: str, seconds: float) -> HubfleetError:
        last = self._watched[-1]
        return HubfleetError(
            f"{what}: not after {seconds:.0f} s", where=str(last.log.parent), evidence=daemons.tail(last.log),
            next_step="read the logs; ./inv local-up tries again",
        )  # fmt: skip


def _raise(settings: Settings, root: Path, found: Programs, say: Say) -> None:
    starter = Starter(say)
    if settings.real:
        raising_node.prepare(settings, found, starter)
    starter.ensure(etcd(settings, found), api_server(settings, found))
    if settings.real:
        raising_node.give_images(settings, root, found, starter)
    api = Api(settings.pki / "super-admin.conf")
    starter.until("the API server is ready", api.ready)
    objects.apply(api, objects.administrators())
    starter.ensure(controller_manager(settings, found), scheduler(settings, found), provisioner(settings, found))
    if settings.real:
        raising_node.run_node(settings, root, found, starter, api)
    else:
        _raise_simulated(settings, found, starter, api)
    # The controller manager makes it, and no pod can be created without it.
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    starter.until("pods can be created", lambda: api.get(account) is not None)
    starter.look_after()


def _raise_simulated(settings: Settings, found: Programs, starter: Starter, api: Api) -> None:
    objects.apply(api, objects.common() + objects.simulation())
    starter.ensure(simulated.kwok(settings, found))
    simulated.scale(api, settings.count)

    def all_ready() -> bool:
        nodes = state.parse_nodes(api.get("/api/v1/nodes") or {})
        return len(nodes) == settings.count and all(each.ready for each in nodes)

    starter.until(f"{settings.count} simulated nodes are ready", all_ready)


def _with_ranges(settings: Settings) -> Settings:
    """Simulated nodes need no addresses that anybody could reach, so no look at the machine's routes."""
    if not settings.real:
        return settings
    pods, services = free_ranges(network.routes(), settings.folder)
    return dataclasses.replace(settings, pods=pods, services=services)


def _with_ports(settings: Settings) -> Settings:
    """The database's ports are nobody's business: another one is taken when one is not free."""
    if daemons.running(settings.folder / "bin/etcd"):
        return settings
    return dataclasses.replace(
        settings,
        etcd_port=_usable(settings.etcd_port),
        etcd_peer_port=_usable(settings.etcd_peer_port),
    )


def _usable(port: int) -> int:
    return port if ports.free(port) else ports.any_free()


def _forget_last_boot(settings: Settings) -> None:
    """Sockets, addresses and mounts of before a restart of the machine mean nothing now."""
    boot, file = Path("/proc/sys/kernel/random/boot_id").read_text(), settings.folder / "boot"
    if file.exists() and file.read_text() == boot:
        return
    if settings.real and settings.run.exists():
        mounts.unmount([settings.run])
        shutil.rmtree(settings.run, ignore_errors=True)
    write(file, boot)
