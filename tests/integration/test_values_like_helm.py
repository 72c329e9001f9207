"""Our merging and reading of YAML, held to the real helm: it gets the layers once as files of its own, once merged."""

import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubfleet import process
from hubfleet.errors import HubfleetError, InvalidConfiguration
from hubfleet.fleet.document import parse_yaml
from hubfleet.fleet.layers import Layer, merge_all
from hubfleet.fleet.model import Location
from hubfleet.toolchain import tool

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
SHOWN = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME}
data: {values: {{ toJson .Values | quote }} }
"""
DEFAULTS = {"a": {"a": 1, "b": {"c": 2}}, "b": [1, 2], "c": "text"}


@pytest.fixture(scope="module")
def helm():
    try:
        return tool("helm", ROOT)
    except HubfleetError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{error.what}: {error.next_step}")


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    """An umbrella chart with a chart in it, as basehub is; both print the values they see."""
    folder = tmp_path_factory.mktemp("chart")
    inner = folder / "charts" / "inner"
    for home, name in ((folder, "outer"), (inner, "inner")):
        (home / "templates").mkdir(parents=True)
        (home / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
        (home / "templates" / "shown.yaml").write_text(SHOWN.replace("NAME", name))
    (inner / "values.yaml").write_text(json.dumps(DEFAULTS))
    (folder / "values.yaml").write_text(json.dumps({**DEFAULTS, "inner": {"a": {"b": {"d": 3}}}}))
    return folder


def rendered(helm, chart, *values: bytes):
    """What the outer and the inner chart see."""
    files = []
    for index, text in enumerate(values):
        path = chart.parent / f"{chart.name}-{index}.yaml"
        path.write_bytes(text)
        files += ["-f", path]
    env = process.environment(HOME=str(chart.parent), HELM_CACHE_HOME=str(chart.parent / "cache"))
    done = process.run([helm, "template", "release", chart, *files], env=env)
    shown = [each for each in yaml.safe_load_all(done.stdout) if each]
    return {each["metadata"]["name"]: json.loads(each["data"]["values"]) for each in shown}


def merged(*layers):
    kept = [Layer("hub", "f", values, lambda _: Location("f", 1)) for values in layers]
    return json.dumps(merge_all(kept)).encode()


KEYS = st.sampled_from("abcd")
VALUES = st.recursive(
    st.one_of(st.none(), st.integers(0, 2), st.just([]), st.just(["x"]), st.just("")),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
LAYERS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "inner"]), st.dictionaries(KEYS, VALUES, max_size=3) | VALUES, max_size=3
    ),
    min_size=2,
    max_size=4,
)


def _sound(values):
    """helm refuses a chart's values that are no map; so this is not about merging."""
    return all(isinstance(layer.get("inner", {}), dict) for layer in values)


@given(LAYERS.filter(_sound))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_helm_sees_the_same_whether_it_merges_or_we_do(helm, chart, layers):
    by_helm = rendered(helm, chart, *(json.dumps(layer).encode() for layer in layers))
    assert rendered(helm, chart, merged(*layers)) == by_helm


def test_a_null_deletes_the_charts_default_also_of_the_chart_within(helm, chart):
    seen = rendered(helm, chart, merged({"a": {"b": 1}, "inner": {"a": {"b": 1}}}, {"a": None, "inner": {"a": None}}))
    assert "a" not in seen["outer"]
    assert "a" not in seen["inner"]
    assert seen["inner"]["b"] == [1, 2]


def test_a_map_above_a_null_has_the_charts_default_below_it_again(helm, chart):
    seen = rendered(helm, chart, merged({"a": None}, {"a": {"z": 1}}))
    assert seen["outer"]["a"] == {"a": 1, "b": {"c": 2}, "z": 1}


SCALARS = st.one_of(
    st.from_regex(r"[-+]?[0-9][0-9._]{0,6}([eE][-+]?[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"[-+]?0[xXoObB][0-9a-fA-F_]{1,6}", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", fullmatch=True),
    st.sampled_from(
        [
            "y",
            "n",
            "Y",
            "N",
            "yes",
            "no",
            "on",
            "off",
            "Yes",
            "NO",
            "True",
            "TRUE",
            "tRue",
            "~",
            "null",
            "Null",
            "nULL",
            "2026-01-01",
            "2026-01-01T10:00:00Z",
            ".5",
            "5.",
            "+.5",
            "1e3",
            ".inf",
            "-.Inf",
            ".NaN",
            "0",
            "00",
            "007",
            "08",
            "0_8",
            "1__0",
            "9007199254740993",
            "18446744073709551615",
            "=",
            "a:b",
        ]
    ),
)


@given(st.lists(SCALARS, min_size=1, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_helm_reads_every_value_that_we_let_pass_as_we_do(helm, chart, words):
    """So a hub's files install the same with plain helm: the right to replicate."""
    passed = {}
    for index, word in enumerate(words):
        text = f"k{index}: {word}\n"
        try:
            passed[text] = parse_yaml(text.encode(), "f.yaml").data
        except InvalidConfiguration:
            continue
    if not passed:
        return
    ours = {key: value for each in passed.values() for key, value in each.items()}
    seen = rendered(helm, chart, "".join(passed).encode())["outer"]
    assert {key: seen.get(key) for key in ours} == ours
