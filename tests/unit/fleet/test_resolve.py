"""The layers of a hub: order, overrides that end, secrets without a key, and the digest's material."""

import json
from datetime import date

import pytest

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.layers import lookup
from hubfleet.fleet.secretfile import is_encrypted, load_encrypted, placeholders

SECRET = """\
jupyterhub:
  hub:
    config:
      GitHubOAuthenticator:
        client_secret: ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:str]
        allow: ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:bool]
    ports:
      - ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:int]
    note_unencrypted: in clear
sops:
  age:
    - recipient: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj
  lastmodified: "2026-11-02T10:00:00Z"
  mac: ENC[AES256_GCM,data:ZXhhbXBsZQ==,iv:ZXhhbXBsZQ==,tag:ZXhhbXBsZQ==,type:str]
  version: 3.13.3
"""
OVERRIDE = "reason: the exam needs it\nuntil: 2026-12-01\nvalues: {jupyterhub: {cull: {timeout: 99}}}\n"


@pytest.fixture
def full(tree):
    """A hub with every layer."""
    tree.cluster["secrets"] = ["common.secret.values.yaml"]
    tree.hub |= {"values": ["a.values.yaml", "b.values.yaml"], "secrets": ["college.secret.values.yaml"]}
    for name in ("common", "a", "b"):
        tree.file(f"clusters/west/{name}.values.yaml", f"jupyterhub: {{cull: {{timeout: {len(name)}, by: {name}}}}}\n")
    tree.file("clusters/west/college.community.yaml", "default_url: /lab\n")
    tree.file("clusters/west/college.override.values.yaml", OVERRIDE)
    for name in ("common", "college"):
        tree.file(f"clusters/west/{name}.secret.values.yaml", SECRET)
    return tree


def findings(tree, **arguments):
    with pytest.raises(InvalidConfiguration) as caught:
        tree.resolve(**arguments)
    return caught.value.findings


def test_layers_from_the_lowest_up(full):
    layers = full.resolve().layers
    assert [layer.kind for layer in layers] == [
        "use case", "generated", "common", "hub", "hub", "community", "override", "secrets", "secrets",
    ]  # fmt: skip
    assert [layer.file.rpartition("/")[2] for layer in layers] == [
        "education.yaml", "cluster.yaml", "common.values.yaml", "a.values.yaml", "b.values.yaml",
        "college.community.yaml", "college.override.values.yaml", "common.secret.values.yaml",
        "college.secret.values.yaml",
    ]  # fmt: skip


def test_the_last_file_of_a_hub_is_the_highest(full):
    assert lookup(full.resolve().values, ("jupyterhub", "cull", "by")) == "b"


def test_without_common_values_neither_common_values_nor_common_secrets(full):
    full.hub["common_values"] = False
    files = [layer.file for layer in full.resolve().layers]
    assert not [file for file in files if "common" in file]


@pytest.mark.parametrize(
    ("today", "timeout", "warnings"),
    [(date(2026, 11, 30), 99, 0), (date(2026, 12, 1), 99, 0), (date(2026, 12, 2), 1, 1)],
)
def test_an_override_counts_until_its_last_day_and_then_warns(full, today, timeout, warnings):
    resolved = full.resolve(today=today)
    assert lookup(resolved.values, ("jupyterhub", "cull", "timeout")) == timeout
    assert [(each.rule, each.severity, each.line) for each in resolved.warnings] == [
        ("override-ended", "warning", 2)
    ] * warnings


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("values: {a: 1}\nuntil: 2026-12-01\n", "missing-key"),
        ("reason: the exam needs it\nvalues: {a: 1}\n", "missing-key"),
        ("reason: the exam needs it\nuntil: 2026-02-30\nvalues: {a: 1}\n", "no-such-day"),
        ("reason: the exam needs it\nuntil: tomorrow\nvalues: {a: 1}\n", "wrong-value"),
    ],
)
def test_an_override_has_a_reason_and_an_end(full, text, rule):
    full.file("clusters/west/college.override.values.yaml", text)
    assert findings(full)[0].rule == rule


