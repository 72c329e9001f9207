"""`./inv demo --on CONTEXT`: the same hub on a Kubernetes that the person has, without root.

The Kubernetes is the local cluster, seen as a person sees theirs: a context of a kubeconfig. Its nodes reach no
image registry, so the embedded chart with its images stands in for the upstream one.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from hubfleet.localcluster import ports
from hubfleet.toolchain import tool
from tests.e2e.conftest import copy_repository

if TYPE_CHECKING:
    from tests.e2e.conftest import Place

pytestmark = [pytest.mark.e2e, pytest.mark.root]
NAMESPACE = "on-context"


@pytest.fixture(scope="module")
def theirs(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A second copy of the repository, of a person whose kubeconfig has the cluster as context `mine`."""
    folder = tmp_path_factory.mktemp("theirs")
    config = yaml.safe_load((place.state / "admin.conf").read_text())
    config["contexts"][0]["name"] = "mine"
    config["current-context"] = ""
    (folder / "config").write_text(yaml.safe_dump(config))
    copy_repository(folder / "fleet")
    made = replace(
        place, root=folder / "fleet", env={**place.env, "KUBECONFIG": str(folder / "config"), "XDG_STATE_HOME": "/none"}
    )
    made.replace("clusters/local/cluster.yaml", "  - name: demo\n", f"  - name: demo\n    namespace: {NAMESPACE}\n")
    made.replace("clusters/local/demo.values.yaml", "30080", "30085")  # the hub of `place` has that port
    yield made
    place.kube.http.delete(f"/api/v1/namespaces/{NAMESPACE}")


def test_a_kubernetes_of_ones_own_gets_a_hub_to_log_in_to(theirs: Place) -> None:
    before = Path(theirs.env["KUBECONFIG"]).read_bytes()
    ready = theirs.json("demo", "--on", "mine", "--jupyterhub-chart", "embedded")
    port = ports.any_free()
    words = shlex.split(ready["forward"].replace("8000:", f"{port}:"))
    with subprocess.Popen([tool("kubectl", theirs.root), *words[1:]], env=theirs.env) as forward:
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(base)
            with httpx.Client(base_url=base) as http:
                http.get("/hub/login")
                data = {"username": ready["user"], "password": ready["password"], "_xsrf": http.cookies["_xsrf"]}
                assert http.post("/hub/login", data=data, params={"_xsrf": data["_xsrf"]}).has_redirect_location
        finally:
            forward.terminate()
    assert theirs.json("demo", "--on", "mine", "--jupyterhub-chart", "embedded")["deployed"]["action"] == "skip"
    assert Path(theirs.env["KUBECONFIG"]).read_bytes() == before


@pytest.mark.parametrize("context", ["nobody", ""])
def test_a_context_that_is_not_there_is_named(theirs: Place, context: str) -> None:
    if context:
        assert context in theirs.inv("demo", "--on", context, "--jupyterhub-chart", "embedded", ok=1).stderr
    else:
        lost = replace(theirs, env={**theirs.env, "KUBECONFIG": "/nowhere/config"})
        refused = lost.inv("demo", "--on", "mine", "--jupyterhub-chart", "embedded", ok=2)
        assert "there is no kubeconfig /nowhere/config" in refused.stderr


def wait_for(base: str) -> None:
    """Until the forward answers."""
    end = time.monotonic() + 30
    while True:
        try:
            httpx.get(base + "/hub/login")
        except httpx.HTTPError:
            assert time.monotonic() < end, "the forward does not answer"
            time.sleep(0.1)
        else:
            return
