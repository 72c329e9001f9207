"""The local cluster on real nodes: up, every kind of accident, repair with data intact, and nothing left behind.

It lives in a network namespace of its own: so it may run beside the local cluster of whoever works on this
machine, and what it leaves behind can be seen exactly. Its pods run the Kubernetes programs themselves, which
need no image registry: `kubectl proxy --www` is a web server, `kubectl config` writes files.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubfleet import paths
from hubfleet.localcluster import Settings, identity, iptables, node_images, oci, ports
from hubfleet.localcluster.ending_node import shims
from hubfleet.localcluster.settings import load
from hubfleet.toolchain import tool

ROOT = Path(__file__).parents[2]
IMAGE = "hubfleet.local/e2e:1"
DAEMONS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "hostpath-provisioner", "containerd",
    "kubelet", "kube-proxy", "api-door",
)  # fmt: skip
USERS_RULES = (
    "*filter\n:USERS-OWN - [0:0]\n-A USERS-OWN -s 198.51.100.0/24 -j ACCEPT\n-A FORWARD -j USERS-OWN\nCOMMIT\n"
)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs Linux and root"),
]


@dataclass(frozen=True)
class Machine:
    """A network namespace, and a state folder, in which `inv` runs."""

    namespace: str
    state: Path

    @property
    def folder(self) -> Path:
        return self.state / "hubfleet/local"

    @property
    def settings(self) -> Settings:
        found = load(self.folder)
        assert found is not None
        return found

    def words(self, *argv: object) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *(str(word) for word in argv)]

    def run(self, *argv: object, stdin: str = "", ok: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            self.words(*argv),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=200,
            env=self.env,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode in ok, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def inv(self, *argv: str, ok: tuple[int, ...] = (0,)) -> str:
        return self.run(*self.inv_words(*argv), ok=ok)

    def inv_words(self, *argv: str) -> list[str]:
        return [sys.executable, "-m", "hubfleet.cli.program", *argv]

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "XDG_STATE_HOME": str(self.state)}

    def kubectl(self, *argv: str, ok: tuple[int, ...] = (0,), stdin: str = "") -> str:
        program = os.path.realpath(self.folder / "bin/kubelet")
        return self.run(program, "kubectl", "--kubeconfig", self.folder / "admin.conf", *argv, ok=ok, stdin=stdin)

    def running(self, name: str) -> list[identity.Process]:
        return [each for each in identity.processes() if each.argv[0] == f"{self.folder}/bin/{name}"]

    def fetch(self, path: str, port: int = 30999) -> str:
        """GET from a port of 127.0.0.1, from inside the machine; by default the NodePort."""
        address = f"http://127.0.0.1:{port}{path}"
        code = f"import urllib.request as r; print(r.urlopen('{address}', timeout=3).read().decode())"
        return self.run(sys.executable, "-c", code, ok=(0, 1))


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    # Not below pytest's own folder: it keeps old ones, and a cluster's data is large.
    state = Path(tempfile.mkdtemp(prefix="hubfleet-e2e-"))
    made = Machine(f"hubfleet-e2e-{os.getpid()}", state)
    subprocess.run(["ip", "netns", "add", made.namespace], check=True)
    try:
        made.run("ip", "link", "set", "lo", "up")
        made.run("sysctl", "-w", "net.ipv4.ip_forward=0", "net.ipv4.conf.all.route_localnet=0")
        made.run("iptables-restore", "--noflush", stdin=USERS_RULES)
        yield made
    finally:
        made.inv("local-down", "--delete-data", "--confirm", "local", ok=tuple(range(256)))
        subprocess.run(["ip", "netns", "delete", made.namespace], check=True)
        shutil.rmtree(state)


def eventually(check: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not after {seconds} s"
        time.sleep(0.2)


def traces(machine: Machine) -> dict[str, list[str]]:
    """What a cluster could leave behind on a machine, without what others do at the same time."""
    settings = Settings(machine.folder)
    mine = (settings.id, str(machine.state))
    files = ("/run/hubfleet", "/run/containerd", "/var/lib/cni", "/var/log/containers", "/var/lib/kubelet")
    found = [f"{here}/{name}" for top in files for here, folders, names in os.walk(top) for name in (*folders, *names)]
    rules = machine.run("iptables-save").splitlines()
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    processes = [" ".join(each.argv) for each in identity.processes()]
    return {
        "rules": [line for line in rules if line.startswith("-A") or line[:2] in (":U", ":K", ":H", ":C")],
        "links": [each["ifname"] for each in json.loads(machine.run("ip", "-json", "link"))],
        "routes": machine.run("ip", "route").splitlines(),
        "mounts": [line for line in mounts if any(word in line for word in mine)],
        "groups": [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{settings.cgroup}")],
        "processes": [line for line in processes if any(word in line for word in mine)],
        "files": [path for path in found if settings.id in path],
        "kernel": [machine.run("sysctl", name) for name in ("net.ipv4.ip_forward", "net.ipv4.conf.all.route_localnet")],
    }  # fmt: skip


MANIFEST = f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: home, namespace: default}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: default}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      securityContext: {{runAsUser: 1000, runAsGroup: 100}}
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: {IMAGE}
          imagePullPolicy: Never
          args: [kubectl, proxy, --port=8080, --address=0.0.0.0, --www=/home, --www-prefix=/files/, --accept-hosts=.*]
          env: [{{name: HOME, value: /home}}]
          volumeMounts: [{{name: home, mountPath: /home}}]
      volumes: [{{name: home, persistentVolumeClaim: {{claimName: home}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: default}}
spec: {{type: NodePort, selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080, nodePort: 30999}}]}}
"""