def test_a_null_is_kept_for_helm(full):
    full.file("clusters/west/b.values.yaml", "jupyterhub: {cull: null}\n")
    (full.root / "clusters/west/college.override.values.yaml").unlink()
    assert lookup(full.resolve().values, ("jupyterhub", "cull")) is None


def test_secrets_without_a_key_are_placeholders_of_the_right_type(full):
    hub = lookup(full.resolve().values, ("jupyterhub", "hub"))
    assert hub["config"]["GitHubOAuthenticator"] == {
        "client_secret": "placeholder-of-jupyterhub.hub.config.GitHubOAuthenticator.client_secret",
        "allow": False,
    }
    assert (hub["ports"], hub["note_unencrypted"]) == ([0], "in clear")


def test_secrets_are_read_by_whoever_can(full):
    read = []

    def secrets(path):
        read.append(path.name)
        return {"jupyterhub": {"cull": {"timeout": len(read)}}}

    resolved = full.resolve(secrets=secrets)
    assert read == ["common.secret.values.yaml", "college.secret.values.yaml"]
    assert lookup(resolved.values, ("jupyterhub", "cull", "timeout")) == 2
    assert [layer.secret for layer in resolved.layers[-2:]] == [True, True]
    assert "timeout" in lookup(resolved.plain_values, ("jupyterhub", "cull"))
    assert lookup(resolved.plain_values, ("jupyterhub", "cull", "timeout")) == 99


def test_a_file_of_secrets_that_is_not_encrypted_is_refused_without_showing_it(full):
    full.file("clusters/west/college.secret.values.yaml", "jupyterhub: {hub: {password: hunter2000}}\n")
    (found,) = findings(full)
    assert found.rule == "plaintext-secret"
    assert "hunter2000" not in str(found)


def test_the_digest_is_the_same_with_and_without_a_key(full):
    with_key = full.resolve(secrets=lambda _: {"jupyterhub": {"password": "x"}})
    assert with_key.digest_material == full.resolve().digest_material
    assert b"ENC[AES256_GCM" in with_key.digest_material


def test_new_recipients_change_no_digest_and_a_new_secret_does(full):
    before = full.resolve().digest_material
    other = SECRET.replace("age1zvk", "age1abc").replace("2026-11-02T10", "2026-11-03T11")
    full.file("clusters/west/college.secret.values.yaml", other)
    assert full.resolve().digest_material == before
    full.file("clusters/west/college.secret.values.yaml", SECRET.replace("ZXhhbXBsZQ==,iv", "bmV3,iv", 1))
    assert full.resolve().digest_material != before


def test_the_digest_does_not_hang_on_the_order_of_keys_or_on_comments(full):
    before = full.resolve().digest_material
    full.file("clusters/west/b.values.yaml", "# why\njupyterhub:\n  cull:\n    by: b\n    timeout: 1\n")
    assert full.resolve().digest_material == before
    json.loads(before)


def test_all_mistakes_of_all_layers_at_once(full):
    full.file("clusters/west/a.values.yaml", "a: 1\na: 2\n")
    full.file("clusters/west/college.community.yaml", "admin: [x]\n")
    full.file("clusters/west/college.override.values.yaml", "reason: x\n")
    full.hub["values"] = ["a.values.yaml", "bb.values.yaml"]
    full.hub["use_case"] = "eduction"
    found = findings(full)
    assert {each.rule for each in found} >= {"duplicate-key", "unknown-key", "missing-key", "missing-file", "use-case"}
    assert "did you mean b.values.yaml?" in str(next(each for each in found if each.rule == "missing-file"))
    assert "did you mean education?" in str(next(each for each in found if each.rule == "use-case"))


def test_what_is_encrypted(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text(SECRET)
    data = load_encrypted(path).data
    assert is_encrypted(data["sops"]["mac"])
    assert not is_encrypted("ENC[] of something")
    assert "sops" not in placeholders(path)
