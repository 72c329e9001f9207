"""Where this machine gets Debian's packages from, as apt itself tells it. No address is in the repository."""

from __future__ import annotations

from dataclasses import dataclass

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.process import Run

_FORMAT = "$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)"


@dataclass(frozen=True, order=True)
class Mirror:
    """One of apt's sources: Debian's name of the suite, and the address."""

    suite: str
    address: str


def mirrors(release: str, run: Run = process.run) -> tuple[Mirror, ...]:
    """The mirrors of a Debian release, its updates and its security updates, as apt is set up here.

    Args:
        release: Debian's code name.
        run: the door to programs.

    Raises:
        HubfleetError: apt is not there, or knows no mirror of that release.
    """
    targets = run(["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"], timeout=60)
    found = parse_targets(targets.stdout, release)
    if not any(mirror.suite == release for mirror in found):
        raise HubfleetError(
            f"apt knows no mirror of Debian {release} on this machine",
            evidence="\n".join(targets.stdout.splitlines()[:10]),
            next_step="`apt-get update` once; on another release or distribution: ./inv image-build --base public",
        )
    return found


def parse_targets(said: str, release: str) -> tuple[Mirror, ...]:
    """Debian's own mirrors among apt's index targets: those that its signed index calls Debian's, component main."""
    suites = {release, f"{release}-updates", f"{release}-security"}
    rows = (line.split("|") for line in said.splitlines() if line.count("|") == _FORMAT.count("|"))
    found = {
        Mirror(codename, address.rstrip("/"))
        for origin, codename, component, address in rows
        if origin == "Debian" and component == "main" and codename in suites
    }
    return tuple(sorted(found))


def sources_list(found: tuple[Mirror, ...]) -> str:
    """The mirrors as lines of apt's sources.list."""
    return "".join(f"deb {mirror.address} {mirror.suite} main\n" for mirror in found)
