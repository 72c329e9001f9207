"""Every program that hubfleet calls: how to ask its version, and where it can be had from.

This is a table. Versions are not here: `fleet.yaml` pins them, except for what comes with the
operating system, where a minimum is enough. `{version}`, `{os}` and `{arch}` are filled in as Go
names them (linux/amd64, linux/arm64, darwin/arm64).
"""

from __future__ import annotations

from dataclasses import dataclass, field

DEPLOYING = "deploy"
SECRETS = "secrets"
LOCAL = "local"
SIMULATED = "simulated"
IMAGES = "images"
INFRASTRUCTURE = "infrastructure"
LINT = "lint"
BUILDING = "build"

JOBS = {
    DEPLOYING: "deploy hubs to any cluster",
    SECRETS: "read and write encrypted files",
    LOCAL: "a local cluster with real nodes",
    SIMULATED: "a local cluster with simulated nodes",
    IMAGES: "build images",
    INFRASTRUCTURE: "make clusters in a cloud",
    LINT: "check this repository's own code",
    BUILDING: "build tools that no release offers here",
}
"""What people do with hubfleet, and so what a tool is needed for."""

# The standard chart takes its images from these.
IMAGE_REGISTRIES = ("https://quay.io/v2/", "https://registry.k8s.io/v2/")


@dataclass(frozen=True)
class Probe:
    """How a program says its version: arguments, and the pattern whose first group is the version."""

    arguments: tuple[str, ...] = ("--version",)
    pattern: str = r"(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.]+)?)"


@dataclass(frozen=True)
class Release:
    """An official download and the address of its published SHA-256.

    Args:
        members: for an archive, what each program is called in it; empty: the file is the program.
    """

    url: str
    checksum: str
    members: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A Go module whose programs `go install` builds.

    Args:
        seconds: a cold build on 2 cores, to say what to expect.
        stamp: linker flags that give the program its version, where the build does not.
    """

    packages: tuple[str, ...]
    seconds: int
    stamp: str = ""


@dataclass(frozen=True)
class Sources:
    """Go sources in `hubfleet/toolchain/go/<folder>`: one program that is called by several names.

    Args:
        requires: Go modules whose version in go.mod must be the one pinned under this key.
    """

    folder: str
    seconds: int
    stamp: str = ""
    requires: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A program, or several that always come together.

    Args:
        programs: the first one is asked for the version.
        pinned: its key in `fleet.yaml`'s `tools`; then exactly that version is right.
        at_least: for what is not pinned, the lowest version that is right.
        folders: where else than on PATH the operating system keeps it.
        within: another tool that has this program too.
        packages: Debian's and Ubuntu's names.
    """

    name: str
    programs: tuple[str, ...]
    jobs: tuple[str, ...]
    pinned: str = ""
    at_least: str = ""
    probe: Probe = Probe()
    search_path: bool = True
    folders: tuple[str, ...] = ()
    within: str = ""
    release: Release | None = None
    module: Module | None = None
    sources: Sources | None = None
    packages: tuple[str, ...] = ()


def _github(repository: str, file: str, members: dict[str, str] | None = None, checksum: str = "") -> Release:
    """A release on GitHub. Where the project publishes no checksum file, GitHub's own digest of the file counts."""
    return Release(
        url=f"https://github.com/{repository}/releases/download/v{{version}}/{file}",
        checksum=f"https://github.com/{repository}/releases/download/v{{version}}/{checksum}"
        if checksum
        else f"https://api.github.com/repos/{repository}/releases/tags/v{{version}}",
        members=members or {},
    )


KUBERNETES_STAMP = (
    "-X k8s.io/component-base/version.gitVersion=v{version} -X k8s.io/component-base/version.gitMajor={major} "
    "-X k8s.io/component-base/version.gitMinor={minor} -X k8s.io/component-base/version.gitTreeState=clean "
    "-X k8s.io/client-go/pkg/version.gitVersion=v{version}"
)