CHECKS_CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: claim-{user}, namespace: default}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
"""


def in_pod(machine: Machine, *argv: str, ok: tuple[int, ...] = (0,)) -> str:
    return machine.kubectl("exec", "deploy/web", "--", "/kubernetes", "kubectl", *argv, ok=ok)


def test_up_gives_a_cluster_that_runs_pods_and_keeps_their_files(machine: Machine) -> None:
    machine.inv("local-up")
    program = Path(os.path.realpath(machine.folder / "bin/kubelet"))
    archive = machine.state / "image.tar"
    oci.pack([oci.Image(IMAGE, "kubernetes", program.read_bytes())], archive)
    node_images.take(machine.folder, archive)
    assert IMAGE in node_images.references(machine.folder)
    machine.kubectl("apply", "-f", "-", stdin=MANIFEST)
    machine.kubectl("wait", "--for=condition=Available", "deploy/web", "--timeout=60s")

    in_pod(machine, "config", "set-cluster", "written-by-the-pod", "--kubeconfig=/home/notes")
    eventually(lambda: "written-by-the-pod" in machine.fetch("/files/notes"), "the NodePort answers on 127.0.0.1")
    assert "Starting to serve" in machine.kubectl("logs", "deploy/web")
    home = next((machine.folder / "volumes/default").glob("home-*"))
    assert "written-by-the-pod" in (home / "notes").read_text()


def test_pods_reach_names_services_and_the_api_server(machine: Machine) -> None:
    # Forbidden is the API server's own word: it was reached through its service, and the pod's token was read.
    assert "system:serviceaccount:default:default" in in_pod(machine, "get", "pods", ok=(1,))
    asked = ["get", "--raw", "/files/notes", "--token=none"]
    assert "written-by-the-pod" in in_pod(machine, *asked, "--server=http://web.default.svc.cluster.local")
    assert "no such host" in in_pod(machine, *asked, "--server=http://nobody.default.svc.cluster.local", ok=(1,))


def test_port_forward_works(machine: Machine) -> None:
    program = os.path.realpath(machine.folder / "bin/kubelet")
    words = machine.words(
        program, "kubectl", "--kubeconfig", machine.folder / "admin.conf", "port-forward", "deploy/web", "18080:8080"
    )
    forward = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert forward.stdout is not None
        assert "18080" in forward.stdout.readline()
        assert "written-by-the-pod" in machine.fetch("/files/notes", port=18080)
    finally:
        forward.terminate()
        forward.communicate()


def test_only_pods_and_this_machine_can_reach_anything(machine: Machine) -> None:
    listening = {line.split()[3].rpartition(":")[0] for line in machine.run("ss", "-Hltn").splitlines()}
    assert listening <= {"127.0.0.1", machine.settings.node_address, "[::1]"}
    assert any("-IN -d 10." in rule and "DROP" in rule for rule in traces(machine)["rules"])


def test_a_second_up_finds_it(machine: Machine) -> None:
    begun = time.monotonic()
    said = machine.inv("local-up")
    assert "it runs already" in said
    assert "started" not in said
    assert time.monotonic() - begun < 5  # a blink on a quiet machine; what must not happen is the long way


@pytest.mark.parametrize("name", DAEMONS)
def test_up_repairs_a_killed_program(machine: Machine, name: str) -> None:
    (before,) = machine.running(name)
    os.kill(before.pid, signal.SIGKILL)
    identity.wait_gone([before], 10)
    said = machine.inv("local-up")
    assert [line for line in said.splitlines() if line.startswith("started")] == [f"started {name}"]
    (after,) = machine.running(name)
    assert after != before
    assert "written-by-the-pod" in machine.fetch("/files/notes")


def test_a_killed_shim_costs_a_restart_of_the_pod_and_no_file(machine: Machine) -> None:
    before = shims(machine.settings, identity.processes())
    assert before
    for each in before:
        os.kill(each.pid, signal.SIGKILL)
    machine.inv("local-up")
    eventually(lambda: "written-by-the-pod" in machine.fetch("/files/notes"), "the pod is back", 60)


def test_up_repairs_after_a_power_cut(machine: Machine) -> None:
    """Everything dies at once, interfaces and rules are gone, and the kernel calls itself another boot."""
    settings = machine.settings
    everything = [
        each
        for each in identity.processes()
        if str(machine.folder) in each.argv[0] or str(settings.socket) in each.argv
    ]
    pods = [each for each in identity.processes() if "--www-prefix=/files/" in each.argv]
    for each in everything + pods:
        identity.send(each, signal.SIGKILL)
    assert not identity.wait_gone(everything + pods, 10)
    machine.run("ip", "link", "delete", settings.bridge)
    for table in ("nat", "filter", "mangle"):
        machine.run("iptables", "-t", table, "-F")
        machine.run("iptables", "-t", table, "-X")
    machine.run("iptables-restore", "--noflush", stdin=USERS_RULES)
    (machine.folder / "boot").write_text("another")

    machine.inv("local-up")
    eventually(lambda: "written-by-the-pod" in machine.fetch("/files/notes"), "the pod is back", 60)


def test_two_at_once_and_an_interrupted_one(machine: Machine) -> None:
    for name in ("kube-apiserver", "kubelet", "kube-scheduler"):
        os.kill(machine.running(name)[0].pid, signal.SIGKILL)
    words = machine.words(*machine.inv_words("local-up"))
    interrupted = subprocess.Popen(words, env=machine.env, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert interrupted.stderr is not None
    assert interrupted.stderr.readline() == "started kube-apiserver\n"
    interrupted.send_signal(signal.SIGINT)
    said_last = interrupted.communicate(timeout=60)[1]
    assert interrupted.returncode == 130, said_last

    both = [subprocess.Popen(words, env=machine.env, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate(timeout=120)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert any("waiting for another change" in each and "it runs already" in each for each in said)
    assert [len(machine.running(name)) for name in DAEMONS] == [1] * len(DAEMONS)


def test_a_deleted_claim_goes_to_trash(machine: Machine) -> None:
    machine.kubectl("scale", "deploy/web", "--replicas=0")
    machine.kubectl("delete", "pvc", "home", "--timeout=60s")
    trash = machine.folder / "trash"
    eventually(
        lambda: trash.is_dir() and len(list(trash.glob("*-default-home-*/notes"))) == 1, "the files are in trash"
    )
    machine.kubectl("apply", "-f", "-", stdin=MANIFEST)
    machine.kubectl("scale", "deploy/web", "--replicas=1")
    machine.kubectl("rollout", "status", "deploy/web", "--timeout=60s")
    in_pod(machine, "config", "set-cluster", "written-again", "--kubeconfig=/home/notes")


@pytest.mark.parametrize("user", ["hubfleet-check-0123abcd", "hubfleet-2dcheck-2d0123abcd"])
def test_the_home_of_a_check_is_removed_for_good(machine: Machine, user: str) -> None:
    claim = CHECKS_CLAIM.format(user=user)
    machine.kubectl("apply", "-f", "-", stdin=claim)
    homes = machine.folder / "volumes/default"
    eventually(lambda: len(list(homes.glob(f"claim-{user}-*"))) == 1, "the volume is made")
    home = next(homes.glob(f"claim-{user}-*"))
    (home / "notes").write_text("of nobody")
    machine.kubectl("delete", "--timeout=60s", "-f", "-", stdin=claim)
    eventually(lambda: not home.exists(), "the volume is gone")
    assert list((machine.folder / "trash").glob(f"*-{user}-*")) == []


def test_down_leaves_nothing_but_data_and_touches_only_its_own(machine: Machine) -> None:
    log = machine.folder / "logs/etcd.log"
    stranger = subprocess.Popen(["tail", "-f", str(log)], stdout=subprocess.DEVNULL)
    try:
        machine.inv("local-down")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
    assert traces(machine) == {
        "rules": [":USERS-OWN - [0:0]", "-A FORWARD -j USERS-OWN", "-A USERS-OWN -s 198.51.100.0/24 -j ACCEPT"],
        "links": ["lo"], "routes": [], "mounts": [], "groups": [], "processes": [], "files": [],
        "kernel": ["net.ipv4.ip_forward = 0\n", "net.ipv4.conf.all.route_localnet = 0\n"],
    }  # fmt: skip
    assert "is down" in machine.inv("local-down")
    machine.inv("local-status", ok=(1,))


def test_the_next_up_has_the_same_hubs_and_files(machine: Machine) -> None:
    machine.inv("local-up")
    eventually(lambda: "written-again" in machine.fetch("/files/notes"), "the pod is back", 60)


def test_rules_that_somebody_flushed_come_back(machine: Machine) -> None:
    machine.run("iptables", "-F", iptables.chain_name(machine.settings))
    machine.inv("local-up")
    assert iptables.has_own(machine.run("iptables-save"), machine.settings)


def test_data_is_deleted_only_when_a_person_agrees(machine: Machine) -> None:
    said = machine.inv("local-down", "--delete-data", ok=(3,))
    assert "2 volumes hold files" in said
    assert "default/home-" in said
    assert machine.running("etcd"), "a refusal changes nothing"
    machine.inv("local-down", "--delete-data", "--confirm", "yes", ok=(3,))
    machine.inv("local-down", "--delete-data", "--confirm", "local")
    assert not machine.folder.exists()
    assert not traces(machine)["mounts"]


SIMULATED_PODS = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: home, namespace: default}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hubs, namespace: default}
spec:
  replicas: 100
  selector: {matchLabels: {app: hub}}
  template:
    metadata: {labels: {app: hub}}
    spec:
      initContainers: [{name: first, image: nowhere.example/first}]
      containers: [{name: hub, image: nowhere.example/hub}]
      volumes: [{name: home, persistentVolumeClaim: {claimName: home}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: default}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: nowhere.example/once}]}}}
"""


