"""A hub with people's files goes and comes back: refusals, interruptions at every step, and the same bytes at the end.

The tests are one story and run in their order: a third hub, `museum`, is taken down while its teardown is killed again
and again, and its homes come back into a new hub of the same name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from hubfleet.errors import HubfleetError
from hubfleet.toolchain import tool
from hubfleet.tools.age import make_key
from hubfleet.tools.jupyterhub import HubApi
from hubfleet.tools.kubernetes import NotFound
from hubfleet.tools.notebook import Cell, KernelSilent, UserServer
from hubfleet.workflows import mounting

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
HUB, DOMAIN, PORT = "museum", "museum.localhost", 30082
CLUSTER = "clusters/local/cluster.yaml"
DECLARED = f"""
  - name: {HUB}
    display_name: Museum Hub
    domain: {DOMAIN}
    use_case: education
    stage: staging
    access: public
    community:
      type: community-college
      name: Demo College
      contacts: [{{name: Ada, email: ada@example.org, role: owner}}]
    homes: {{kind: pvc, quota: 1Gi}}
    values: [{HUB}.values.yaml]
"""
WRITE = """
import os, pathlib
top = pathlib.Path.home() / "thesis"
(top / "empty").mkdir(parents=True)
(top / "private").mkdir(mode=0o750)
(top / "ünïcode ☃.txt").write_text("every word of it ✓")
(top / "link").symlink_to("ünïcode ☃.txt")
(top / "dangling").symlink_to("/nowhere/at/all")
(top / "big.bin").write_bytes(os.urandom(64 << 20))
(top / "run.sh").write_text("#!/bin/sh\\n")
(top / "run.sh").chmod(0o755)
(top / "private" / "secret").write_text("mine")
(top / "private" / "secret").chmod(0o600)
"""
LOOK = """
import hashlib, json, os, pathlib
top = pathlib.Path.home() / "thesis"
found = {}
for path in sorted(top.rglob("*")):
    about = path.lstat()
    what = os.readlink(path) if path.is_symlink() else ""
    if path.is_file() and not path.is_symlink():
        what = hashlib.sha256(path.read_bytes()).hexdigest()
    found[str(path.relative_to(top))] = [oct(about.st_mode), about.st_uid, about.st_gid, int(about.st_mtime), what]
print(json.dumps(found))
"""


def in_kernel(server: UserServer, code: str) -> Cell:
    with server.kernel() as kernel:
        return kernel.run(f"import pathlib\n{code}", timeout=20)


class Story:
    """The hub, and what is known of it from one test to the next."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self.destination = folder / "archives"
        self.key = folder / "key.txt"
        self.public = make_key(self.key, tool("age-keygen", place.root))
        self.files: dict[str, Any] = {}
        self.archive = ""

    def commit(self, old: str, new: str) -> None:
        """Edit the cluster's file and commit it."""
        self.place.replace(CLUSTER, old, new)
        git(self.place, "commit", "-qam", "a change")

    def teardown(self, *words: str, ok: int = 0) -> subprocess.CompletedProcess[str]:
        return self.place.inv("teardown-hub", "local", HUB, *words, ok=ok)

    def restore(self, *words: str, ok: int = 0, archive: str = "") -> subprocess.CompletedProcess[str]:
        return self.place.inv("restore-homes", "local", HUB, archive or self.archive, *words, ok=ok)

    def run(self, user: str, code: str) -> str:
        """Run code in the user's server, which is started and goes on running."""
        with self.api() as api:
            with suppress(HubfleetError):  # there is one already
                api.create_user(user)
            if not api._user(user).servers:
                api.start_server(user, {})
            assert list(api.progress(user, timeout=120))[-1].ready
            server = UserServer(api.server_url(user), api.token, timeout=60)
            try:
                cell = in_kernel(server, code)
            except KernelSilent:  # one in a hundred: see hubfleet/workflows/checks/user.py
                cell = in_kernel(server, code)
        assert not cell.error, cell.error
        return cell.printed

    def stop(self, user: str) -> None:
        with self.api() as api:
            api.stop_server(user, timeout=60)

    def api(self) -> HubApi:
        token = self.place.kube.get_secret(HUB, "hub")["hub.services.hubfleet-check.apiToken"]
        return HubApi(f"http://127.0.0.1:{PORT}", token)

    def claims(self) -> set[str]:
        found = self.place.kube.list_json(f"/api/v1/namespaces/{HUB}/persistentvolumeclaims", "look at the volumes")
        return {each["metadata"]["name"] for each in found}

    def replicas(self) -> int:
        path = f"/apis/apps/v1/namespaces/{HUB}/deployments/hub"
        return int(self.place.kube.get_json(path, "look at the hub")["spec"]["replicas"])

    def killed(self, when: Callable[[str], bool], *words: str) -> None:
        """Start a task and end it with kill -9 as soon as `when` says so of a line that it prints."""
        running = self.place.start(*words)
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if when(line):
                break
        else:
            pytest.fail(f"it ended before it was killed:\n{''.join(said)}")
        running.kill()
        running.communicate()