TOOLS: tuple[Tool, ...] = (
    Tool(
        "helm", ("helm",), (DEPLOYING,), pinned="helm",
        probe=Probe(("version", "--short")),
        release=Release(
            "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
            "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum",
            {"helm": "{os}-{arch}/helm"},
        ),
        # Without the stamp helm calls itself v4.3, and charts that ask for a version are judged by that.
        module=Module(
            ("helm.sh/helm/v4/cmd/helm",), seconds=96, stamp="-X helm.sh/helm/v4/internal/version.version=v{version}"
        ),
    ),
    Tool(
        "kubectl", ("kubectl",), (DEPLOYING,), pinned="kubernetes", within="kubernetes",
        probe=Probe(("version", "--client", "--output=json"), r'"gitVersion": "v([^"]+)"'),
        release=Release(
            "https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl",
            "https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl.sha256",
        ),
    ),
    Tool(
        "kubernetes",
        (
            "kubernetes", "kubeadm", "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler",
            "kube-proxy", "kubectl", "etcd", "hostpath-provisioner",
        ),
        (LOCAL, SIMULATED), pinned="kubernetes", search_path=False,
        probe=Probe(("kubelet", "--version")),
        sources=Sources(
            "kubernetes", seconds=225, stamp=KUBERNETES_STAMP,
            requires={"k8s.io/kubernetes": "kubernetes", "go.etcd.io/etcd/server/v3": "etcd"},
        ),
    ),
    Tool(
        "coredns", ("coredns",), (LOCAL,), pinned="coredns",
        probe=Probe(("-version",)),
        release=_github(
            "coredns/coredns", "coredns_{version}_{os}_{arch}.tgz", {"coredns": "coredns"},
            checksum="coredns_{version}_{os}_{arch}.tgz.sha256",
        ),
        module=Module(("github.com/coredns/coredns",), seconds=90),
    ),
    Tool(
        "kwok", ("kwok",), (SIMULATED,), pinned="kwok",
        release=_github("kubernetes-sigs/kwok", "kwok-{os}-{arch}"),
        module=Module(("sigs.k8s.io/kwok/cmd/kwok",), seconds=61),
    ),
    Tool(
        "sops", ("sops",), (SECRETS,), pinned="sops",
        probe=Probe(("--version", "--disable-version-check")),
        release=_github("getsops/sops", "sops-v{version}.{os}.{arch}", checksum="sops-v{version}.checksums.txt"),
        module=Module(("github.com/getsops/sops/v3/cmd/sops",), seconds=64),
    ),
    Tool(
        "age", ("age", "age-keygen"), (SECRETS,), pinned="age",
        release=_github(
            "FiloSottile/age", "age-v{version}-{os}-{arch}.tar.gz", {"age": "age/age", "age-keygen": "age/age-keygen"}
        ),
        module=Module(("filippo.io/age/cmd/age", "filippo.io/age/cmd/age-keygen"), seconds=15),
    ),
    Tool(
        "terraform", ("terraform",), (INFRASTRUCTURE,), pinned="terraform",
        probe=Probe(("version", "-json"), r'"terraform_version": "([^"]+)"'),
        # No Go module: terraform's has replace directives, which `go install` refuses.
        release=Release(
            "https://releases.hashicorp.com/terraform/{version}/terraform_{version}_{os}_{arch}.zip",
            "https://releases.hashicorp.com/terraform/{version}/terraform_{version}_SHA256SUMS",
            {"terraform": "terraform"},
        ),
    ),
    Tool("containerd", ("containerd", "ctr"), (LOCAL,), at_least="1.6", packages=("containerd",)),
    Tool("runc", ("runc",), (LOCAL,), at_least="1.1", packages=("runc",)),
    Tool(
        "cni-plugins", ("host-local", "bridge", "portmap", "loopback"), (LOCAL,), at_least="1.0",
        # Distributions build them without a version; the newest CNI protocol they speak is what matters.
        probe=Probe(("--version",), r"supported:.*\b(\d+\.\d+\.\d+)"),
        folders=("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"), packages=("containernetworking-plugins",),
    ),
    Tool("iptables", ("iptables", "iptables-save"), (LOCAL,), at_least="1.8", packages=("iptables",)),
    Tool("conntrack", ("conntrack",), (LOCAL,), at_least="1.4", packages=("conntrack",)),
    Tool("iproute2", ("ip",), (LOCAL,), probe=Probe(("-V",)), at_least="5.0", packages=("iproute2",)),
    Tool("docker", ("docker",), (IMAGES,), at_least="20.10", packages=("docker.io",)),
    Tool("dockerd", ("dockerd",), (IMAGES,), at_least="20.10", packages=("docker.io",)),
    Tool("mmdebstrap", ("mmdebstrap",), (IMAGES,), at_least="1.0", packages=("mmdebstrap",)),
    Tool("shellcheck", ("shellcheck",), (LINT,), at_least="0.8", packages=("shellcheck",)),
    # The modules above ask for Go 1.26. Where it is missing, `go/requirements.txt` says which one comes.
    Tool("go", ("go",), (BUILDING,), at_least="1.26", probe=Probe(("version",), r"go(\d+\.\d+(?:\.\d+)?)")),
)  # fmt: skip
