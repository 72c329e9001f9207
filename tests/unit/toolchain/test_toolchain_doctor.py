import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.fleet import load_fleet
from hubfleet.toolchain import install, named, needs, reachable, registries
from hubfleet.toolchain.doctor import chosen, examine, how_to_get, jobs_here
from hubfleet.toolchain.plan import Impossible, Machine
from hubfleet.toolchain.sight import Sighting, cache_folder

REPOSITORY = Path(__file__).parents[3]
OFFLINE = Machine(system="linux", is_root=True, has_apt=True, reachable=frozenset())


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setattr(reachable, "answers", lambda addresses: dict.fromkeys(addresses, "no route"))
    monkeypatch.setattr(registries, "answers", lambda *_: {"Go modules": ""})


@pytest.fixture
def machine(cache, program, monkeypatch, tmp_path, offline):
    """An empty machine; returns a function that puts a tool into its cache."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr("hubfleet.toolchain.sight._SYSTEM_FOLDERS", ())

    def put(name):
        for each in named(name).programs:
            program(cache_folder(named(name), REPOSITORY) / "bin" / each)

    return put


def row(diagnosis, name):
    return next(each for each in diagnosis.tools if each.tool == name)


def test_only_what_is_needed_decides(machine, recorder):
    machine("helm"), machine("kubectl")
    assert examine(["deploy"], REPOSITORY, recorder).healthy
    both = examine(["deploy", "lint"], REPOSITORY, recorder)
    assert not both.healthy
    assert (row(both, "shellcheck").needed, row(both, "shellcheck").state) == (True, "missing")
    assert (row(both, "terraform").needed, row(both, "terraform").state) == (False, "missing")


@pytest.fixture
def fleet(tmp_path):
    """The fleet of this repository; without the examples nothing in it is encrypted or made by terraform."""
    folder = tmp_path / "fleet"
    shutil.copytree(REPOSITORY / "clusters", folder / "clusters")
    shutil.copy(REPOSITORY / "fleet.yaml", folder)
    return folder


def test_what_files_need_is_needed_and_says_of_which_clusters(machine, recorder, fleet):
    found = examine([], fleet, recorder)
    everywhere = "of example-aws, example-azure, example-gcp"
    assert row(found, "sops").needed_for == (f"secrets {everywhere}",)
    assert row(found, "terraform").needed_for == (f"infrastructure {everywhere}",)
    assert row(found, "helm").needed_for == ()
    one = examine(["example-gcp"], fleet, recorder)
    assert row(one, "sops").needed_for == ("secrets of example-gcp",)
    assert (row(one, "helm").needed, row(one, "containerd").needed) == (True, False)


def test_what_no_file_needs_is_not_missed(machine, recorder, fleet):
    for name in ("example-aws", "example-azure", "example-gcp"):
        shutil.rmtree(fleet / "clusters" / name)
    found = examine([], fleet, recorder)
    assert not {name for name in ("sops", "age", "terraform") if row(found, name).needed}
    file = fleet / "clusters/local/cluster.yaml"
    file.write_text(f"{file.read_text()}archive: {{destination: /srv}}\n")
    assert not row(examine([], fleet, recorder), "age").needed
    key = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
    file.write_text(file.read_text().replace("{destination: /srv}", f"{{destination: /srv, recipients: [{key}]}}"))
    found = examine([], fleet, recorder)
    assert row(found, "age").needed_for == ("archives of local",)
    assert not row(found, "sops").needed


def test_many_clusters_are_counted(fleet):
    for number in range(4):
        shutil.copytree(fleet / "clusters/example-gcp", fleet / f"clusters/west-{number}")
        file = fleet / f"clusters/west-{number}/cluster.yaml"
        file.write_text(file.read_text().replace("name: example-gcp", f"name: west-{number}", 1))
    needed = needs.of_files(load_fleet(fleet).clusters)
    assert needed["sops"] == ("secrets of example-aws, example-azure, example-gcp and 4 more",)


def test_the_report_keeps_its_schema(machine, recorder):
    machine("helm")
    assert schema_errors(asdict(examine([], REPOSITORY, recorder))) == []


def schema_errors(report):
    schema = yaml.safe_load((REPOSITORY / "schemas" / "doctor.schema.yaml").read_text())
    return [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(json.dumps(report)))]


def test_a_wrong_version_is_shown_with_its_path(machine, recorder, program, monkeypatch, tmp_path):
    helm = program(tmp_path / "bin" / "helm")
    monkeypatch.setenv("PATH", str(helm.parent))
    recorder.answer("version --short", stdout="v3.19.0")
    seen = row(examine(["deploy"], REPOSITORY, recorder), "helm")
    assert (seen.state, seen.found, seen.path, seen.source) == ("wrong version", "3.19.0", str(helm), "PATH")
    assert seen.get == "./inv tools-install -s helm  (built from its Go modules)"


def test_how_to_get_names_the_source_or_the_obstacle():
    def said(name, machine):
        return how_to_get(Sighting(named(name), "1.0", None), machine)

    assert said("docker", OFFLINE).endswith("(packages of the operating system: docker.io)")
    assert said("terraform", OFFLINE).startswith("https://releases.hashicorp.com can not be reached")
    person = Machine(system="linux", is_root=False, has_apt=True, reachable=frozenset())
    assert said("docker", person).endswith("sudo apt-get install --no-install-recommends docker.io")


def test_a_choice_is_a_job_a_tool_or_a_program():
    assert {tool.name for tool in chosen(["secrets", "terraform", "etcd"])} == {
        "sops",
        "age",
        "terraform",
        "kubernetes",
    }
    with pytest.raises(WrongUsage) as trouble:
        chosen(["secret"])
    assert trouble.value.next_step == "did you mean secrets?"


def test_real_nodes_are_for_root_on_linux():
    assert "local" in jobs_here("linux", is_root=True)
    assert "simulated" in jobs_here("linux", is_root=False)
    assert "simulated" in jobs_here("darwin", is_root=True)


def test_what_can_not_be_had_is_said_before_anything_begins(root, cache, recorder, monkeypatch):
    monkeypatch.setattr(install, "observe", lambda *_: ([], [Impossible(named("runc"), "it needs root", "sudo x")]))
    with pytest.raises(HubfleetError, match="runc can not be got here, so nothing was begun") as trouble:
        install.install(["runc"], root, lambda _: None, recorder)
    assert trouble.value.next_step == "sudo x"
    assert recorder.calls == []


def test_a_tool_that_is_there_needs_nothing(root, cache, program, recorder):
    program(cache / "tools" / "helm" / "4.3.1" / "bin" / "helm")
    assert install.install(["helm"], root, lambda _: None, recorder) == []
    assert recorder.calls == []
