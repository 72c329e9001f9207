"""helm as typed calls: the words and the input that helm gets, and what is made of its answers.

The answers are recorded from helm 4.3.1. That helm does what the words say is shown by the integration tests.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.process import Completed, ProcessFailed
from hubfleet.tools.helm import Helm, LintMessage, lint_messages, released

UPGRADED = """\
Release "demo" does not exist. Installing it now.
NAME: demo
LAST DEPLOYED: Tue Nov 24 08:43:08 2026
NAMESPACE: space
STATUS: deployed
REVISION: 12
DESCRIPTION: run-1
NOTES:
demo runs in namespace space.
REVISION: is a word in here, too.
"""
HISTORY = [
    {"revision": 1, "updated": "2026-11-24T08:43:08.762060137Z", "status": "superseded",
     "chart": "basehub-0.1.0+jupyterhub.4.3.3", "app_version": "5.5.0", "description": "run 1"},
    {"revision": 2, "updated": "2026-11-24T08:43:13.731620655Z", "status": "deployed",
     "chart": "basehub-0.1.0+jupyterhub.4.3.3", "app_version": "5.5.0", "description": "Upgrade complete"},
]  # fmt: skip
LINT = """\
==> Linting /tmp/chart
[INFO] Chart.yaml: icon is recommended
[ERROR] values.yaml: - at '/hub': additional properties 'bogus' not allowed

[ERROR] templates/: values don't meet the specifications of the schema(s) in the following chart(s):
jupyterhub:
- at '/hub': additional properties 'bogus' not allowed

Error: 1 chart(s) linted, 1 chart(s) failed
"""


class Recorder:
    """Answers each call with the same output, and keeps what was asked."""

    def __init__(self, stdout: str = "", stderr: str = "", returncode: int = 0) -> None:
        self.answer = (returncode, stdout, stderr)
        self.argv: tuple[str, ...] = ()
        self.env: Mapping[str, str] = {}
        self.stdin: Any = None
        self.timeout = 0.0

    def __call__(
        self,
        argv: Any,
        *,
        env: Any = None,
        stdin: Any = None,
        timeout: float = 0.0,
        ok: Collection[int] = (0,),
        **_: Any,
    ) -> Completed:
        self.argv = tuple(str(word) for word in argv)
        self.env, self.stdin, self.timeout = env, stdin, timeout
        done = Completed(self.argv, *self.answer, 0.1)
        if done.returncode not in ok:
            raise ProcessFailed("helm failed", done)
        return done


class North:
    """A cluster's access, as `clouds.access` gives it."""

    env: Mapping[str, str] = {"KUBECONFIG": "/north.conf", "HELM_KUBECONTEXT": "north", "PATH": "/bin"}


def helm(recorder: Recorder, access: Any = None) -> Helm:
    return Helm(Path("/tools/helm"), access, recorder)


