"""What changes between versions of the JupyterHub chart, in short.

Read in https://z2jh.jupyter.org/en/stable/changelog.html in August 2026 and told in our own words. It names what people
must look at before they upgrade; it does not replace the changelog.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANGELOG = "https://z2jh.jupyter.org/en/stable/changelog.html"
NEWEST = "4.4.0"


@dataclass(frozen=True)
class Note:
    """One release: what it brings, and what a person does about it (empty: nothing)."""

    version: str
    brings: str
    do: str = ""


NOTES = (
    Note("2.0.0", "JupyterHub 3, KubeSpawner 4", "the hub's database is migrated: going back needs the saved copy"),
    Note("3.0.0", "JupyterHub 4, OAuthenticator 16, Python 3.11; Kubernetes 1.23 or newer",
         "OAuthenticator: say who may log in (`allowed_users`, groups, or `allow_all`); rules for DNS traffic changed"),
    Note("4.0.0", "JupyterHub 5, KubeSpawner 7, OAuthenticator 17, Python 3.12; Kubernetes 1.28 or newer",
         "nobody may log in unless something allows it: look at `access` and the authenticator's settings; "
         "the database is migrated; users' images should have JupyterHub 4.1 or 5"),
    Note("4.3.0", "JupyterHub 5.4, configurable-http-proxy 5; volumes can be written as mappings; Gateway API",
         "a key of hub.config that is no class name is an error now"),
    Note("4.3.3", "security: JupyterHub 5.4.4 (open redirect), Auth0 and LTI 1.1 authenticators", "upgrade soon"),
    Note("4.3.4", "security: JupyterHub 5.4.5 (cross-site request forgery)", "take 4.3.5: 4.3.4 has a regression"),
    Note("4.3.5", "JupyterHub 5.4.6 mends the regression of 4.3.4"),
    Note("4.4.0", "security: JupyterHub 5.5.0 (denial of service)", "upgrade soon"),
)  # fmt: skip


def notes_between(old: str, new: str) -> tuple[Note, ...]:
    """What is known of the releases after `old`, up to `new`; none when it goes backwards."""
    return tuple(note for note in NOTES if parts(old) < parts(note.version) <= parts(new))


def parts(version: str) -> tuple[int, int, int, bool]:
    """For comparing: a version with a suffix (4.0.0-beta.1) comes before the one without."""
    numbers, dash, _ = version.partition("-")
    major, minor, patch = (int(each) for each in numbers.partition("+")[0].split("."))
    return major, minor, patch, not dash


def warnings(old: str, new: str) -> tuple[str, ...]:
    """What a person should hear before they go on."""
    said = []
    if parts(new) < parts(old):
        said.append("this goes back: JupyterHub does not undo changes of its database; the hub may refuse to start")
    if parts(new)[0] > parts(old)[0] + 1:
        said.append("this skips a major version: go through each of them where the hub's database matters")
    if parts(new) > parts(NEWEST):
        said.append(f"nothing is known here of releases after {NEWEST}: read {CHANGELOG}")
    return tuple(said)