@dataclass(frozen=True)
class Nobody:
    """A user without any right, with a home and a copy of the programs."""

    home: Path
    port: int

    def run(self, *argv: object, ok: tuple[int, ...] = (0,), stdin: str = "") -> str:
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        libraries = Path(pytest.__file__).parents[1]
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{ROOT}:{libraries}",
        }  # fmt: skip
        done = subprocess.run(
            [*drop, *(str(word) for word in argv)],
            env=env, cwd=ROOT, capture_output=True, text=True, input=stdin, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode in ok, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def inv(self, *argv: str, ok: tuple[int, ...] = (0,)) -> str:
        return self.run(self.python, "-m", "hubfleet.cli.program", *argv, ok=ok)

    @property
    def python(self) -> str:
        """The interpreter of this test, or the system's of the same version where others may not enter its folder."""
        name = f"python{sys.version_info.major}.{sys.version_info.minor}"
        for each in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
            tried = subprocess.run(
                ["setpriv", "--reuid=65534", "--clear-groups", each, "-c", ""], check=False, stderr=subprocess.DEVNULL
            )
            if tried.returncode == 0:
                return each
        pytest.skip("another user can run no Python of this version")

    def kubectl(self, *argv: str, stdin: str = "") -> str:
        folder = self.home / ".local/state/hubfleet/local"
        program = os.path.realpath(folder / "bin/kubeadm")
        return self.run(program, "kubectl", "--kubeconfig", folder / "admin.conf", *argv, stdin=stdin)


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    home = Path(tempfile.mkdtemp(prefix="hubfleet-nobody-"))
    for name in ("kubernetes", "kwok"):
        program = Path(os.path.realpath(tool(name, ROOT)))
        folder = program.parents[1]
        target = home / ".cache/hubfleet/tools" / folder.relative_to(paths.cache() / "tools")
        shutil.copytree(folder, target, symlinks=True)
    for here, folders, files in os.walk(home):
        for each in ("", *folders, *files):
            os.chown(Path(here) / each, 65534, 65534, follow_symlinks=False)
    made = Nobody(home, ports.any_free())
    try:
        yield made
    finally:
        made.inv("local-down", "--delete-data", "--confirm", "local", ok=tuple(range(256)))
        shutil.rmtree(home)


def test_anybody_can_have_simulated_nodes_beside_whatever_runs(nobody: Nobody) -> None:
    assert "need root" in nobody.inv("local-up", ok=(2,))
    assert "20 simulated node(s)" in nobody.inv("local-up", "--simulated", "20", "--port", str(nobody.port))
    nobody.kubectl("apply", "-f", "-", stdin=SIMULATED_PODS)
    nobody.kubectl("wait", "--for=condition=Available", "deploy/hubs", "--timeout=60s")
    nobody.kubectl("wait", "--for=condition=Complete", "job/once", "--timeout=60s")
    assert "Bound" in nobody.kubectl("get", "pvc", "home")

    etcd = [
        each for each in identity.processes() if each.argv[0].startswith(f"{nobody.home}/") and "etcd" in each.argv[0]
    ]
    os.kill(etcd[0].pid, signal.SIGKILL)
    identity.wait_gone(etcd, 10)
    assert "started etcd" in nobody.inv("local-up", "--simulated", "5")
    assert len(nobody.kubectl("get", "nodes", "-o", "name").split()) == 5
    found = json.loads(nobody.inv("local-status", "--json"))
    assert found["ready"]
    assert len(found["nodes"]) == 5

    nobody.inv("local-down", "--delete-data")
    assert not [each for each in identity.processes() if each.argv[0].startswith(f"{nobody.home}/")]
    assert not (nobody.home / ".local/state/hubfleet/local").exists()
