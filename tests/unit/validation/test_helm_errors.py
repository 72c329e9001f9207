"""Answers that helm 4.3 really gave, and what is read in them."""

from __future__ import annotations

import pytest

from hubfleet.validation.helm_errors import HelmError, helm_errors

ADVICE = "\n\nUse --debug flag to render out invalid YAML\n"
SCHEMA = "Error: values don't meet the specifications of the schema(s) in the following chart(s):\n"
HUB = "basehub/charts/jupyterhub/templates/hub/deployment.yaml"

CASES = {
    "a value of the subchart": (
        f"{SCHEMA}jupyterhub:\n- at '/hub/db/type': value must be one of 'sqlite-pvc', 'other'\n\n",
        [HelmError(("jupyterhub", "hub", "db", "type"), "value must be one of 'sqlite-pvc', 'other'")],
    ),
    "two charts, two keys": (
        (
            f"{SCHEMA}basehub:\n- at '/basehub/homes': got string, want object\n"
            "jupyterhub:\n- at '': additional properties 'singelusr', 'hob' not allowed\n"
        ),
        [
            HelmError(("basehub", "homes"), "got string, want object"),
            HelmError(("jupyterhub", "singelusr"), "unknown key 'singelusr'"),
            HelmError(("jupyterhub", "hob"), "unknown key 'hob'"),
        ],
    ),
    "details below": (
        (
            f"{SCHEMA}jupyterhub:\n- at '/singleuser/extraFiles/a': 'oneOf' failed, none matched\n"
            "  - at '/singleuser/extraFiles/a': missing property 'data'\n"
            "  - at '/singleuser/extraFiles/a': missing property 'stringData'\n"
        ),
        [
            HelmError(
                ("jupyterhub", "singleuser", "extraFiles", "a"),
                "'oneOf' failed, none matched; missing property 'data'; missing property 'stringData'",
            )
        ],
    ),
    "a pointer into a list, with escapes": (
        f"{SCHEMA}jupyterhub:\n- at '/ingress/tls/0/a~1b~0c': got number, want string\n",
        [HelmError(("jupyterhub", "ingress", "tls", 0, "a/b~c"), "got number, want string")],
    ),
    "a chart that refuses": (
        (
            "Error: execution error at (basehub/templates/checks.yaml:9:4): jupyterhub.hub.config."
            f"KubeSpawner.delete_pvc must stay false{ADVICE}"
        ),
        [
            HelmError(
                ("jupyterhub", "hub", "config", "KubeSpawner", "delete_pvc"),
                "jupyterhub.hub.config.KubeSpawner.delete_pvc must stay false",
                "basehub/templates/checks.yaml:9",
            )
        ],
    ),
    "a subchart that refuses, after log lines": (
        (
            'level=INFO msg="warning: cannot overwrite table with non table for basehub.jupyterhub.x (map[a:b])"\n'
            f"Error: execution error at ({HUB}:84:16): hub.extraEnv must be text: put 3 into quotes{ADVICE}"
        ),
        [HelmError(("jupyterhub", "hub", "extraEnv"), "hub.extraEnv must be text: put 3 into quotes", f"{HUB}:84")],
    ),
    "a value that a template needs": (
        (
            f'Error: {HUB}:5:15\n  executing "{HUB}" at <.Values.hub.name>:\n'
            f"    nil pointer evaluating interface {{}}.name{ADVICE}"
        ),
        [HelmError(("jupyterhub", "hub", "name"), "nil pointer evaluating interface {}.name", f"{HUB}:5")],
    ),
    "no YAML": (
        (
            "Error: YAML parse error on toy/templates/a.yaml: error converting YAML to JSON: yaml: line 5: mapping"
            f" values are not allowed in this context{ADVICE}"
        ),
        [
            HelmError(
                (),
                "YAML parse error on toy/templates/a.yaml: error converting YAML to JSON: yaml: line 5: mapping values"
                " are not allowed in this context",
                "toy/templates/a.yaml",
            )
        ],
    ),
    "a type that helm can not merge": (
        (
            'level=ERROR msg="chart dependencies processing failed" error="type mismatch"\n'
            "Error: chart dependencies processing failed: type mismatch on jupyterhub: %!t(string=x)\n"
        ),
        [HelmError((), "chart dependencies processing failed: type mismatch on jupyterhub: %!t(string=x)")],
    ),
    "nothing": ("", [HelmError((), "helm failed without a word")]),
}


@pytest.mark.parametrize("name", CASES)
def test_reads(name: str) -> None:
    stderr, expected = CASES[name]
    assert helm_errors(stderr) == expected
