"""Configuration of the real node, and what is read from the machine for it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from hubfleet.localcluster import node
from hubfleet.localcluster.programs import Programs
from hubfleet.localcluster.settings import Settings

RESOLVED = "# This file is managed by man:systemd-resolved(8).\nnameserver 127.0.0.53\noptions edns0\n"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["nameserver 10.0.0.2\nsearch example.org\n"], ["10.0.0.2"]),
        ([RESOLVED, "nameserver 192.168.1.1\n"], ["192.168.1.1"]),
        ([RESOLVED], []),
        (["nameserver ::1\nnameserver 127.0.0.1\nnameserver 2001:db8::1\n"], ["2001:db8::1"]),
        (["".join(f"nameserver 10.0.0.{number}\n" for number in range(1, 6))], ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        (["#nameserver 10.0.0.2\n"], []),
        ([], []),
    ],
)
def test_pods_get_name_servers_that_they_can_reach(texts: list[str], expected: list[str]) -> None:
    assert node.resolvers(dict(enumerate(texts))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("mask", "expected"), [("000001ffffffffff", True), ("000001fffeffffff", False)])
def test_the_right_to_raise_priority_is_bit_24(mask: str, expected: bool, tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tpython\nCapEff:\t{mask}\nCapBnd:\t000001ffffffffff\n")
    assert node.may_raise_priority(status) is expected


def test_containerds_configuration_is_its_own_in_every_path(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    programs = Programs("1.35.4", Path("kubeadm"), {}, cni=Path("/usr/lib/cni"))
    config = tomllib.loads(node.containerd_toml(settings, programs, tmp_path / "net.d"))
    assert config["root"] == f"{tmp_path}/containerd"
    assert config["state"].startswith(f"/run/hubfleet/{settings.id}/")
    assert config["grpc"]["address"] == str(settings.socket)
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["containerd"]["runtimes"]["runc"]["options"]["Root"].startswith(f"/run/hubfleet/{settings.id}/")
    assert cri["netns_mounts_under_state_dir"]


def test_a_full_disk_costs_no_image_and_no_pod(tmp_path: Path) -> None:
    config = node.kubelet_config(Settings(tmp_path), tmp_path / "resolv.conf")
    assert config["imageGCHighThresholdPercent"] == 100
    assert set(config["evictionHard"]) == {"memory.available"}


def test_a_configurations_name_changes_with_its_content(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    first = node.written(settings, "kubelet", "a")
    assert node.written(settings, "kubelet", "a") == first
    second = node.written(settings, "kubelet", "b")
    assert second != first
    assert [each.name for each in second.parent.iterdir()] == [second.name]


def test_the_network_of_pods_is_valid_json_with_our_bridge(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    network = json.loads(node.cni_list(settings))
    assert network["name"] == node.network_name(settings)
    assert network["plugins"][0]["bridge"] == settings.bridge
