from dataclasses import replace

from hubfleet.toolchain import named
from hubfleet.toolchain.plan import Machine, Way, by_hand, plan
from hubfleet.toolchain.release import origins
from hubfleet.toolchain.sight import Sighting

ALL = frozenset(origin for name in ("helm", "kubectl", "age", "terraform") for origin in origins(named(name).release))
DEBIAN = Machine(system="linux", is_root=True, has_apt=True, reachable=frozenset())
ONLINE = replace(DEBIAN, reachable=ALL)


def missing(*names):
    return [Sighting(named(name), "1.0.0", None) for name in names]


def planned(machine, *names):
    steps, impossible = plan(missing(*names), machine)
    return {step.tool.name: step.ways for step in steps}, {each.tool.name: each for each in impossible}


def test_a_reachable_release_comes_first_and_the_build_is_the_second_way():
    assert planned(ONLINE, "helm")[0] == {"helm": (Way.RELEASE, Way.GO)}


def test_without_release_hosts_the_module_is_built():
    assert planned(DEBIAN, "helm", "age")[0] == {"helm": (Way.GO,), "age": (Way.GO,)}


def test_a_release_counts_only_when_its_checksum_can_be_had_too():
    half = replace(DEBIAN, reachable=frozenset({"https://github.com"}))
    assert planned(half, "age")[0] == {"age": (Way.GO,)}


def test_kubectl_and_the_local_kubernetes_are_one_build():
    assert planned(DEBIAN, "kubectl", "kubernetes")[0] == {"kubernetes": (Way.GO,)}
    assert planned(DEBIAN, "kubectl")[0] == {"kubernetes": (Way.GO,)}


def test_kubectl_alone_comes_from_its_release():
    assert planned(ONLINE, "kubectl")[0] == {"kubectl": (Way.RELEASE,)}


def test_terraform_without_its_release_host_is_said_to_be_impossible():
    steps, impossible = planned(DEBIAN, "terraform")
    assert steps == {}
    assert impossible["terraform"].why == "https://releases.hashicorp.com can not be reached"


def test_packages_need_root_and_the_command_is_given():
    person = replace(DEBIAN, is_root=False)
    steps, impossible = planned(person, "containerd", "runc")
    assert steps == {}
    assert impossible["containerd"].next_step == "sudo apt-get install --no-install-recommends containerd"


def test_a_system_without_apt_gets_the_names_and_another_system_another_way():
    fedora = replace(DEBIAN, has_apt=False)
    assert "containernetworking-plugins" in planned(fedora, "cni-plugins")[1]["cni-plugins"].next_step
    mac = replace(fedora, system="darwin")
    assert "simulated" in planned(mac, "containerd")[1]["containerd"].next_step


def test_one_command_for_all_packages_each_once():
    packages = [package for name in ("docker", "dockerd", "runc") for package in named(name).packages]
    assert by_hand(packages, has_apt=True) == "sudo apt-get install --no-install-recommends docker.io runc"
