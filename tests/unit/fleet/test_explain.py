"""Why a value is what it is."""

import pytest

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.fleet.defaults import chart_layers, chart_path
from hubfleet.fleet.explain import explain, explain_all, shown
from hubfleet.masking import HIDDEN

CHART = "cull:\n  timeout: 1800\n  every: 600\nsingleuser:\n  memory: {limit: null, guarantee: 1G}\nhub: {db: {}}\n"


@pytest.fixture
def charts(tree):
    tree.file("helm/jupyterhub/values.yaml", CHART)
    return chart_layers(tree.root, chart_path(tree.root, "embedded"))


def told(explained):
    return [(each.layer.kind, str(each.at), each.value, each.effect) for each in explained.origins]


def test_every_layer_and_every_chart_that_set_a_key(tree, charts):
    tree.file("clusters/west/common.values.yaml", "jupyterhub:\n  cull:\n    timeout: 60\n")
    found = explain(tree.resolve(), charts, "cull.timeout")
    assert (found.key, found.value) == ("jupyterhub.cull.timeout", 60)
    assert told(found) == [
        ("chart", "helm/jupyterhub/values.yaml:2", 1800, "overridden"),
        ("chart", "helm/basehub/values.yaml:2", 3600, "overridden"),
        ("common", "clusters/west/common.values.yaml:3", 60, "counts"),
    ]


def test_what_no_layer_sets_is_the_charts(tree, charts):
    found = explain(tree.resolve(), charts, "jupyterhub.cull.every")
    assert (found.value, told(found)) == (600, [("chart", "helm/jupyterhub/values.yaml:3", 600, "counts")])


def test_a_null_deletes_the_charts_default(tree, charts):
    tree.file("clusters/west/common.values.yaml", "jupyterhub: {cull: null}\n")
    found = explain(tree.resolve(), charts, "cull.every")
    assert found.value is None
    assert [(each.layer.kind, each.effect) for each in found.origins] == [("chart", "overridden"), ("common", "counts")]


def test_a_map_above_a_null_has_the_charts_default_below_it_again(tree, charts):
    tree.file("clusters/west/common.values.yaml", "jupyterhub: {cull: null}\n")
    tree.file("clusters/west/college.values.yaml", "jupyterhub: {cull: {timeout: 5}}\n")
    tree.hub["values"] = ["college.values.yaml"]
    assert explain(tree.resolve(), charts, "cull.every").value == 600
    assert explain(tree.resolve(), charts, "cull").value == {"timeout": 5, "every": 600}


def test_a_map_has_parts_from_several_layers(tree, charts):
    tree.file("clusters/west/common.values.yaml", "jupyterhub: {cull: {timeout: 5}}\n")
    found = explain(tree.resolve(), charts, "cull")
    assert found.value == {"timeout": 5, "every": 600}
    assert {each.effect for each in found.origins} == {"merged"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("singleuser.memory.limt", "did you mean singleuser.memory.limit?"),
        ("jupyterhub.cul.timeout", "did you mean jupyterhub.cull.timeout?"),
        ("cul", "did you mean cull?"),
        ("cull.zzz", "known: cull.every, cull.timeout"),
    ],
)
def test_a_key_that_nobody_sets_is_wrong_usage(tree, charts, typed, meant):
    with pytest.raises(WrongUsage) as caught:
        explain(tree.resolve(), charts, typed)
    assert caught.value.next_step == meant


def test_secrets_are_hidden_everywhere(tree, charts):
    secret = "a:\n  b: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\nsops: {mac: x}\n"
    tree.file("clusters/west/college.secret.values.yaml", secret)
    tree.hub["secrets"] = ["college.secret.values.yaml"]
    resolved = tree.resolve(secrets=lambda _: {"a": {"b": "hunter2000"}})
    one = explain(resolved, charts, "a.b")
    assert (one.value, shown(one.origins[0])) == (HIDDEN, HIDDEN)
    assert explain(resolved, charts, "a").value == {"b": HIDDEN}
    assert "hunter2000" not in str([(each.value, shown(each.origins[-1])) for each in explain_all(resolved)])


def test_all_values_in_order_of_keys(tree):
    keys = [each.key for each in explain_all(tree.resolve())]
    assert keys == sorted(keys)
    assert "jupyterhub.singleuser.defaultUrl" in keys


def test_defaults_are_read_from_a_package(tree):
    import io
    import tarfile

    package = tree.root / "basehub.tgz"
    with tarfile.open(package, "w:gz") as archive:
        member = tarfile.TarInfo("basehub/charts/jupyterhub/values.yaml")
        member.size = len(CHART)
        archive.addfile(member, io.BytesIO(CHART.encode()))
    found = explain(tree.resolve(), chart_layers(tree.root, package), "cull.every")
    assert str(found.origins[0].at) == "basehub.tgz/basehub/charts/jupyterhub/values.yaml:3"


def test_what_is_no_chart_is_said(tree):
    for name, text in {"a.tgz": "no archive", "b.tgz": ""}.items():
        with pytest.raises(HubfleetError) as caught:
            chart_layers(tree.root, tree.file(name, text))
        assert name in caught.value.where


def test_where_a_chart_is(tree):
    assert chart_path(tree.root, "upstream") is None
    assert chart_path(tree.root, "mirror/jupyterhub.tgz") == tree.root / "mirror/jupyterhub.tgz"
