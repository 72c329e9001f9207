"""From whatever is there to nothing but data: the opposite of `raising`, just as indifferent to where it starts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hubfleet.errors import HubfleetError, Refused
from hubfleet.localcluster import daemons, identity, mounts, state
from hubfleet.localcluster.identity import Process
from hubfleet.localcluster.lock import changing
from hubfleet.localcluster.settings import Settings, load
from hubfleet.localcluster.volumes import Home, homes

Say = Callable[[str], None]

_GRACE_SECONDS = 10.0


def end_cluster(folder: Path, say: Say, *, delete_data: bool, confirmed: bool) -> state.ClusterState:
    """See `hubfleet.localcluster.down`."""
    if load(folder) is None and not folder.exists():
        return state.look(folder)
    with changing(folder, say):
        settings = load(folder) or Settings(folder)
        if delete_data and not confirmed:
            _guard(settings)
        _end(settings, say)
        if delete_data:
            _delete(settings)
            say("deleted the local cluster's data")
    return state.look(folder)


def described(lost: list[Home]) -> str:
    """A line for each home: its name, files and size."""
    return "\n".join(f"{each.name}: {each.files} files, {_human(each.size)}" for each in lost)


def _guard(settings: Settings) -> None:
    lost = [each for each in homes(settings) if each.files]
    if lost:
        raise Refused(
            f"{len(lost)} volumes hold files, which would be lost",
            where=str(settings.folder),
            evidence=described(lost),
            next_step="copy what is still needed, then ./inv local-down --delete-data --confirm local",
        )


def _end(settings: Settings, say: Say) -> None:
    link = settings.folder / "bin"
    if settings.real:
        from hubfleet.localcluster import ending_node

        _stop([link / "kubelet"], say)
        ending_node.end_pods(settings, say)
        _stop([link / "containerd"], say)
    known = {link / name for name in state.component_names(settings)}
    last = [link / "kube-apiserver", link / "etcd"]
    _stop(sorted(known - set(last)), say)
    for each in last:
        _stop([each], say)
    if settings.real:
        ending_node.clean(settings, say)


def _stop(links: list[Path], say: Say) -> None:
    everyone = list(identity.processes())
    ended: list[Process] = [each for link in links for each in daemons.running(link, everyone)]
    left = identity.end(ended, _GRACE_SECONDS)
    if left:
        names = ", ".join(f"{Path(each.argv[0]).name} (process {each.pid})" for each in left)
        raise HubfleetError(f"could not be ended: {names}", next_step="./inv local-down again")
    for each in ended:
        say(f"ended {Path(each.argv[0]).name}")


def _delete(settings: Settings) -> None:
    """Everything of the cluster; never through a mount, which could lead to somebody's disk."""
    table = Path("/proc/self/mountinfo").read_text()
    if mounted := mounts.below([settings.folder], table):
        raise HubfleetError(
            "something is mounted in the local cluster's folder, so nothing was deleted",
            where=", ".join(mounted),
            next_step="unmount it, then ./inv local-down --delete-data again",
        )
    for each in settings.folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        elif each.name != "settings.json":
            each.unlink()
    (settings.folder / "settings.json").unlink(missing_ok=True)  # last: without it, the rest would look like nobody's
    settings.folder.rmdir()


def _human(size: int) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
