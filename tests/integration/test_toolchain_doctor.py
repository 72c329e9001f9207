"""`inv doctor` and `inv tools-install` as a person starts them, on an empty machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def inv(tmp_path):
    """Run a task with an empty cache and almost nothing on PATH."""
    env = dict(os.environ, XDG_CACHE_HOME=str(tmp_path / "cache"), PATH=str(tmp_path))

    def run(*words):
        argv = [sys.executable, "-c", "from hubfleet.cli.program import main; main()", *words]
        return subprocess.run(argv, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False, timeout=120)

    return run


def test_doctor_says_what_is_missing_and_ends_with_1(inv):
    done = inv("doctor", "--json", "-s", "deploy", "-s", "etcd")
    report = json.loads(done.stdout)
    schema = yaml.safe_load((REPOSITORY / "schemas" / "doctor.schema.yaml").read_text())
    assert list(Draft202012Validator(schema).iter_errors(report)) == []
    assert [row["tool"] for row in report["tools"] if row["needed"]] == ["helm", "kubectl", "kubernetes"]
    assert all(row["state"] == "missing" for row in report["tools"] if row["needed"])
    assert done.returncode == 1


def test_an_unknown_name_ends_with_2(inv):
    done = inv("doctor", "-s", "hlem")
    assert done.returncode == 2
    assert "did you mean helm?" in done.stderr
    assert done.stdout == ""


def test_a_plan_changes_nothing(inv, tmp_path):
    done = inv("tools-install", "-s", "age", "--plan-only")
    assert (done.returncode, "age" in done.stdout + done.stderr) == (0, True)
    assert not (tmp_path / "cache" / "hubfleet").exists()
