"""`./inv ... | head`: whoever reads may go, and nobody gets a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("words", [[], ["list-hubs"], ["--list"], ["deploy-hub", "--help"], ["--version"]])
def test_a_reader_that_goes_early_is_no_mistake_of_ours(words):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "hubfleet.cli.program", *words]
    with os.fdopen(writer, "wb") as out:
        done = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")
