"""What teardown-cluster does before terraform: who is there, and support goes first. On a real Kubernetes, real helm.

The local cluster has no cloud: a load balancer is only a service of that type here, and goes at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubfleet.fleet import load_fleet
from hubfleet.toolchain import tool
from hubfleet.tools import releases
from hubfleet.tools.helm import Helm
from hubfleet.tools.kubernetes import NotFound
from hubfleet.workflows.cluster_down import inhabitants, support

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: support\nversion: 0.1.0\n",
    "templates/service.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: ingress}
spec: {type: LoadBalancer, ports: [{port: 80}]}
""",
    "templates/pvc.yaml": """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: metrics, annotations: {helm.sh/resource-policy: keep}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
""",
}


@pytest.fixture
def helm(place: Place, tmp_path: Path) -> Iterator[Helm]:
    """With a small `support` installed, whose claim stays when the release goes, as those of databases do."""
    for name, text in CHART.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    helm = Helm(tool("helm", place.root), place.access)
    helm.upgrade(tmp_path, "support", "support", {})
    yield helm
    helm.uninstall("support", "support")


def test_hubs_stand_against_it_and_support_does_not(place: Place, helm: Helm) -> None:
    cluster = load_fleet(place.root).cluster("local")
    found = inhabitants.look(cluster, place.kube)
    assert found.hubs["demo/demo"] == "./inv teardown-hub local demo"
    assert found.support
    assert not [each for each in (*found.volumes, *found.balancers) if each.startswith("support/")]
    assert [each.exit_code for each in inhabitants.refusals(cluster, found)][:1] == [3]


def test_support_goes_with_its_load_balancer_and_claim(place: Place, helm: Helm) -> None:
    support.uninstall(helm, print)
    claims = place.kube.list_json("/api/v1/namespaces/support/persistentvolumeclaims", "look")
    assert [each["metadata"]["name"] for each in claims] == ["metrics"], "helm leaves it"

    assert support.clear(place.kube, print) == ()

    with pytest.raises(NotFound):
        place.kube.get_json("/api/v1/namespaces/support", "look")
    assert releases.release(place.kube, "support", "support") is None
    support.uninstall(helm, print)
    assert support.clear(place.kube, print) == (), "again, it is fine"
