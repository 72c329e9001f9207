"""The real sops and age: files that people make with them are read, and every way they fail is told in words."""

import os
from pathlib import Path

import pytest

from hubfleet import process
from hubfleet.errors import HubfleetError
from hubfleet.fleet import secretfile
from hubfleet.fleet.document import load_yaml
from hubfleet.masking import masked
from hubfleet.process import environment
from hubfleet.toolchain import tool
from hubfleet.tools import age, sops

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
PLAIN = """\
# the client is registered with the college
jupyterhub:
  hub:
    config:
      GitHubOAuthenticator:
        client_secret: integration-secret-one
        retries: 271828
        strict: true
    cookies: [integration-secret-two, 2.5]
"""


def program(name):
    try:
        return tool(name, ROOT)
    except HubfleetError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{error.what}: {error.next_step}")


@pytest.fixture
def key(tmp_path):
    """An age key; the public half, and the environment in which sops finds the private one."""
    path = tmp_path / "keys" / "keys.txt"
    public = age.make_key(path, program("age-keygen"))
    assert path.stat().st_mode & 0o077 == 0
    return public, {"SOPS_AGE_KEY_FILE": str(path), "HOME": str(tmp_path)}


@pytest.fixture
def encrypted(tmp_path, key):
    path = tmp_path / "f.secret.values.yaml"
    path.write_text(PLAIN)
    words = [program("sops"), "encrypt", "--age", key[0], "--in-place", path]
    process.run(words, env=environment(), cwd=tmp_path)  # a .sops.yaml of the folder it runs in would be asked first
    assert "integration-secret" not in path.read_text()
    return path


def decrypt(path, env):
    return sops.decrypt(path, program=program("sops"), env=env)


def test_what_was_encrypted_is_read_in_memory_and_hidden(encrypted, key):
    files = set(encrypted.parent.rglob("*"))
    hub = decrypt(encrypted, key[1])["jupyterhub"]["hub"]
    assert hub == {
        "config": {
            "GitHubOAuthenticator": {"client_secret": "integration-secret-one", "retries": 271828, "strict": True}
        },
        "cookies": ["integration-secret-two", 2.5],
    }
    assert "integration-secret" not in masked(str(hub))
    assert "271828" not in masked(str(hub))
    assert set(encrypted.parent.rglob("*")) == files


def test_placeholders_have_the_shape_and_the_types_of_the_secrets(encrypted, key):
    def shape(value):
        if isinstance(value, dict):
            return {name: shape(each) for name, each in value.items()}
        return [shape(each) for each in value] if isinstance(value, list) else type(value)

    assert shape(secretfile.placeholders(encrypted)) == shape(decrypt(encrypted, key[1]))


def test_without_a_key_it_says_who_has_one(encrypted, key, tmp_path):
    with pytest.raises(sops.CanNotDecrypt) as caught:
        decrypt(encrypted, {"HOME": str(tmp_path), "SOPS_AGE_KEY_FILE": str(tmp_path / "none")})
    assert f"age: {key[0]}" in caught.value.evidence
    assert "no such file" in caught.value.evidence


def test_another_key_does_not_fit(encrypted, tmp_path):
    other = tmp_path / "other.txt"
    age.make_key(other, program("age-keygen"))
    with pytest.raises(sops.CanNotDecrypt) as caught:
        decrypt(encrypted, {"SOPS_AGE_KEY_FILE": str(other), "HOME": str(tmp_path)})
    assert "no key that fits" in caught.value.evidence


@pytest.mark.parametrize(
    ("old", "new"),
    [("client_secret", "client_secrets"), ("\nsops:", "\nadded: in clear\nsops:")],
)
def test_a_file_that_was_changed_by_hand_is_refused(encrypted, key, old, new):
    encrypted.write_text(encrypted.read_text().replace(old, new, 1))
    with pytest.raises(HubfleetError) as caught:
        decrypt(encrypted, key[1])
    assert "changed without sops" in caught.value.what


def test_a_file_that_is_not_encrypted_is_refused(tmp_path, key):
    path = tmp_path / "f.yaml"
    path.write_text("a: integration-plain\n")
    with pytest.raises(HubfleetError) as caught:
        decrypt(path, key[1])
    assert "not encrypted" in caught.value.what


def test_new_recipients_change_nothing_of_the_encrypted_values(encrypted, key, tmp_path):
    """What the digest of a hub is made of stays the same when someone joins the team."""
    before = secretfile.encrypted_values(load_yaml(encrypted))
    second = age.make_key(tmp_path / "second.txt", program("age-keygen"))
    (tmp_path / ".sops.yaml").write_text(f"creation_rules: [{{age: '{key[0]},{second}'}}]\n")
    argv = [program("sops"), "--config", tmp_path / ".sops.yaml", "updatekeys", "--yes", encrypted]
    process.run(argv, env=environment(**key[1]))
    assert secretfile.encrypted_values(load_yaml(encrypted)) == before
    assert len(sops.recipients(encrypted)) == 2
    assert decrypt(encrypted, {"SOPS_AGE_KEY_FILE": str(tmp_path / "second.txt"), "HOME": str(tmp_path)})


def test_the_examples_of_this_repository_are_encrypted_and_nobody_can_read_them(tmp_path):
    paths = sorted(ROOT.glob("clusters/example-gcp/*.secret.values.yaml"))
    assert len(paths) == 4
    for path in paths:
        assert secretfile.placeholders(path)
        with pytest.raises(sops.CanNotDecrypt):
            decrypt(path, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
