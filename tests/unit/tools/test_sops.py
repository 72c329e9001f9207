"""What sops is asked, what of its answer is hidden, how its failures are told. (The real one: tests/integration.)"""

import json

import pytest

from hubfleet.errors import HubfleetError, Refused
from hubfleet.masking import masked
from hubfleet.process import Completed, ProcessFailed
from hubfleet.tools import age, sops

FILE = """\
a: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]
sops:
  age: [{recipient: age1example, enc: x}]
  gcp_kms: [{resource_id: projects/p/locations/global/keyRings/r/cryptoKeys/k}]
  azure_kv: [{vault_url: "https://v.example.org", name: n}]
  key_groups:
    - pgp: [{fp: "0123456789ABCDEF"}]
  mac: x
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "f.secret.values.yaml"
    file.write_text(FILE)
    return file


def door(stdout="", stderr="", code=0):
    def run(argv, **options):
        run.asked.append(([str(word) for word in argv], options))
        done = Completed(tuple(map(str, argv)), code, stdout, stderr, 0.1)
        if code:
            raise ProcessFailed(f"sops failed with exit code {code}", done)
        return done

    run.asked = []
    return run


def test_every_decrypted_value_is_hidden_from_then_on(path, tmp_path):
    values = {"a": "unit-secret-one", "b": [{"c": "unit-secret-two"}], "d": 987654321, "e": True, "f": None}
    run = door(json.dumps(values))
    assert sops.decrypt(path, program=tmp_path / "sops", run=run, env={}) == values
    shown = masked("unit-secret-one unit-secret-two 987654321 True")
    assert "secret" not in shown
    assert "987654321" not in shown
    assert "True" in shown


def test_the_child_gets_the_names_of_keys_and_nothing_else_of_the_environment(path, tmp_path):
    run = door("{}")
    env = {"SOPS_AGE_KEY_FILE": "/k", "AWS_PROFILE": "p", "GOOGLE_APPLICATION_CREDENTIALS": "/g", "OTHER": "x"}
    sops.decrypt(path, program=tmp_path / "sops", run=run, env=env)
    ((argv, options),) = run.asked
    assert argv[1:] == ["decrypt", "--input-type", "yaml", "--output-type", "json", str(path)]
    given = options["env"]
    assert (given["SOPS_AGE_KEY_FILE"], given["AWS_PROFILE"]) == ("/k", "p")
    assert "OTHER" not in given
    assert "PATH" in given


def test_a_key_in_the_environment_is_hidden(path, tmp_path):
    key = "AGE-SECRET-KEY-1UNITTESTUNITTEST"
    sops.decrypt(path, program=tmp_path / "sops", run=door("{}"), env={"SOPS_AGE_KEY": f"# mine\n{key}\n"})
    assert key not in masked(f"the key is {key}")


def test_without_a_key_it_says_who_can_read_the_file_and_where_keys_are_looked_for(path, tmp_path):
    run = door(stderr="Failed to get the data key required to decrypt the SOPS file.", code=128)
    env = {"SOPS_AGE_KEY_FILE": str(tmp_path / "none.txt"), "SOPS_AGE_KEY_CMD": "pass age"}
    with pytest.raises(sops.CanNotDecrypt) as caught:
        sops.decrypt(path, program=tmp_path / "sops", run=run, env=env)
    evidence = caught.value.evidence
    for word in (
        "age: age1example",
        "gcp_kms: projects/p",
        "azure_kv: https://v.example.org/n",
        "pgp: 0123456789ABCDEF",
    ):
        assert word in evidence
    assert f"{tmp_path / 'none.txt'} (no such file)" in evidence
    assert "SOPS_AGE_KEY_CMD" in evidence
    assert "updatekeys" in caught.value.next_step


@pytest.mark.parametrize(
    ("code", "stderr", "what"),
    [
        (25, "Error decrypting tree: message authentication failed", "changed without sops"),
        (51, "MAC mismatch. File has A, computed B", "changed without sops"),
        (1, "sops metadata not found", "not encrypted"),
        (7, "something new", "failed with exit code 7"),
    ],
)
def test_failures_are_told_in_words(path, tmp_path, code, stderr, what):
    with pytest.raises(HubfleetError) as caught:
        sops.decrypt(path, program=tmp_path / "sops", run=door(stderr=stderr, code=code), env={})
    assert what in caught.value.what


def test_where_keys_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert age.key_file({"SOPS_AGE_KEY_FILE": "/k"}).as_posix() == "/k"
    assert age.key_file({"XDG_CONFIG_HOME": "/c"}).as_posix() == "/c/sops/age/keys.txt"
    assert age.key_file({}) == tmp_path / ".config/sops/age/keys.txt"


def test_a_key_is_never_overwritten(tmp_path):
    path = tmp_path / "keys.txt"
    path.write_text("AGE-SECRET-KEY-")
    run = door()
    with pytest.raises(Refused):
        age.make_key(path, tmp_path / "age-keygen", run=run)
    assert run.asked == []
    assert path.read_text() == "AGE-SECRET-KEY-"