def option(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_values_are_piped_and_in_no_argument():
    recorder = Recorder(UPGRADED)
    helm(recorder, North()).upgrade(Path("/c.tgz"), "demo", "space", {"hub": {"password": "very-secret", "gone": None}})
    assert json.loads(recorder.stdin) == {"hub": {"password": "very-secret", "gone": None}}
    assert option(recorder.argv, "--values") == "-"
    assert "very-secret" not in " ".join(recorder.argv)


def test_an_upgrade_takes_nothing_over_and_does_not_wait():
    recorder = Recorder(UPGRADED)
    labels = {"hubfleet.io/b": "2", "hubfleet.io/a": "1"}
    found = helm(recorder, North()).upgrade(
        Path("/c.tgz"), "demo", "space", {}, labels=labels, description="run-1", timeout=90
    )
    assert recorder.argv[:5] == ("/tools/helm", "upgrade", "--install", "demo", "/c.tgz")
    assert {"--reset-values", "--create-namespace"} <= set(recorder.argv)
    assert not any(word.startswith(("--wait", "--rollback-on-failure")) for word in recorder.argv)
    assert option(recorder.argv, "--labels") == "hubfleet.io/a=1,hubfleet.io/b=2"
    assert option(recorder.argv, "--description") == "run-1"
    assert option(recorder.argv, "--timeout") == "90s"
    assert recorder.timeout > 90
    assert (found.revision, found.status) == (12, "deployed")
    assert found.notes.startswith("demo runs in")


def test_only_this_cluster_and_folders_of_our_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", "/the/users/own")
    recorder = Recorder(UPGRADED)
    helm(recorder, North()).upgrade(Path("/c.tgz"), "demo", "space", {})
    assert (recorder.env["KUBECONFIG"], recorder.env["HELM_KUBECONTEXT"]) == ("/north.conf", "north")
    for kind in ("CACHE", "CONFIG", "DATA"):
        assert recorder.env[f"HELM_{kind}_HOME"].startswith(str(tmp_path / "hubfleet"))
    helm(recorder).template(Path("/c.tgz"), "demo", "space", {})
    assert recorder.env["KUBECONFIG"] == "/dev/null"


def test_a_dry_run_asks_the_cluster_and_gives_manifests_only():
    recorder = Recorder(json.dumps({"name": "demo", "manifest": "---\nkind: X\n", "config": {"a": "secret"}}))
    assert helm(recorder, North()).dry_run(Path("/c.tgz"), "demo", "space", {}) == "---\nkind: X\n"
    assert "--dry-run=server" in recorder.argv
    assert "--hide-secret" not in recorder.argv


def test_manifests_of_a_revision():
    recorder = Recorder("---\nkind: X\n\n")
    assert helm(recorder, North()).get_manifest("demo", "space", revision=4) == "---\nkind: X\n"
    assert option(recorder.argv, "--revision") == "4"


@pytest.mark.parametrize(("text", "expected"), [("null\n", {}), ('{"a":1}\n', {"a": 1})])
def test_values_of_a_release(text, expected):
    assert helm(Recorder(text), North()).get_values("demo", "space") == expected


def test_an_answer_that_is_no_json_is_not_shown():
    with pytest.raises(HubfleetError) as caught:
        helm(Recorder("password: very-secret"), North()).get_values("demo", "space")
    assert "very-secret" not in f"{caught.value.what} {caught.value.where} {caught.value.evidence}"


def test_history():
    first, second = helm(Recorder(json.dumps(HISTORY)), North()).history("demo", "space")
    assert (first.revision, first.status, first.description) == (1, "superseded", "run 1")
    assert (second.revision, second.chart, second.app_version) == (2, "basehub-0.1.0+jupyterhub.4.3.3", "5.5.0")


def test_a_release_that_does_not_exist_has_no_history():
    assert helm(Recorder(stderr="Error: release: not found\n", returncode=1), North()).history("demo", "space") == ()


def test_any_other_failure_of_history_is_one():
    with pytest.raises(ProcessFailed):
        helm(Recorder(stderr="Error: kubernetes cluster unreachable\n", returncode=1), North()).history("demo", "space")


def test_rollback_and_uninstall_name_what_they_are_about():
    recorder = Recorder()
    helm(recorder, North()).rollback("demo", "space", 3)
    assert recorder.argv[1:4] == ("rollback", "demo", "3")
    helm(recorder, North()).uninstall("demo", "space")
    assert recorder.argv[1:3] == ("uninstall", "demo")
    assert "--ignore-not-found" in recorder.argv
    assert option(recorder.argv, "--namespace") == "space"


def test_lint_messages_keep_the_lines_that_belong_to_them():
    info, values, templates = lint_messages(LINT)
    assert info == LintMessage("INFO", "Chart.yaml", "icon is recommended")
    assert (values.severity, values.where) == ("ERROR", "values.yaml")
    assert templates.text.endswith("jupyterhub:\n- at '/hub': additional properties 'bogus' not allowed")


def test_lint_that_fails_without_a_message_is_a_failure():
    with pytest.raises(ProcessFailed):
        helm(Recorder(stderr="Error: no such chart", returncode=1)).lint(Path("/nothing"), {})


def test_an_upgrade_whose_answer_says_nothing_is_a_failure():
    with pytest.raises(HubfleetError, match="names no revision"):
        released("something else\n")


def test_pull_from_a_repository_and_from_a_registry(tmp_path):
    (tmp_path / "x-1.0.0.tgz").touch()
    recorder = Recorder()
    assert helm(recorder).pull("x", "1.0.0", tmp_path, repository="https://charts.example").name == "x-1.0.0.tgz"
    assert option(recorder.argv, "--repo") == "https://charts.example"
    helm(recorder).pull("oci://registry.example/x", "1.0.0", tmp_path)
    assert "--repo" not in recorder.argv
    assert option(recorder.argv, "--version") == "1.0.0"
