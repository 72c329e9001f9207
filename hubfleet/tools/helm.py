"""helm, one process per call: words in, typed results out.

Values are piped as JSON on standard input, so that no secret is in a file or an argument. The user's own
helm configuration, plugins and repositories are neither read nor changed: helm gets folders of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hubfleet import paths, process
from hubfleet.errors import HubfleetError
from hubfleet.process import Completed, OnLine, ProcessFailed, Run

Values = Mapping[str, Any]
_REVISIONS_KEPT = 10
_GRACE_SECONDS = 60.0


class Access(Protocol):
    """How to reach one cluster: the environment that names its kubeconfig and context."""

    @property
    def env(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Released:
    """A release as helm left it. `notes` is what the chart has to say to the person who installs it."""

    revision: int
    status: str
    notes: str


@dataclass(frozen=True)
class Revision:
    """One line of a release's history, as `helm history` has it."""

    revision: int
    updated: str
    status: str
    chart: str
    app_version: str
    description: str


@dataclass(frozen=True)
class LintMessage:
    """What `helm lint` found: `severity` is INFO, WARNING or ERROR."""

    severity: str
    where: str
    text: str


@dataclass(frozen=True)
class Helm:
    """helm on one cluster, or on none for what needs no cluster (template, lint, package, pull).

    Args:
        binary: the helm program, version 4.
        access: the cluster; None: helm gets an empty kubeconfig, never the user's.
        run: the door to programs.
    """

    binary: Path
    access: Access | None = None
    run: Run = process.run

    def template(self, chart: Path, release: str, namespace: str, values: Values, *, kube_version: str = "") -> str:
        """The manifests that the chart makes of the values, rendered without a cluster (`lookup` finds nothing)."""
        words = ["template", release, str(chart), *_into(namespace), *_VALUES]
        if kube_version:
            words += ["--kube-version", kube_version]
        return self._call(words, values=values).stdout

    def upgrade(
        self,
        chart: Path,
        release: str,
        namespace: str,
        values: Values,
        *,
        labels: Mapping[str, str] | None = None,
        description: str = "",
        timeout: float = 300.0,
        on_line: OnLine | None = None,
    ) -> Released:
        """Install or upgrade, without waiting for anything but the chart's hooks.

        Args:
            chart: a packaged chart or its folder.
            release: the release's name.
            namespace: where it lives; made when it is not there.
            values: all values: nothing is taken over from the revision before.
            labels: for the release; helm merges them into those of the revision before.
            description: shown in `helm history`, for example the id of the run.
            timeout: seconds for one hook.
            on_line: called with each line that helm prints, masked.

        Raises:
            ProcessFailed: helm refused or failed, with its last lines.
        """
        words = [*_upgrade(chart, release, namespace), "--create-namespace", "--timeout", f"{timeout:.0f}s"]
        if labels:
            words += ["--labels", ",".join(f"{name}={value}" for name, value in sorted(labels.items()))]
        if description:
            words += ["--description", description]
        return released(self._call(words, values=values, timeout=timeout + _GRACE_SECONDS, on_line=on_line).stdout)

    def dry_run(self, chart: Path, release: str, namespace: str, values: Values) -> str:
        """The manifests that `upgrade` would apply, with the cluster asked, so that `lookup` finds its secrets.

        Secrets are in it in clear (base64): the caller masks what it shows. Hooks are not in it.
        """
        words = [*_upgrade(chart, release, namespace), "--dry-run=server", "--output", "json"]
        return str(_parsed(self._call(words, values=values), dict)["manifest"])

    def get_manifest(self, release: str, namespace: str, *, revision: int = 0) -> str:
        """What helm applied last (or in that revision), as text. Secrets are in it in clear (base64)."""
        done = self._call(["get", "manifest", release, *_into(namespace), *_of(revision)])
        return done.stdout.removesuffix("\n")  # the line break that helm adds; equal to what dry_run gives

    def get_values(self, release: str, namespace: str, *, revision: int = 0) -> dict[str, Any]:
        """The values that were given to the last revision (or that one), without the chart's defaults."""
        done = self._call(["get", "values", release, *_into(namespace), *_of(revision), "--output", "json"])
        return dict(_parsed(done, dict, nothing={}))

    def history(self, release: str, namespace: str) -> tuple[Revision, ...]:
        """The revisions, oldest first; none where the release does not exist."""
        words = ["history", release, *_into(namespace), "--output", "json"]
        try:
            done = self._call(words)
        except ProcessFailed as trouble:
            if "release: not found" in trouble.completed.stderr:
                return ()
            raise
        return tuple(_revision(entry) for entry in _parsed(done, list))

    def rollback(
        self, release: str, namespace: str, revision: int, *, timeout: float = 300.0, on_line: OnLine | None = None
    ) -> None:
        """Make that revision the current one again (as a new revision), without waiting for pods."""
        words = ["rollback", release, str(revision), *_into(namespace), "--timeout", f"{timeout:.0f}s"]
        self._call(words, timeout=timeout + _GRACE_SECONDS, on_line=on_line)

    def uninstall(self, release: str, namespace: str, *, timeout: float = 300.0, on_line: OnLine | None = None) -> None:
        """Remove a release and its history; what says `resource-policy: keep` stays. Fine if there is none."""
        words = ["uninstall", release, *_into(namespace), "--ignore-not-found", "--timeout", f"{timeout:.0f}s"]
        self._call(words, timeout=timeout + _GRACE_SECONDS, on_line=on_line)

    def lint(self, chart: Path, values: Values) -> tuple[LintMessage, ...]:
        """What helm finds wrong with a chart and these values."""
        done = self._call(["lint", str(chart), *_VALUES], values=values, ok=(0, 1))
        found = lint_messages(done.stdout)
        if done.returncode and not any(each.severity == "ERROR" for each in found):
            raise ProcessFailed("helm lint failed", done)
        return found

    def package(self, chart: Path, destination: Path) -> Path:
        """Pack a chart folder into `destination`, and return the archive's path."""
        done = self._call(["package", str(chart), "--destination", str(destination)])
        return _only_archive(destination, done)

    def pull(self, reference: str, version: str, destination: Path, *, repository: str = "") -> Path:
        """Download a chart into an empty folder, and return the archive's path.

        Args:
            reference: the chart's name in `repository`, or an `oci://` address.
            version: the exact version.
            destination: an empty folder.
            repository: the address of a chart repository; empty for OCI.
        """
        words = ["pull", reference, "--version", version, "--destination", str(destination)]
        if repository:
            words += ["--repo", repository]
        return _only_archive(destination, self._call(words))

    def version(self) -> str:
        """Such as `4.3.1`; builds from source say only `4.3`."""
        return self._call(["version", "--template", "{{.Version}}"]).stdout.strip().lstrip("v")

    def _call(
        self,
        words: list[str],
        *,
        values: Values | None = None,
        ok: tuple[int, ...] = (0,),
        timeout: float = 300.0,
        on_line: OnLine | None = None,
    ) -> Completed:
        stdin = None if values is None else json.dumps(values).encode()
        env = self._environment()
        return self.run([self.binary, *words], env=env, stdin=stdin, ok=ok, timeout=timeout, on_line=on_line)

    def _environment(self) -> dict[str, str]:
        env = dict(self.access.env) if self.access else process.environment(KUBECONFIG="/dev/null")
        home = paths.cache() / "helm"
        for kind in ("cache", "config", "data"):
            env[f"HELM_{kind.upper()}_HOME"] = str(home / kind)
        return env | {"HELM_NO_COLOR": "1", "NO_COLOR": "1"}


