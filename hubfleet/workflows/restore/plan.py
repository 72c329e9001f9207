"""What a restore would do to each home: pure comparison of what is archived with what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hubfleet.archive.entries import Entry
from hubfleet.archive.manifest import Volume

_ROOT = 0
# jupyter_core.paths.jupyter_runtime_dir: cookie secret, addresses and tokens of servers and kernels while they run.
RUNTIME = ".local/share/jupyter/runtime"


@dataclass(frozen=True)
class Home:
    """Where the hub looks for a user's files.

    Args:
        claim: name of the PersistentVolumeClaim.
        body: the claim as KubeSpawner would make it; None: KubeSpawner makes none.
        folder: of this home in the volume; empty: all of it.
        uid: number of the user who works there; None: the image decides. `gid`: of the group.
    """

    claim: str
    body: Mapping[str, Any] | None = None
    folder: str = ""
    uid: int | None = None
    gid: int | None = None


@dataclass(frozen=True)
class Target:
    """One volume of the archive, and where it goes.

    Args:
        chosen: names at its top that are meant; none: all.
        exists: whether the claim is there already.
        owners: other numbers for users, because the hub's users have another one now.
    """

    volume: Volume
    home: Home
    chosen: tuple[str, ...]
    exists: bool
    owners: Mapping[int, int]

    @property
    def who(self) -> str:
        """The user, with the name of a named server; or the volume."""
        server = server_of(self.volume)
        return (f"{self.volume.user}/{server}" if server else self.volume.user) or self.volume.claim


@dataclass(frozen=True)
class Comparison:
    """Paths of the archive: not there yet, there with the same content, and there with another.

    Args:
        kept: of what is there with another content, files of a server's run, which nobody works on: they stay.
    """

    new: tuple[str, ...]
    same: tuple[str, ...]
    conflicts: tuple[str, ...]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A target with what would happen. `bytes`: of the files that are new or in conflict."""

    target: Target
    comparison: Comparison
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What a restore would do.

    Args:
        homes: each with what would happen.
        left_out: volumes of the archive that the hub has no place for, and why.
        in_use: claims that pods use now, with these pods.
    """

    homes: tuple[Planned, ...]
    left_out: tuple[tuple[str, str], ...]
    in_use: Mapping[str, tuple[str, ...]]

    @property
    def conflicts(self) -> tuple[str, ...]:
        """A line for each file that is there already with another content."""
        return tuple(f"{each.target.who}: {path}" for each in self.homes for path in each.comparison.conflicts)


def server_of(volume: Volume) -> str:
    """The named server whose home it is; empty: the user's only one."""
    return str((volume.template.get("annotations") or {}).get("hub.jupyter.org/servername", ""))


def meant(entries: Mapping[str, Entry], chosen: Iterable[str], owners: Mapping[int, int]) -> dict[str, Entry]:
    """The entries below the chosen names (none: all), with the owners that they get."""
    names = set(chosen)
    return {
        path: replace(entry, uid=owners.get(entry.uid, entry.uid))
        for path, entry in entries.items()
        if not names or path.partition("/")[0] in names
    }


def owners_for(entries: Mapping[str, Entry], uid: int | None) -> dict[int, int]:
    """From which number to which files change hands: from that of most files to the user's; root's stay root's."""
    numbers = Counter(entry.uid for entry in entries.values() if entry.uid != _ROOT)
    if uid is None or not numbers:
        return {}
    most = numbers.most_common(1)[0][0]
    return {} if most == uid else {most: uid}


def compare(wanted: Mapping[str, Entry], there: Mapping[str, Entry], runtime: str = RUNTIME) -> Comparison:
    """What is new, the same, and in conflict. Owner and permissions of what is there stay as they are.

    Args:
        wanted: what is archived.
        there: what is there.
        runtime: where files of a server's run are: `runtime_of` the volume.
    """
    differ = [path for path in wanted if path in there and not _alike(wanted[path], there[path])]
    # Below a file that stands where a folder should be, nothing is new: the file is the conflict.
    kept = {path for path in differ if is_runtime(path, runtime)}
    kept |= {path for path in wanted if path not in there and not kept.isdisjoint(_above(path))}
    return Comparison(
        new=tuple(path for path in wanted if path not in there and path not in kept),
        same=tuple(path for path in wanted if path in there and _alike(wanted[path], there[path])),
        conflicts=tuple(path for path in differ if path not in kept),
        kept=tuple(path for path in wanted if path in kept),
    )


def runtime_of(volume: Volume) -> str:
    """Where the files of a server's run are in a volume: in the home, or in each of the homes of a share (`*`)."""
    return RUNTIME if volume.user else f"*/{RUNTIME}"


def is_runtime(path: str, runtime: str) -> bool:
    """Whether a path is the folder of a server's run, or below it."""
    pattern, words = runtime.split("/"), path.split("/")
    return len(words) >= len(pattern) and all(one in ("*", word) for one, word in zip(pattern, words, strict=False))


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def planned(target: Target, wanted: Mapping[str, Entry], there: Mapping[str, Entry]) -> Planned:
    """A target with what would happen to it."""
    found = compare(wanted, there, runtime_of(target.volume))
    return Planned(target, found, sum(wanted[path].size for path in (*found.new, *found.conflicts)))


def missing(wanted: Mapping[str, Entry], there: Mapping[str, Entry], before: Mapping[str, Entry]) -> list[str]:
    """What is not as it should be after a restore, a line each; what was there before keeps owner and permissions."""
    lines = []
    for path, entry in wanted.items():
        found = there.get(path)
        if found is None or not _alike(entry, found):
            lines.append(f"{path}: {'is not there' if found is None else 'has another content'}")
        elif path not in before and found != entry:
            lines.append(f"{path}: has another owner or other permissions")
    return lines


def _alike(one: Entry, other: Entry) -> bool:
    return (one.kind, one.size, one.sha256, one.target) == (other.kind, other.size, other.sha256, other.target)
