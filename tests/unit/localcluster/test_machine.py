"""Small readers of the machine: mounts, ports, names, control groups, kernel settings, volumes."""

from __future__ import annotations

import platform
import socket
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError, Refused
from hubfleet.localcluster import ending, ending_node, groups, mounts, network, oci, pause, ports, resolve, volumes
from hubfleet.localcluster.lock import changing
from hubfleet.localcluster.settings import Settings, save

TABLE = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
90 22 0:40 / /s/local/kubelet/pods/1/volumes/a\\040b rw - tmpfs tmpfs rw
91 22 0:41 / /s/local/kubelet/pods/2 rw - tmpfs tmpfs rw
92 91 0:42 / /s/local/kubelet/pods/2/deeper rw - tmpfs tmpfs rw
93 22 0:43 / /s/local-other/kubelet rw - tmpfs tmpfs rw
"""


def test_mounts_below_a_folder_the_last_first() -> None:
    assert mounts.below([Path("/s/local/kubelet")], TABLE) == [
        "/s/local/kubelet/pods/2/deeper",
        "/s/local/kubelet/pods/2",
        "/s/local/kubelet/pods/1/volumes/a b",
    ]
    assert mounts.below([Path("/s/local/kubelet/pods/2")], TABLE)[-1] == "/s/local/kubelet/pods/2"


def test_a_taken_port_is_known_with_its_holder() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not ports.free(port)
        if sys.platform == "linux":
            assert "process" in ports.holder(port)
    assert ports.free(port)


def test_a_question_and_its_answers() -> None:
    asked = resolve.question("a.example", 7)
    assert asked[12:] == b"\x01a\x07example\x00\x00\x01\x00\x01"
    good = struct.pack("!6H", 7, 0x8180, 1, 1, 0, 0)
    assert resolve.answered(good, 7)
    assert not resolve.answered(good, 8)
    assert not resolve.answered(struct.pack("!6H", 7, 0x8183, 1, 1, 0, 0), 7), "NXDOMAIN"
    assert not resolve.answered(struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0), 7), "no answer in it"
    assert not resolve.answered(asked, 7), "a question is no answer"
    assert not resolve.answered(b"", 7)


@pytest.mark.parametrize(
    ("pids", "caught", "expected"),
    [
        ("4711\t1", "0000000000000000", True),
        ("4711\t1", "0000000000004000", False),
        ("4711", "0000000000000000", False),
    ],
)
def test_deaf_is_the_first_in_a_namespace_without_a_handler(pids: str, caught: str, expected: bool) -> None:
    status = f"Name:\tpause\nNSpid:\t{pids}\nSigCgt:\t{caught}\n"
    assert ending_node.parse_deaf(status) is expected


def test_control_groups_of_version_1_need_a_tree_for_each_controller(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "local")
    for name in ("cpu,cpuacct", "memory", "pids"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").write_text("")
    groups.make(settings, tmp_path)
    assert (tmp_path / "cpu,cpuacct" / settings.cgroup).is_dir()
    (tmp_path / "memory/cgroup.procs").unlink()
    with pytest.raises(HubfleetError, match="lack memory"):
        groups.make(settings, tmp_path)


def test_control_groups_of_version_2_are_switched_on(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "local")
    (tmp_path / "cgroup.controllers").write_text("cpu io memory pids rdma\n")
    (tmp_path / "cgroup.subtree_control").write_text("cpu io memory\n")
    groups.make(settings, tmp_path)
    assert (tmp_path / settings.cgroup).is_dir()
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+pids"
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    with pytest.raises(HubfleetError, match="lack memory, pids"):
        groups.make(settings, tmp_path)


@pytest.fixture
def sysctl(tmp_path: Path) -> Path:
    root = tmp_path / "sys"
    for name, value in (*((name, "0") for name in network.NEEDED), ("vm/overcommit_memory", "2")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(value + "\n")
    return root


def values(root: Path) -> dict[str, str]:
    return {str(each.relative_to(root)): each.read_text().strip() for each in root.rglob("*") if each.is_file()}


def test_the_kernels_settings_come_back_as_they_were(sysctl: Path, tmp_path: Path) -> None:
    before, kept = values(sysctl), tmp_path / "kernel.json"
    network.set_kernel(kept, sysctl)
    assert values(sysctl)["net/ipv4/ip_forward"] == "1"
    (sysctl / "vm/overcommit_memory").write_text("1")  # as the kubelet does
    network.set_kernel(kept, sysctl)  # a second local-up must not take our own values for the user's
    assert network.restore_kernel(kept, lambda: "", sysctl) == ""
    assert values(sysctl) == before
    assert not kept.exists()


def test_forwarding_stays_on_where_docker_came_meanwhile(sysctl: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kernel.json"
    network.set_kernel(kept, sysctl)
    assert "docker0" in network.restore_kernel(kept, lambda: "docker0", sysctl)
    assert values(sysctl)["net/ipv4/ip_forward"] == "1"
    assert values(sysctl)["net/ipv4/conf/all/route_localnet"] == "0"


def test_a_kernel_without_bridges_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "sys/net/ipv4").mkdir(parents=True)
    (tmp_path / "sys/net/ipv4/ip_forward").write_text("0")
    with pytest.raises(HubfleetError, match="kernel has no net") as caught:
        network.set_kernel(tmp_path / "kernel.json", tmp_path / "sys", run=lambda *_, **__: None)  # type: ignore[arg-type, return-value]
    assert "modprobe" in caught.value.next_step


def test_homes_are_counted_with_what_is_in_trash(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "local")
    for name in ("volumes/demo/home-alice-1a2b3c4d/deep/er", "volumes/demo/hub-db-dir-00000000", "trash/2026-01-01-x"):
        (settings.folder / name).mkdir(parents=True)
    (settings.folder / "volumes/demo/home-alice-1a2b3c4d/deep/er/notes").write_text("12345")
    (settings.folder / "volumes/demo/home-alice-1a2b3c4d/link").symlink_to("/etc/passwd")
    found = {each.name: (each.files, each.size) for each in volumes.homes(settings)}
    assert found == {
        "demo/home-alice-1a2b3c4d": (2, 5 + len("/etc/passwd")),
        "demo/hub-db-dir-00000000": (0, 0),
        "trash/2026-01-01-x": (0, 0),
    }


def test_files_are_not_deleted_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    save(Settings(folder, kind="simulated", count=1))
    home = folder / "volumes/demo/home-1a2b3c4d"
    home.mkdir(parents=True)
    (home / "thesis.md").write_text("years of work")
    with pytest.raises(Refused) as caught:
        ending.end_cluster(folder, print, delete_data=True, confirmed=False)
    assert caught.value.evidence == "demo/home-1a2b3c4d: 1 files, 13 B"
    ending.end_cluster(folder, print, delete_data=False, confirmed=False)
    assert (home / "thesis.md").exists()
    ending.end_cluster(folder, print, delete_data=True, confirmed=True)
    assert not folder.exists()


def test_one_change_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from hubfleet.localcluster.lock import changing\n"
        "with changing(Path(sys.argv[1]), lambda text: print(text, flush=True)): print('mine', flush=True)"
    )
    with changing(tmp_path / "local", print):
        other = subprocess.Popen([sys.executable, "-c", code, tmp_path / "local"], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert "waiting for another change" in other.stdout.readline()
    assert other.communicate(timeout=20)[0] == "mine\n"


def test_an_image_is_a_layout_with_one_program(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    oci.pack(
        [oci.Image("hubfleet.local/x:1", "x", b"program"), oci.Image("hubfleet.local/y:1", "y", b"other")], archive
    )
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        index = tar.extractfile("index.json")
        assert index is not None
        content = index.read().decode()
    assert names[0] == "oci-layout"
    assert len(names) == 2 + 6
    assert "hubfleet.local/x:1" in content
    assert "hubfleet.local/y:1" in content


@pytest.mark.skipif(
    platform.machine() != "x86_64" or sys.platform != "linux", reason="runs machine code of x86-64 Linux"
)
def test_the_pause_program_waits_and_ignores_its_children(tmp_path: Path) -> None:
    file = tmp_path / "pause"
    file.write_bytes(pause.program("x86_64"))
    file.chmod(0o755)
    child = subprocess.Popen([file])
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.3)
        status = Path(f"/proc/{child.pid}/status").read_text()
        ignored = int(status.split("SigIgn:")[1].split()[0], 16)
        assert ignored & 1 << 16, "SIGCHLD"
        assert "State:\tS" in status
    finally:
        child.kill()
        child.wait()


def test_other_kinds_of_machines_are_told_what_works() -> None:
    assert pause.program("aarch64")[:4] == b"\x7fELF"
    with pytest.raises(HubfleetError, match="riscv64") as caught:
        pause.program("riscv64")
    assert "--simulated" in caught.value.next_step
