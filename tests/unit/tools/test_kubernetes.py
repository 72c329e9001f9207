"""Answers that are not the API's own: a kubelet's, a proxy's, a login page's."""

from pathlib import Path

import httpx2
import pytest

from hubfleet.errors import HubfleetError
from hubfleet.tools.kubernetes import Kube, Unreachable, in_cluster

KUBE = Kube(Path("/nowhere"), name="west")
REQUEST = httpx2.Request("GET", "https://west.example.org/api/v1/nodes/one/proxy/stats/summary")


def test_an_error_in_plain_text_is_told_with_its_words():
    answer = httpx2.Response(500, text="Internal Error: failed to get rootFs stats", request=REQUEST)
    with pytest.raises(HubfleetError, match="passed on an error") as caught, KUBE.errors("ask the kubelet"):
        KUBE.raise_for(answer)
    assert "rootFs" in caught.value.evidence
    assert "stats/summary" in caught.value.where


def test_a_load_balancer_without_servers_is_away():
    answer = httpx2.Response(503, text="<html>no upstream</html>", request=REQUEST)
    with pytest.raises(Unreachable), KUBE.errors("list pods"):
        KUBE.raise_for(answer)


def test_a_login_page_is_no_kubernetes():
    answer = httpx2.Response(200, text="<html>Welcome to the hotel</html>", request=REQUEST)
    with pytest.raises(Unreachable, match="no Kubernetes API") as caught, KUBE.errors("list pods"):
        answer.json()
    assert "hotel" in caught.value.evidence


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("kubectl -n demo get events", "./inv cluster-shell local, then kubectl -n demo get events"),
        ("mend it; kubectl get nodes; kubectl get pods",
         "mend it; ./inv cluster-shell local, then kubectl get nodes; kubectl get pods"),
        ("./inv image-load", "./inv image-load"),
    ],
)  # fmt: skip
def test_kubectl_is_told_with_the_shell_that_knows_the_cluster(step: str, told: str) -> None:
    assert in_cluster(step, "local") == told
