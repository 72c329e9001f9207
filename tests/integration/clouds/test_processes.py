"""Programs that are started while another thread talks to GKE."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hubfleet.fleet import Cluster
from tests.fakes.gke import FakeGke

pytestmark = pytest.mark.integration
SCRIPT = """
import sys, threading
from pathlib import Path
from hubfleet import clouds, process
from hubfleet.fleet import load_fleet

gke = clouds.cloud(load_fleet(Path(sys.argv[1])).cluster("west"))
gke.versions()
done = threading.Event()
def talk():
    while not done.is_set():
        gke.running_operations()
talker = threading.Thread(target=talk)
talker.start()
for _ in range(30):
    process.run(["true"])
done.set()
talker.join()
"""


def test_grpc_says_nothing_about_forks(fake_gke: FakeGke, west: Cluster) -> None:
    argv = [sys.executable, "-c", SCRIPT, str(west.folder.parents[1])]

    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
