"""What a machine adds to a build: found where pip and npm find it, without passwords, and never in the repository."""

import tarfile
from io import BytesIO

import pytest

from hubfleet.errors import HubfleetError
from hubfleet.images.inputs import Machine, archive, build_inputs, proxies


def test_a_machine_with_nothing_special_adds_nothing(machine):
    assert build_inputs(machine) == {}
    assert proxies(machine) == []


@pytest.mark.parametrize("variable", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])
def test_the_ca_bundle_that_the_environment_names_serves_pip_and_npm(tmp_path, variable):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("a certificate")
    made = build_inputs(Machine({variable: str(bundle)}, (), ()))
    assert made == {
        "ca.pem": b"a certificate",
        "pip.conf": b"[global]\ncert = /build/ca.pem\n",
        "npmrc": b"cafile=/build/ca.pem\n",
    }


def test_a_bundle_that_is_not_there_is_passed_over(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("a certificate")
    machine = Machine({"PIP_CERT": str(tmp_path / "none"), "SSL_CERT_FILE": str(bundle)}, (), ())
    assert build_inputs(machine)["ca.pem"] == b"a certificate"


def test_pips_files_count_the_last_one_wins_and_the_environment_over_all(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    first.write_text("[global]\nindex-url = https://one.example.org\ntimeout = 5\nfind-links = /somewhere\n")
    second.write_text(
        "[install]\nindex-url = https://two.example.org\nextra-index-url = https://a.example.org\n  https://b\n"
    )
    files = (first, second, tmp_path / "none")
    said = build_inputs(Machine({}, files, ()))["pip.conf"].decode()
    assert said.splitlines() == [
        "[global]",
        "index-url = https://two.example.org",
        "extra-index-url = https://a.example.org",
        "    https://b",
        "timeout = 5",
    ]
    chosen = build_inputs(Machine({"PIP_INDEX_URL": "https://three.example.org"}, files, ()))["pip.conf"].decode()
    assert "https://three.example.org" in chosen
    assert "https://two.example.org" not in chosen


def test_npms_registry_is_taken_and_its_tokens_are_not(tmp_path):
    file = tmp_path / "npmrc"
    file.write_text("registry=https://npm.example.org/\n//npm.example.org/:_authToken=very-secret\n")
    made = build_inputs(Machine({}, (), (file,)))
    assert made == {"npmrc": b"registry=https://npm.example.org/\n"}


@pytest.mark.parametrize(
    "environment",
    [
        {"PIP_INDEX_URL": "https://me:very-secret@example.org/simple"},
        {"PIP_EXTRA_INDEX_URL": "https://fine.example.org https://token@example.org/simple"},
        {"NPM_CONFIG_REGISTRY": "https://me:very-secret@example.org/"},
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(environment):
    with pytest.raises(HubfleetError, match="user name or password") as caught:
        build_inputs(Machine(environment, (), ()))
    assert "secret" not in f"{caught.value} {caught.value.where} {caught.value.evidence} {caught.value.next_step}"


def test_broken_settings_of_pip_are_told(tmp_path):
    file = tmp_path / "pip.conf"
    file.write_text("index-url without a section\n")
    with pytest.raises(HubfleetError) as caught:
        build_inputs(Machine({}, (file,), ()))
    assert caught.value.where == str(file)


def test_proxies_are_named_and_their_values_are_not():
    assert proxies(Machine({"HTTPS_PROXY": "http://me:secret@proxy", "http_proxy": ""}, (), ())) == ["HTTPS_PROXY"]


def test_a_context_has_the_files_their_modes_and_the_inputs_and_no_time(tmp_path):
    program, text = tmp_path / "p", tmp_path / "t"
    program.write_text("#!")
    program.chmod(0o700)
    text.write_text("text")
    packed = archive([("p", program), ("t", text)], {"ca.pem": b"c"})
    with tarfile.open(fileobj=BytesIO(packed)) as tar:
        assert [(m.name, m.mode, m.mtime) for m in tar.getmembers()] == [
            ("p", 0o755, 0),
            ("t", 0o644, 0),
            ("build-inputs/ca.pem", 0o644, 0),
        ]
    assert packed == archive([("p", program), ("t", text)], {"ca.pem": b"c"})
