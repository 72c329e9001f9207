"""What makes homes larger, and everything that is refused because it would make them smaller or anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hubfleet.errors import Refused, WrongUsage
from hubfleet.fleet import Cluster, Fleet, Hub, load_fleet
from hubfleet.fleet.model import ChartPin
from hubfleet.workflows.homes import grow

FLEET = """\
tools: {helm: 4.3.1}
charts:
  jupyterhub: {version: 4.3.3, source: embedded}
stages: [production]
"""
CLUSTER = """\
# The west.
name: west
provider: gcp
gcp: {project: example-hubs, location: us-west1, cluster: hubs}
infrastructure:
  storage: {kind: filestore, size_gb: 1024}   # asked for in spring
hubs:
  - name: college
    domain: college.hubs.example.org
    use_case: education
    stage: production
    access: public
    community: {type: university, contacts: [{name: Ada, email: ada@example.org}]}
    homes: {kind: filestore, quota: 10Gi}   # each
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    (tmp_path / "clusters/west").mkdir(parents=True)
    (tmp_path / "fleet.yaml").write_text(FLEET)
    (tmp_path / "clusters/west/cluster.yaml").write_text(CLUSTER)
    return load_fleet(tmp_path)


def parts(fleet: Fleet, kind: str = "filestore", **infrastructure: object) -> tuple[Cluster, Hub]:
    cluster = fleet.cluster("west")
    hub = replace(cluster.hubs[0], homes=replace(cluster.hubs[0].homes, kind=kind))
    return replace(cluster, infrastructure={**cluster.infrastructure, **infrastructure}, hubs=(hub,)), hub


def planned(fleet: Fleet, size: str, kind: str = "filestore", **infrastructure: object) -> grow.Growth:
    cluster, hub = parts(fleet, kind, **infrastructure)
    return grow.of_store(fleet, cluster, hub, size, grow.size_of(size))


def test_a_store_grows_by_one_number_and_every_other_byte_stays(fleet: Fleet) -> None:
    found = planned(fleet, "2Ti")
    (edit,) = found.edits
    assert edit.name == "clusters/west/cluster.yaml"
    assert edit.before == CLUSTER.encode()
    assert edit.after == CLUSTER.replace("size_gb: 1024", "size_gb: 2048").encode()
    assert found.next_step == "./inv infra-plan west"


def test_nothing_to_do_is_no_mistake(fleet: Fleet) -> None:
    assert planned(fleet, "1024Gi").nothing
    assert planned(fleet, "1Ti").nothing


@pytest.mark.parametrize("size", ["1023Gi", "1Gi", "1Mi"])
def test_a_store_never_shrinks(fleet: Fleet, size: str) -> None:
    kinds = (Refused, WrongUsage) if size == "1Mi" else (Refused,)
    with pytest.raises(kinds):
        planned(fleet, size)


def test_a_disk_gets_a_size_of_its_own(fleet: Fleet) -> None:
    storage = {"kind": "disk", "size_gb": 1024}
    text = planned(fleet, "2048Gi", "nfs", storage=storage).edits[0].after.decode()
    assert "hubs: {college: {size_gb: 2048}}" in text
    own = {"storage": storage, "hubs": {"college": {"size_gb": 4096}}}
    with pytest.raises(Refused, match="4096Gi -> 2048Gi"):
        planned(fleet, "2048Gi", "nfs", **own)


def test_efs_needs_nothing(fleet: Fleet) -> None:
    assert planned(fleet, "5Gi", "efs").nothing


def test_without_a_size_that_is_known_nobody_guesses(fleet: Fleet) -> None:
    with pytest.raises(Refused, match="does not say how large") as caught:
        planned(fleet, "5Gi", storage={"kind": "filestore"})
    assert "infrastructure.storage.size_gb" in caught.value.next_step


@pytest.mark.parametrize("size", ["20", "Gi", "-5Gi", "20 Gi", "0Gi", "20GB", "much"])
def test_what_is_no_size_is_wrong_usage(size: str) -> None:
    with pytest.raises(WrongUsage, match="is no size"):
        grow.size_of(size)


def test_sizes_are_kubernetes_own() -> None:
    assert (grow.size_of("20Gi"), grow.size_of("20G"), grow.size_of("0.5Ti")) == (20 * 2**30, 20 * 10**9, 2**39)


@pytest.mark.parametrize(
    ("homes", "said"),
    [
        ({"kind": None, "shared_with": "lab"}, "uses the homes of lab"),
        ({"kind": "none"}, "keeps no homes"),
    ],
)
def test_what_is_not_the_hubs_own_is_refused(fleet: Fleet, homes: dict[str, str], said: str) -> None:
    cluster = fleet.cluster("west")
    hub = replace(cluster.hubs[0], homes=replace(cluster.hubs[0].homes, **homes))
    with pytest.raises(Refused, match=said):
        grow.refuse_what_is_not_its_own(cluster, hub)


def test_a_file_server_of_somebody_else_is_refused(fleet: Fleet) -> None:
    cluster, hub = parts(fleet, "nfs")
    with pytest.raises(Refused, match="not made by hubfleet"):
        grow.refuse_what_is_not_its_own(replace(cluster, provider="kubeconfig"), hub)
    grow.refuse_what_is_not_its_own(cluster, hub)


def test_a_disk_that_only_the_hub_asks_for_is_its_own(fleet: Fleet) -> None:
    cluster, hub = parts(fleet, "nfs", storage={}, hubs={"college": {"size_gb": 100}})
    ours = replace(hub, home_server=ChartPin("1.2.0"))
    grow.refuse_what_is_not_its_own(cluster, ours)
    with pytest.raises(Refused, match="not made by hubfleet"):
        grow.refuse_what_is_not_its_own(cluster, replace(hub, home_server=None))
