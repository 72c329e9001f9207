"""How full homes are, and making them larger, on a real cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from hubfleet.fleet.document import load_yaml
from hubfleet.process import ProcessFailed
from hubfleet.toolchain import tool
from hubfleet.workflows import mounting
from hubfleet.workflows.mounting import hub_image, mounted

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
SCHEMA = Path(__file__).parents[2] / "schemas/homes.schema.yaml"
CLUSTER = "clusters/local/cluster.yaml"
CLAIMS = "/api/v1/namespaces/demo/persistentvolumeclaims"
OTHERS = "/api/v1/namespaces/staging/persistentvolumeclaims"
MIB = 2**20


def send(place: Place, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    with place.kube.errors(f"{method} {path}"):
        place.kube.raise_for(place.kube.http.request(method, path, json=body))


def claim(name: str, user: str, storage_class: str) -> dict[str, Any]:
    """A home as KubeSpawner asks for it."""
    return {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "annotations": {"hub.jupyter.org/username": user}},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }  # fmt: skip


def bound(place: Place, name: str, claims: str = CLAIMS) -> Path:
    """The folder of a claim's volume, as soon as there is one."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        volume = place.kube.get_json(f"{claims}/{name}", "wait for a volume")["spec"].get("volumeName")
        if volume:
            return Path(
                place.kube.get_json(f"/api/v1/persistentvolumes/{volume}", "find it")["spec"]["hostPath"]["path"]
            )
        time.sleep(0.2)
    pytest.fail(f"{name} got no volume")


@pytest.fixture(scope="module")
def ada(place: Place) -> Iterator[Path]:
    """The folder of a home with 3 MiB in it; removed afterwards, in which its files go to trash."""
    send(place, "POST", CLAIMS, claim("claim-ada-measured", "ada-measured", "standard"))
    folder = bound(place, "claim-ada-measured")
    (folder / "data").mkdir()
    (folder / "data/three.bin").write_bytes(b"x" * 3 * MIB)
    yield folder
    send(place, "DELETE", f"{CLAIMS}/claim-ada-measured")


def looked(place: Place, *words: str) -> dict[str, Any]:
    found = place.json("homes", "-s", "local/demo", *words)
    Draft202012Validator(load_yaml(SCHEMA).data).validate(found)
    return next(each for each in found["hubs"] if each["hub"] == "demo")


def test_what_nobody_has_mounted_is_said_then_measured_then_remembered(place: Place, ada: Path) -> None:
    before = looked(place)
    assert (before["complete"], before["measured"]) == (True, 0)
    assert "--measure" in before["note"]
    now = looked(place, "--measure")
    home = next(each for each in now["biggest"] if each["name"] == "ada-measured")
    assert 3 * MIB <= home["used"] <= 4 * MIB
    assert home["size"] == 1024 * MIB
    assert (now["measured"], now["growth_per_day"], now["days_left"]) == (now["homes"], None, None)
    later = looked(place)
    assert later["measured"] == 0
    assert later["used"] == now["used"]
    assert "not mounted now" in later["note"]


def test_nothing_is_left_behind_and_nothing_in_the_home_changed(place: Place, ada: Path) -> None:
    looked(place, "--measure")
    pods = place.kube.list_json("/api/v1/namespaces/demo/pods", "look for pods of ours")
    assert [each["metadata"]["name"] for each in pods if each["metadata"]["name"].startswith("hubfleet-")] == []
    assert sorted(each.name for each in ada.rglob("*")) == ["data", "three.bin"]


def test_a_program_that_ends_with_input_unread_ends_the_call(place: Place, ada: Path, tmp_path: Path) -> None:
    """kubectl alone would wait without end: this is what a restore into a full volume does."""
    (tmp_path / "input").write_bytes(b"x" * 20 * MIB)
    image = hub_image(place.kube, "demo")
    assert image is not None
    where = mounting.Place(place.access, "demo", tool("kubectl", place.root), image)
    programs = {"FULL": "import sys; sys.stdin.buffer.read(10); raise OSError(28, 'No space left on device')"}
    with mounted(where, "claim-ada-measured", programs, say=print) as pod, (tmp_path / "input").open("rb") as file:
        begun = time.monotonic()
        with pytest.raises(ProcessFailed, match=r"FULL in pod .* failed with exit code 1") as caught:
            pod.python("FULL", stdin=file.fileno(), seconds=100)
    assert time.monotonic() - begun < 60
    assert "[Errno 28]" in caught.value.evidence


def test_for_people_it_is_one_line_for_each_hub(place: Place, ada: Path) -> None:
    shown = place.inv("homes", "-s", "local", "--measure").stdout
    line = next(each for each in shown.splitlines() if each.startswith("local/demo\t"))
    assert "pvc" in line
    assert "ada-measured 3." in line


def test_a_cluster_that_can_not_be_reached_is_told_and_fails_only_who_asked_for_it(place: Place) -> None:
    assert "example-gcp/college" in place.inv("homes").stdout
    place.inv("homes", "-s", "example-gcp", ok=1)


def test_storage_that_can_not_grow_is_refused_in_words(place: Place, ada: Path) -> None:
    text = place.file(CLUSTER).read_text()
    refused = place.inv("grow-homes", "local", "demo", "5Gi", ok=3)
    assert "the storage class standard can not make volumes larger" in refused.stderr
    assert "their sizes are not enforced" in refused.stderr
    smaller = place.inv("grow-homes", "local", "demo", "512Mi", ok=3)
    assert "would become smaller: 1Gi -> 512Mi" in smaller.stderr
    place.inv("grow-homes", "local", "demo", "a lot", ok=2)
    place.inv("grow-homes", "local", "demoo", "5Gi", ok=2)
    assert place.file(CLUSTER).read_text() == text


@pytest.fixture
def growing(place: Place) -> Iterator[str]:
    """A storage class that says it can make volumes larger. Its provisioner can not: the request is all that shows."""
    about = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "growing"}}
    send(place, "POST", "/apis/storage.k8s.io/v1/storageclasses",
         {**about, "provisioner": "hubfleet.io/directory", "allowVolumeExpansion": True})  # fmt: skip
    place.inv("deploy-hub", "local", "staging", "--check", "quick")
    send(place, "POST", OTHERS, claim("claim-bob-growing", "bob-growing", "growing"))
    text = place.file(CLUSTER).read_text()
    yield "claim-bob-growing"
    place.file(CLUSTER).write_text(text)
    send(place, "DELETE", f"{OTHERS}/claim-bob-growing")
    send(place, "DELETE", "/apis/storage.k8s.io/v1/storageclasses/growing")


def test_volumes_are_asked_to_grow_and_new_ones_are_larger_from_the_start(place: Place, growing: str) -> None:
    bound(place, growing, OTHERS)
    text = place.file(CLUSTER).read_text()
    planned = place.inv("grow-homes", "local", "staging", "2Gi", "--plan-only")
    assert "+    homes: {kind: pvc, quota: 2Gi}" in planned.stdout
    assert place.file(CLUSTER).read_text() == text
    place.inv("grow-homes", "local", "staging", "2Gi")
    before, _, after = text.rpartition("quota: 1Gi}")
    assert place.file(CLUSTER).read_text() == f"{before}quota: 2Gi}}{after}"
    found = place.kube.get_json(f"{OTHERS}/{growing}", "look at it")
    assert found["spec"]["resources"]["requests"]["storage"] == "2Gi"
