"""Whatever stands in the files, there are findings and never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubfleet.validation.validate import inspect

EXAMPLES = Path(__file__).parents[2] / "examples"
REPOSITORY = EXAMPLES.parents[1]
JUNK = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "x",
    "0",
    "../x",
    "*",
    [],
    [None],
    [[]],
    ["x"],
    {},
    {"x": None},
    {"": []},
    [{}],
]
RICH = {
    "jupyterhub": {
        "hub": {
            "config": {
                "JupyterHub": {"authenticator_class": "github"},
                "Authenticator": {"allowed_users": ["ada"]},
                "GitHubOAuthenticator": {"oauth_callback_url": "https://college.hubs.example.org/hub/oauth_callback"},
                "KubeSpawner": {"delete_pvc": False},
            },
            "extraConfig": {"a": "print()"},
            "image": {"name": "quay.io/a/b", "tag": "1"},
            "tolerations": [{"key": "a", "effect": "NoSchedule"}],
        },
        "ingress": {"hosts": ["college.hubs.example.org"], "tls": [{"hosts": ["college.hubs.example.org"]}]},
        "singleuser": {
            "memory": {"limit": "1G", "guarantee": "1G"},
            "cpu": {"limit": 1},
            "extraEnv": {"A": "b"},
            "storage": {
                "capacity": "1Gi",
                "extraVolumes": [{"name": "data"}],
                "extraVolumeMounts": {"d": {"name": "data"}},
            },
            "profileList": [
                {
                    "display_name": "Small",
                    "default": True,
                    "kubespawner_override": {"mem_limit": "1G", "image": "a/b:1", "environment": {"A": "b"}},
                    "profile_options": {"image": {"choices": {"a": {"kubespawner_override": {"cpu_limit": 1}}}}},
                }
            ],
        },
    }
}


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at one place."""
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


CAMPUS = EXAMPLES / "valid/campus"
FILES = {
    "fleet.yaml": CAMPUS / "fleet.yaml",
    "clusters/west/cluster.yaml": CAMPUS / "clusters/west/cluster.yaml",
    "clusters/west/outputs.yaml": CAMPUS / "clusters/west/outputs.yaml",
    "clusters/west/college.community.yaml": CAMPUS / "clusters/west/college.community.yaml",
    "clusters/west/college.override.values.yaml": CAMPUS / "clusters/west/college.override.values.yaml",
    "clusters/west/college.secret.values.yaml": CAMPUS / "clusters/west/college.secret.values.yaml",
}
DOCUMENTS = {name: yaml.safe_load(path.read_text()) for name, path in FILES.items()}
DOCUMENTS["clusters/west/college.values.yaml"] = RICH
PLACES = [(name, path) for name, data in DOCUMENTS.items() for path in places(data)]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    shutil.copytree(CAMPUS, folder, dirs_exist_ok=True)
    (folder / "helm").symlink_to(REPOSITORY / "helm")
    return folder


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), junk=st.sampled_from(JUNK))
def test_one_wrong_value_anywhere(fleet: Path, place: tuple[str, tuple[Any, ...]], junk: Any) -> None:
    name, path = place
    right = (fleet / name).read_bytes()
    try:
        text = json.dumps(replaced(DOCUMENTS[name], path, junk), default=str)
        (fleet / name).write_text(text)
        report = inspect(fleet, today=date(2026, 11, 24))
    finally:
        (fleet / name).write_bytes(right)
    assert all(finding.rule and finding.message and "\n" not in str(finding) for finding in report.findings)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(DOCUMENTS)), raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes(fleet: Path, name: str, raw: bytes) -> None:
    right = (fleet / name).read_bytes()
    try:
        (fleet / name).write_bytes(raw)
        inspect(fleet, today=date(2026, 11, 24))
    finally:
        (fleet / name).write_bytes(right)