_VALUES = ("--values", "-")


def released(text: str) -> Released:
    """Parse what `helm upgrade` prints; JSON output would hold all values and manifests."""
    revision = re.search(r"^REVISION: (\d+)$", text, re.MULTILINE)
    status = re.search(r"^STATUS: (\S+)$", text, re.MULTILINE)
    if not revision or not status:
        raise HubfleetError("helm's answer names no revision", evidence=text[-500:])
    notes = re.split(r"^NOTES:\n", text, maxsplit=1, flags=re.MULTILINE)
    return Released(int(revision[1]), status[1], notes[1].strip() if len(notes) > 1 else "")


def lint_messages(text: str) -> tuple[LintMessage, ...]:
    """Parse what `helm lint` prints: `[SEVERITY] where: text`, and the lines that belong to it."""
    found: list[LintMessage] = []
    for line in text.splitlines():
        start = re.match(r"\[(INFO|WARNING|ERROR)\] ([^:\n]*): ?(.*)", line)
        if start:
            found.append(LintMessage(start[1], start[2], start[3]))
        elif found and line.strip() and not re.match(r"(Error|==>|\d+ chart)", line):
            last = found.pop()
            found.append(LintMessage(last.severity, last.where, f"{last.text}\n{line}".strip()))
    return tuple(found)


def _upgrade(chart: Path, release: str, namespace: str) -> list[str]:
    # Without --reset-values helm would take the last revision's values when none are given.
    into = [*_into(namespace), "--reset-values", "--history-max", str(_REVISIONS_KEPT)]
    return ["upgrade", "--install", release, str(chart), *into, *_VALUES]


def _into(namespace: str) -> tuple[str, str]:
    return ("--namespace", namespace)


def _of(revision: int) -> tuple[str, ...]:
    return ("--revision", str(revision)) if revision else ()


def _revision(entry: Mapping[str, Any]) -> Revision:
    texts = (str(entry.get(key, "")) for key in ("updated", "status", "chart", "app_version", "description"))
    return Revision(int(entry["revision"]), *texts)


def _parsed(done: Completed, kind: type, *, nothing: Any = None) -> Any:
    """The JSON that helm printed. Its text is no evidence for people: it may hold secrets."""
    try:
        found = json.loads(done.stdout)
    except ValueError as trouble:
        raise HubfleetError("helm did not answer with JSON", where=process.printable(done.argv)) from trouble
    found = nothing if found is None and nothing is not None else found
    if not isinstance(found, kind):
        raise HubfleetError(f"helm's JSON is not a {kind.__name__}", where=process.printable(done.argv))
    return found


def _only_archive(folder: Path, done: Completed) -> Path:
    archives = sorted(folder.glob("*.tgz"))
    if len(archives) != 1:
        names = ", ".join(path.name for path in archives) or "none"
        raise HubfleetError("expected one packaged chart", where=str(folder), evidence=f"{names}\n{done.stderr}")
    return archives[0]
