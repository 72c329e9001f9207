"""Debian's and Ubuntu's packages, installed without starting a service that did not run before.

Installing docker.io or containerd would start daemons. Debian's way to prevent that is a program
`/usr/sbin/policy-rc.d` that answers 101, "do not". Ours asks whether hubfleet still holds a lock, so
that even after kill -9 the file that stays behind prevents nothing; the next installation removes it.
Source: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.process import ProcessFailed, Run
from hubfleet.toolchain.slot import locked

Say = Callable[[str], None]

POLICY = Path("/usr/sbin/policy-rc.d")
LOCK = Path("/run/hubfleet-packages.lock")
_MARK = "# hubfleet: no new service is started while its packages are installed"
_ALLOWED, _DENIED = 0, 101
_SERVICES = {"docker.io": "docker", "containerd": "containerd"}
_APT = (
    "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "--no-upgrade", "--no-remove",
    "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold",
)  # fmt: skip


def has_apt() -> bool:
    """Whether this system installs packages with apt-get."""
    return shutil.which("apt-get") is not None


def install(packages: Sequence[str], say: Say, stop: threading.Event, run: Run = process.run) -> None:
    """Install packages, none of the machine's own removed or upgraded for it.

    Raises:
        HubfleetError: apt-get refused; its own words are the evidence.
    """
    names = sorted(set(packages))
    say(f"{', '.join(names)}: installing the operating system's packages")
    env = process.environment(DEBIAN_FRONTEND="noninteractive", NEEDRESTART_SUSPEND="1")
    with locked(LOCK, "packages", say, stop), services_stay_as_they_are(POLICY, LOCK, run):
        try:
            _apt_get(names, env, run)
        except ProcessFailed:
            say("asking for fresh package lists")  # there may be none yet, or old ones that name files that are gone
            run(["apt-get", "update", "--quiet"], env=env, timeout=600)
            _apt_get(names, env, run)
    say(f"{', '.join(names)}: installed")
    if new := [service for package, service in _SERVICES.items() if package in names and _systemd_runs()]:
        say(f"not started now, but at the next boot unless you say `systemctl disable {' '.join(new)}`")


@contextmanager
def services_stay_as_they_are(policy: Path, lock: Path, run: Run = process.run) -> Iterator[None]:
    """No service starts meanwhile, except those that run now: an upgrade may restart them.

    Args:
        policy: where the system looks for its policy; one that is there already is kept, asked, and put back.
        lock: the caller holds it, with a lock that the kernel takes back when this process ends.
        run: the door to systemctl.
    """
    kept = policy.with_name(policy.name + ".before-hubfleet")
    _put_back(policy, kept)
    running = _running_services(run)
    if policy.exists():
        policy.rename(kept)
    try:
        _write(policy, _policy(lock, kept, running))
        yield
    finally:
        _put_back(policy, kept)


def _apt_get(names: Sequence[str], env: dict[str, str], run: Run) -> None:
    try:
        run([*_APT, *names], env=env, timeout=1800)
    except ProcessFailed as trouble:
        if "--no-remove" in trouble.evidence or "Packages need to be removed" in trouble.evidence:
            trouble.next_step = "packages of another source are in the way: install these by hand, as you prefer them"
        else:
            trouble.next_step = f"sudo apt-get install --no-install-recommends {' '.join(names)}"
        raise


def _policy(lock: Path, kept: Path, running: Sequence[str]) -> str:
    """The program that the system asks, with options such as --quiet and then a service, with or without `.service`."""
    allowed = "".join(f"  {name}|{name}.service) exit {_ALLOWED} ;;\n" for name in running)
    return (
        f"#!/bin/sh\n{_MARK}\n"
        f'if flock --nonblock "{lock}" true; then\n'
        f'  if [ -x "{kept}" ]; then exec "{kept}" "$@"; fi\n'
        f"  exit {_ALLOWED}\n"
        f"fi\n"
        f'while [ "${{1#--}}" != "$1" ]; do shift; done\n'
        f'case "$1" in\n{allowed}esac\n'
        f"exit {_DENIED}\n"
    )


def _running_services(run: Run) -> list[str]:
    """The services that systemd runs now; none where systemd does not."""
    if not _systemd_runs():
        return []
    listed = run(
        ["systemctl", "list-units", "--type=service,socket", "--state=active", "--plain", "--no-legend"], timeout=20
    )
    units = [line.split()[0] for line in listed.stdout.splitlines() if line.strip()]
    return sorted({unit.removesuffix(".service") for unit in units})


def _systemd_runs() -> bool:
    return Path("/run/systemd/system").is_dir()  # sd_booted(3)


def _write(policy: Path, text: str) -> None:
    unfinished = policy.with_name(f".{policy.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(0o755)
        unfinished.rename(policy)
    except OSError as trouble:
        raise HubfleetError(
            "services can not be kept from starting", where=str(policy), evidence=str(trouble)
        ) from trouble


def _put_back(policy: Path, kept: Path) -> None:
    """Remove our policy, also one that a killed installation left, and put the system's own back."""
    if policy.is_file() and _MARK in policy.read_text(encoding="utf-8", errors="replace"):
        policy.unlink()
    if kept.exists() and not policy.exists():
        kept.rename(policy)