def git(place: Place, *words: str) -> None:
    subprocess.run(["git", "-C", str(place.root), *words], check=True, capture_output=True)


def checked(name: str, data: Any) -> Any:
    """The data, if it is what its schema says."""
    schema = yaml.safe_load((Path(__file__).parents[2] / "schemas" / f"{name}.schema.yaml").read_text())
    Draft202012Validator(schema).validate(data)
    return data


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def story(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The hub, deployed, with files in two homes; afterwards nothing of it is left."""
    before, fleet = place.file(CLUSTER).read_text(), place.file("fleet.yaml").read_text()
    values = place.file(f"clusters/local/{HUB}.values.yaml")
    place.file(CLUSTER).write_text(before.rstrip("\n") + "\n" + DECLARED)
    values.write_text(
        f"jupyterhub:\n  proxy:\n    service:\n      nodePorts: {{http: {PORT}}}\n"
        "  singleuser:\n    extraEnv: {IPYTHONDIR: /tmp/ipython}  # a kernel's history would change the home\n"
    )
    git(place, "add", ".")
    git(place, "commit", "-qm", "A hub to take down")
    story = Story(place, tmp_path_factory.mktemp("teardown"))
    place.inv("deploy-hub", "local", HUB, "--check", "quick")
    story.run("ada", WRITE)
    story.run("grace@example.org", "(pathlib.Path.home() / 'notes').write_text('of grace')")
    story.stop("grace@example.org")
    story.files = json.loads(story.run("ada", LOOK))
    yield story
    place.file(CLUSTER).write_text(before)
    place.file("fleet.yaml").write_text(fleet)
    values.unlink()
    git(place, "commit", "-qam", "As it was")
    with place.kube.errors("remove what is left"):
        place.kube.http.delete(f"/api/v1/namespaces/{HUB}")


def test_a_hub_that_is_not_retired_is_refused_and_it_says_how(story: Story) -> None:
    refused = story.teardown("--confirm", DOMAIN, "--even-with-users", ok=3)
    assert "state: retired" in refused.stderr
    assert f"{CLUSTER}:" in refused.stderr
    story.place.replace(CLUSTER, f"domain: {DOMAIN}\n", f"domain: {DOMAIN}\n    state: retired\n")
    assert "git commit" in story.teardown("--confirm", DOMAIN, "--even-with-users", ok=3).stderr
    git(story.place, "commit", "-qam", "Retire the museum")


def test_refusals_change_nothing(story: Story, tmp_path: Path) -> None:
    place = story.place
    revision = place.hub(HUB)["revision"]
    assert "ada" in story.teardown("--confirm", DOMAIN, "--destination", str(tmp_path), ok=3).stderr
    wrong = story.teardown("--confirm", "demo.localhost", "--even-with-users", "--destination", str(tmp_path), ok=3)
    assert f"its domain is {DOMAIN}" in wrong.stderr
    unasked = story.teardown("--even-with-users", "--destination", str(tmp_path), ok=3)
    assert f"--confirm {DOMAIN}" in unasked.stderr
    nowhere = story.teardown("--confirm", DOMAIN, "--even-with-users", ok=3)
    assert "where archives are kept" in nowhere.stderr
    blocked = tmp_path / "file"
    blocked.touch()
    story.teardown("--confirm", DOMAIN, "--even-with-users", "--destination", str(blocked), ok=1)
    plan = checked("teardown", place.json("teardown-hub", "local", HUB, "--plan-only", "--destination", str(tmp_path)))
    assert plan["action"] == "planned"
    assert "server" in plan["refused"][0]["what"]
    assert {each["user"] for each in plan["inventory"]["claims"]} == {"ada", "grace@example.org", ""}
    assert (place.hub(HUB)["revision"], story.replicas()) == (revision, 1)
    assert json.loads(story.run("ada", LOOK)) == story.files
    assert list(tmp_path.iterdir()) == [blocked]


def test_a_full_disk_is_told_and_nothing_is_deleted(story: Story, tmp_path: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("this machine does not mount a tmpfs")
    before = story.claims()
    try:
        full = story.teardown("--confirm", DOMAIN, "--even-with-users", "--destination", str(tmp_path), ok=3)
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    assert "no room for the archive" in full.stderr
    assert "--destination" in full.stderr
    assert story.claims() == before


def test_a_hub_that_was_closed_opens_again(story: Story) -> None:
    assert story.replicas() == 0
    story.commit(f"domain: {DOMAIN}\n    state: retired\n", f"domain: {DOMAIN}\n")
    story.place.inv("deploy-hub", "local", HUB, "--check", "quick")
    assert story.replicas() == 1
    story.commit(f"domain: {DOMAIN}\n", f"domain: {DOMAIN}\n    state: retired\n")


def test_killed_while_it_archives_nothing_is_lost_and_nothing_counts(story: Story) -> None:
    fleet = story.place.file("fleet.yaml")
    fleet.write_text(
        fleet.read_text() + f"\narchive: {{destination: {story.destination}, recipients: [{story.public}]}}\n"
    )
    running = story.place.start("teardown-hub", "local", HUB, "--confirm", DOMAIN, "--even-with-users",
                                "--destination", str(story.destination))  # fmt: skip
    until(lambda: any(each.stat().st_size > 1 << 20 for each in story.destination.rglob("claim-ada*.new")))
    running.kill()
    running.communicate()
    assert not list(story.destination.rglob("manifest.json"))
    assert {"claim-ada", "hub-db-dir"} <= story.claims()
    newest = next(story.destination.rglob("claim-ada*.new")).parent
    assert "no complete archive" in story.place.inv("verify-archive", str(newest), ok=1).stderr


@contextmanager
def at_terminal(place: Place, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A task at a terminal, whose other end is ours."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "hubfleet.cli.program", *words]
    running = subprocess.Popen(command, cwd=place.root, env=place.env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        yield running, ours
    finally:
        running.kill()
        running.wait()
        os.close(ours)


def read_until(terminal: int, word: str) -> str:
    """What appears on the terminal, up to this word."""
    seen = b""
    while word.encode() not in seen:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            pytest.fail(f"it ended before it said {word!r}:\n{seen.decode(errors='replace')}")
    return seen.decode(errors="replace")


def test_at_a_terminal_it_asks_for_the_domain_and_killed_there_the_archive_stays(story: Story) -> None:
    before = story.claims()
    with at_terminal(story.place, "teardown-hub", "local", HUB) as (running, terminal):
        read_until(terminal, f"({DOMAIN}) to remove it: ")
        os.write(terminal, b"demo.localhost\n")
        read_until(terminal, "what was typed is not its domain")
        assert running.wait(timeout=60) == 3
    with at_terminal(story.place, "teardown-hub", "local", HUB) as (running, terminal):
        read_until(terminal, f"({DOMAIN}) to remove it: ")
        running.kill()
        running.wait()
    assert story.claims() == before
    found = list(story.destination.rglob("manifest.json"))
    assert len(found) == 1  # all of these calls were one run
    story.archive = str(found[0].parent)


def test_killed_while_it_uninstalls_the_next_run_completes(story: Story) -> None:
    words = ("teardown-hub", "local", HUB, "--confirm", DOMAIN)
    story.killed(lambda line: line.startswith("… uninstall the release"), *words)
    story.killed(lambda line: line.startswith("… delete the namespace"), *words)
    done = checked("teardown", story.place.json(*words))
    assert (done["action"], done["archive"], done["encrypted"]) == ("done", story.archive, True)
    assert done["volumes"] == 3
    assert {each["kind"] for each in done["leftovers"]} == {"DNS name"}


def test_nothing_of_it_is_left(story: Story) -> None:
    kube = story.place.kube
    with pytest.raises(NotFound):
        kube.get_json(f"/api/v1/namespaces/{HUB}", "look at the namespace")
    volumes = kube.list_json("/api/v1/persistentvolumes", "look at volumes")
    assert not [each for each in volumes if each["spec"]["claimRef"]["namespace"] == HUB]
    leases = kube.list_json("/apis/coordination.k8s.io/v1/namespaces/hubfleet/leases", "look at locks")
    assert f"hub-{HUB}" not in {each["metadata"]["name"] for each in leases}
    again = checked("teardown", story.place.json("teardown-hub", "local", HUB, "--confirm", DOMAIN))
    assert (again["action"], again["archive"]) == ("nothing", story.archive)
    assert "is retired" in story.place.inv("deploy-hub", "local", HUB, ok=3).stderr


def test_the_archive_is_whole_and_nothing_in_it_is_readable_without_the_key(story: Story) -> None:
    folder = Path(story.archive)
    checked("manifest", json.loads((folder / "manifest.json").read_text()))
    for each in folder.iterdir():
        assert each.stat().st_mode & 0o077 == 0
        if ".gz" in each.name:
            assert each.read_bytes().startswith(b"age-encryption.org/v1")
    shut = checked("verify-archive", story.place.json("verify-archive", story.archive))
    assert shut["ok"]
    assert all("not opened" in each["how"] for each in shut["volumes"])
    opened = story.place.json("verify-archive", story.archive, "--identity", str(story.key))
    assert all("every entry equal" in each["how"] for each in opened["volumes"])


def test_a_corrupted_archive_is_refused(story: Story, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(story.archive, copy)
    broken = next(each for each in copy.iterdir() if each.name.startswith("claim-ada.tar"))
    with broken.open("r+b") as file:
        file.seek(broken.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 4]))
    wrong = story.place.inv("verify-archive", str(copy), "--identity", str(story.key), ok=1)
    assert "is not what it was" in wrong.stderr
    assert "claim-grace" in wrong.stderr  # the others are looked at all the same
    story.commit("    state: retired\n", "")
    assert "is not deployed" in story.restore("--identity", str(story.key), ok=3).stderr
    story.place.inv("deploy-hub", "local", HUB, "--check", "quick")
    refused = story.restore("--identity", str(story.key), archive=str(copy), ok=1)
    assert "is not what it was" in refused.stderr
    assert "--identity" in story.restore(ok=1).stderr
    assert story.claims() == {"hub-db-dir"}


def test_the_plan_names_what_would_come_back_and_changes_nothing(story: Story) -> None:
    words = ("restore-homes", "local", HUB, story.archive, "--identity", str(story.key), "--plan-only")
    plan = checked("restore", story.place.json(*words))
    assert {each["who"]: each["exists"] for each in plan["homes"]} == {"ada": False, "grace@example.org": False}
    assert plan["refused"] == ""
    assert story.claims() == {"hub-db-dir"}
    assert "did you mean ada" in story.place.inv(*words, "-s", "adda", ok=2).stderr


def test_killed_while_it_restores_the_next_run_completes_and_the_files_are_back(story: Story) -> None:
    words = ("restore-homes", "local", HUB, story.archive, "--identity", str(story.key))
    story.killed(lambda line: "unpacking" in line, *words)
    done = checked("restore", story.place.json(*words))
    assert done["action"] == "done"
    assert {each["who"] for each in done["homes"]} == {"ada", "grace@example.org"}
    before = story.claims()
    assert json.loads(story.run("ada", LOOK)) == story.files
    assert story.run("grace@example.org", "print((pathlib.Path.home() / 'notes').read_text())").strip() == "of grace"
    assert story.claims() == before  # the hub found these volumes, and made no others
    assert not [each for each in mounting.users_of(story.place.kube, HUB) if "restore" in each]


def test_what_people_wrote_since_is_never_overwritten(story: Story) -> None:
    key = ("--identity", str(story.key))
    assert "somebody works on these homes" in story.restore(*key, ok=3).stderr
    newer = "(pathlib.Path.home() / 'thesis' / 'run.sh').write_text('newer')"
    story.run("ada", newer)
    story.stop("ada")
    story.stop("grace@example.org")
    assert "ada: thesis/run.sh" in story.restore(*key, ok=3).stderr
    same = json.loads(story.restore(*key, "-s", "grace@example.org", "--json").stdout)
    assert same["action"] == "nothing"
    done = checked("restore", json.loads(story.restore(*key, "-s", "ada", "--overwrite", "--json").stdout))
    aside = done["homes"][0]["aside"]
    assert aside
    assert json.loads(story.run("ada", LOOK)) == story.files
    kept = f"print((pathlib.Path.home() / {aside!r} / 'thesis' / 'run.sh').read_text())"
    assert story.run("ada", kept).strip() == "newer"
    story.stop("ada")
