"""Where a hub is archived: a folder or a bucket, and what is refused before the hub is closed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import yaml

from hubfleet.archive.folder import Folder
from hubfleet.clouds import Access, places
from hubfleet.clouds.aws.objects import S3Objects
from hubfleet.clouds.bucket import Bucket
from hubfleet.clouds.gcp.objects import GcsObjects
from hubfleet.clouds.interface import LoginNeeded
from hubfleet.errors import Refused, WrongUsage
from hubfleet.fleet import load_fleet
from hubfleet.fleet.model import Archive
from hubfleet.workflows.teardown import archive, destination, hub, planned_archive
from hubfleet.workflows.teardown.inventory import Claim, Inventory
from hubfleet.workflows.teardown.options import Options
from hubfleet.workflows.teardown.site import Site
from tests.fakes.objects import FakeObjects

FLEET = """\
tools: {helm: 4.3.1, kubernetes: 1.35.4}
charts: {jupyterhub: {version: 4.3.3, source: embedded}}
stages: [production]
staff: {admins: [grace]}
"""
HUB = {
    "name": "college", "state": "retired", "domain": "college.hubs.example.org", "use_case": "education",
    "stage": "production", "access": "members", "homes": {"kind": "pvc", "quota": "10Gi"},
    "community": {"type": "community-college", "contacts": [{"name": "Ada", "email": "ada@example.org"}]},
}  # fmt: skip
AWS = {"provider": "aws", "aws": {"account": "123456789012", "region": "eu-west-1", "cluster": "hubs"}}
LOCAL = {"provider": "local"}
HOME = Claim("claim-ada", "uid-1", "ada", "1Gi", "Bound", "Filesystem", "pv-1", "Delete", {})
FOUND = Inventory(
    "Active", "deployed", 1, (), (HOME,), (), "none", (), (), ("college.hubs.example.org",), {}, {}, "", ""
)
BUCKET = Options(destination="s3://example-archive/hubs")


def site(root: Path, provider: dict[str, object]) -> Site:
    cluster_yaml = yaml.safe_dump({"name": "west", **provider, "hubs": [HUB]})
    files = {
        "fleet.yaml": FLEET,
        "clusters/west/cluster.yaml": cluster_yaml,
        "helm/basehub/use-cases/education.yaml": "{}\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    fleet = load_fleet(root)
    cluster = fleet.cluster("west")
    return Site(root, fleet, cluster, cluster.hub("college"), cast("Access", None))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/srv/archives", "/srv/archives/west/college/run-1"),
        ("s3://example-archive", "s3://example-archive/west/college/run-1"),
        ("gs://example-archive/hubs/", "gs://example-archive/hubs/west/college/run-1"),
    ],
)
def test_each_run_has_a_place_of_its_own(tmp_path: Path, text: str, address: str) -> None:
    store = destination.store_of(site(tmp_path, LOCAL), Archive(text), "run-1")
    assert str(store) == address


def test_a_folder_is_relative_to_the_repository(tmp_path: Path) -> None:
    found = destination.store_of(site(tmp_path, LOCAL), Archive(".hubfleet/archives"))
    assert found == Folder(tmp_path / ".hubfleet" / "archives" / "west" / "college")


def test_a_bucket_of_s3_belongs_to_the_clusters_account(tmp_path: Path) -> None:
    on_aws, elsewhere = site(tmp_path / "a", AWS), site(tmp_path / "b", LOCAL)
    found = [destination.store_of(each, Archive("s3://example-archive")) for each in (on_aws, elsewhere)]
    accounts = [
        each.objects.account for each in found if isinstance(each, Bucket) and isinstance(each.objects, S3Objects)
    ]
    assert accounts == ["123456789012", ""]
    other = destination.store_of(on_aws, Archive("gs://example-archive"))
    assert isinstance(other, Bucket)
    assert isinstance(other.objects, GcsObjects)


def test_what_is_in_the_way_of_the_bucket_is_refused_and_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LoggedOut(FakeObjects):
        def check(self, prefix: str) -> None:
            assert prefix == "hubs/west/college/"
            raise LoginNeeded("the login has expired")

    monkeypatch.setattr(places, "_objects", lambda *_: LoggedOut())
    here = site(tmp_path, LOCAL)
    with pytest.raises(LoginNeeded):
        archive.settings_of(here, BUCKET)
    seen = hub.refusals(here, FOUND, BUCKET)
    assert "the login has expired" in [each.what for each in seen]
    nothing = replace(FOUND, claims=())
    assert "the login has expired" not in [each.what for each in hub.refusals(here, nothing, BUCKET)]


def test_a_bucket_that_can_be_written_is_kept_with_who_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_objects", lambda *_: FakeObjects())
    here = site(tmp_path, LOCAL)
    found = archive.settings_of(here, BUCKET)
    assert found == planned_archive(here, BUCKET) == Archive("s3://example-archive/hubs", (), None, "--destination")
    assert planned_archive(here, Options()) is None


def test_a_container_of_azure_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="Azure") as caught:
        archive.settings_of(site(tmp_path, LOCAL), Options(destination="az://example/archive"))
    assert "blobfuse2" in caught.value.next_step


def test_a_folder_that_git_would_take_is_refused(tmp_path: Path) -> None:
    here = site(tmp_path, LOCAL)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with pytest.raises(Refused, match="could be committed"):
        archive.settings_of(here, Options(destination="archives"))
    (tmp_path / ".gitignore").write_text("archives\n")
    assert archive.settings_of(here, Options(destination="archives")).destination == "archives"
