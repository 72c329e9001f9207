"""A hub's homes go straight to a bucket, by a teardown that is killed on the way, and come back from there.

S3 is moto's, on loopback. The tests are one story and run in their order. Refusals and interruptions at every other
step are in test_teardown.py, lost connections and logins in tests/integration/clouds/test_archive_s3.py.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from jsonschema import Draft202012Validator

from hubfleet.toolchain import tool
from hubfleet.tools.age import make_key
from hubfleet.tools.jupyterhub import HubApi
from hubfleet.workflows.teardown import inventory
from tests.fakes import aws

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
HUB, DOMAIN, PORT = "gallery", "gallery.localhost", 30086
CLUSTER = "clusters/local/cluster.yaml"
BUCKET = "example-archive"
DESTINATION = f"s3://{BUCKET}/hubs"
PREFIX = f"hubs/local/{HUB}/"
DECLARED = f"""
  - name: {HUB}
    display_name: Gallery Hub
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
(top / "ünïcode ☃.txt").write_text("every word of it ✓")
(top / "link").symlink_to("ünïcode ☃.txt")
(top / "big.bin").write_bytes(os.urandom(64 << 20))
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


@dataclass
class Story:
    """The hub, the bucket, and what is known of them from one test to the next.

    Args:
        place: whose commands reach the bucket.
        s3: the bucket, seen by somebody else.
        key: the file with the private key. `public`: its other half.
    """

    place: Place
    s3: Any
    key: Path
    public: str
    files: dict[str, Any] = field(default_factory=dict)
    archive: str = ""

    def commit(self, old: str, new: str) -> None:
        """Edit the cluster's file and commit it."""
        self.place.replace(CLUSTER, old, new)
        git(self.place, "commit", "-qam", "a change")

    def objects(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]

    def uploads(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())]

    def in_server(self, code: str) -> str:
        """Run a program in ada's server, which is started and goes on running."""
        token = self.place.kube.get_secret(HUB, "hub")["hub.services.hubfleet-check.apiToken"]
        with HubApi(f"http://127.0.0.1:{PORT}", token) as api:
            if "ada" not in {each.name for each in api.users("ada")[0]}:
                api.create_user("ada")
            if not list(inventory.servers(self.place.kube, HUB)):
                api.start_server("ada", {})
                assert list(api.progress("ada", timeout=120))[-1].ready
        pod = next(inventory.servers(self.place.kube, HUB)).pod
        words = ["--namespace", HUB, "exec", pod, "--container", "notebook", "--", "python3", "-c", code]
        kubectl = [tool("kubectl", self.place.root), *words]
        done = subprocess.run(kubectl, env=self.place.access.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def git(place: Place, *words: str) -> None:
    subprocess.run(["git", "-C", str(place.root), *words], check=True, capture_output=True)


def checked(name: str, data: Any) -> Any:
    """The data, if it is what its schema says."""
    schema = yaml.safe_load((Path(__file__).parents[2] / "schemas" / f"{name}.schema.yaml").read_text())
    Draft202012Validator(schema).validate(data)
    return data


def until(true: Callable[[], object], running: subprocess.Popen[str], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert running.poll() is None, f"it ended first:\n{running.communicate()[0]}"
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def story(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The hub, deployed, with files in a home; afterwards nothing of it is left."""
    before, fleet = place.file(CLUSTER).read_text(), place.file("fleet.yaml").read_text()
    values = place.file(f"clusters/local/{HUB}.values.yaml")
    place.file(CLUSTER).write_text(before.rstrip("\n") + "\n" + DECLARED)
    values.write_text(f"jupyterhub:\n  proxy:\n    service:\n      nodePorts: {{http: {PORT}}}\n")
    git(place, "add", ".")
    git(place, "commit", "-qm", "A hub to take down")
    key = tmp_path_factory.mktemp("key") / "key.txt"
    login = {
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "secret-key",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with aws.served() as fake:
        names = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret-key"}
        s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=fake.address, **names)
        s3.create_bucket(Bucket=BUCKET)
        reaching = replace(place, env={**place.env, **login, "AWS_ENDPOINT_URL": fake.address})
        story = Story(reaching, s3, key, make_key(key, tool("age-keygen", place.root)))
        place.inv("deploy-hub", "local", HUB, "--check", "quick")
        story.in_server(WRITE)
        story.files = json.loads(story.in_server(LOOK))
        yield story
        reaching.kube.close()
    place.file(CLUSTER).write_text(before)
    place.file("fleet.yaml").write_text(fleet)
    values.unlink()
    git(place, "commit", "-qam", "As it was")
    with place.kube.errors("remove what is left"):
        place.kube.http.delete(f"/api/v1/namespaces/{HUB}")


def test_a_bucket_that_is_not_there_is_said_before_the_hub_is_closed(story: Story) -> None:
    story.commit(f"domain: {DOMAIN}\n", f"domain: {DOMAIN}\n    state: retired\n")
    words = ("teardown-hub", "local", HUB, "--even-with-users", "--destination", "s3://no-such-archive/hubs")
    plan = checked("teardown", story.place.json(*words, "--plan-only"))
    assert plan["destination"] == {"address": "s3://no-such-archive/hubs", "said_in": "--destination"}
    assert [each["what"] for each in plan["refused"]] == ["there is no such bucket"]
    assert "there is no such bucket" in story.place.inv(*words, "--confirm", DOMAIN, ok=1).stderr
    path = f"/apis/apps/v1/namespaces/{HUB}/deployments/hub"
    assert story.place.kube.get_json(path, "look at the hub")["spec"]["replicas"] == 1
    assert story.objects() == []


def test_killed_while_it_sends_nothing_counts_and_the_next_run_completes(story: Story) -> None:
    fleet = story.place.file("fleet.yaml")
    fleet.write_text(fleet.read_text() + f"\narchive: {{destination: {DESTINATION}, recipients: [{story.public}]}}\n")
    words = ("teardown-hub", "local", HUB, "--confirm", DOMAIN, "--even-with-users")
    running = story.place.start(*words)
    until(lambda: [each for each in story.uploads() if "claim-ada.tar" in each], running)
    running.kill()
    running.communicate()
    assert story.uploads()
    assert not [each for each in story.objects() if each.endswith(("claim-ada.tar.gz.age", "manifest.json"))]
    done = checked("teardown", story.place.json(*words))
    assert (done["action"], done["volumes"], done["encrypted"]) == ("done", 2, True)
    assert done["archive"].startswith(f"s3://{BUCKET}/{PREFIX}")
    assert story.uploads() == []
    story.archive = done["archive"]


def test_it_is_whole_encrypted_and_found_again(story: Story) -> None:
    run = story.archive.removeprefix(f"s3://{BUCKET}/")
    whole = json.loads(story.s3.get_object(Bucket=BUCKET, Key=f"{run}/manifest.json")["Body"].read())
    for each in checked("manifest", whole)["volumes"]:
        start = story.s3.get_object(Bucket=BUCKET, Key=f"{run}/{each['file']}", Range="bytes=0-20")["Body"].read()
        assert start == b"age-encryption.org/v1"
    shut = checked("verify-archive", story.place.json("verify-archive", story.archive))
    assert shut["ok"]
    assert all("not opened" in each["how"] for each in shut["volumes"])
    opened = story.place.json("verify-archive", story.archive, "--identity", str(story.key))
    assert all("every entry equal" in each["how"] for each in opened["volumes"])
    again = checked("teardown", story.place.json("teardown-hub", "local", HUB, "--confirm", DOMAIN))
    assert (again["action"], again["archive"]) == ("nothing", story.archive)


def test_the_files_come_back_from_the_bucket(story: Story) -> None:
    story.commit("    state: retired\n", "")
    story.place.inv("deploy-hub", "local", HUB, "--check", "quick")
    words = ("restore-homes", "local", HUB, story.archive, "--identity", str(story.key))
    plan = checked("restore", story.place.json(*words, "--plan-only"))
    assert [(each["who"], each["exists"]) for each in plan["homes"]] == [("ada", False)]
    done = checked("restore", story.place.json(*words))
    assert (done["action"], [each["who"] for each in done["homes"]]) == ("done", ["ada"])
    assert json.loads(story.in_server(LOOK)) == story.files
